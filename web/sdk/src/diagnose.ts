import type { Diagnostics } from "./diagnostics.ts";
import { later } from "./later.ts";
import type { Pronto } from "./pronto.ts";

/** diagnose makes diagnostics of a client. */
export async function diagnose(pronto: Pronto): Promise<Diagnostics> {
  const { makeDiagnostics } = await later(import("./diagnostics.ts"));
  return makeDiagnostics(pronto);
}
