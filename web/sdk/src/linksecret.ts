import { client, later } from "./later.ts";
import type { LinkDetails } from "./linkdetails.ts";

const details = () => later(import("./links.ts"));

/** sealDetails encrypts details with a key made of the link's secret; the server keeps the result as it is. */
export async function sealDetails(secret: string, about: LinkDetails): Promise<string> {
  return (await details()).seal(client, secret, about);
}

/** openDetails reads what sealDetails made; undefined with another secret, or of anything else. */
export async function openDetails(secret: string, sealed: string): Promise<LinkDetails | undefined> {
  return (await details()).open(secret, sealed);
}

/** readDetails are title and description of what the server knows and the secret opens. @internal */
export async function readDetails(
  secret: string | undefined,
  known: { readonly title?: string; readonly sealed?: string },
): Promise<LinkDetails> {
  const { title = "", sealed } = known;
  const opened = secret && sealed ? await openDetails(secret, sealed).catch(() => undefined) : undefined;
  return opened ?? { title, description: "" };
}
