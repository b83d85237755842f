import { HttpError } from "../api.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { problemText } from "../problems.ts";
import type { Phone } from "./phone.ts";
import { ask } from "./rest.ts";

/** reasons are those for which something is reported, as the server has them. */
export const reasons = {
  spam: "report.spam",
  harassment: "report.harassment",
  impersonation: "report.impersonation",
  illegalContent: "report.illegalContent",
  other: "report.other",
} as const satisfies Record<string, PlainKey>;

/** Reason is why something is reported. */
export type Reason = keyof typeof reasons;

/** maxTextLength is how many characters the words of a report may have. */
export const maxTextLength = 1000;

/** Reported is somebody who may be reported: a participant of a call, or an account. */
export interface Reported {
  readonly name: string;
  readonly participant?: string | undefined;
  readonly user?: string | undefined;
}

/** Report is what is reported; without whom it is the call itself. */
export interface Report {
  readonly call: string;
  readonly whom: Reported | undefined;
  readonly reason: Reason;
  readonly text: string;
}

/** report files a report with whoever runs the server. What goes wrong is an HttpError, or a ProntoError. */
export async function report(phone: Phone, { call, whom, reason, text }: Report): Promise<void> {
  const whose = whom?.participant === undefined ? { user: whom?.user } : { participant: whom.participant };
  await ask(phone, "/v1/reports", { call, ...whose, reason, ...(text === "" ? {} : { text }) });
}

/** reportingText says why a report was not taken. */
export function reportingText(error: unknown): string {
  if (error instanceof HttpError && error.status === 404) return t("report.notMet");
  if (error instanceof HttpError && error.status === 429) return t("report.tooMany");
  return problemText(error as HttpError);
}
