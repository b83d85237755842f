import { signal } from "@preact/signals";
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

/**
 * Draft is a report that is being written. It is not the call's: who is about to be
 * reported may end the call, and what was written stays.
 */
export class Draft {
  /** call is where we met. */
  readonly call: string;
  /** people are those of the call; the call itself can be reported unless there is just one. */
  readonly people: readonly Reported[];
  readonly who;
  readonly reason = signal<Reason>("spam");
  readonly text = signal("");
  /** blocks: who is reported is blocked, too. */
  readonly blocks = signal(false);
  readonly sending = signal(false);
  readonly failure = signal<string | undefined>(undefined);

  constructor(call: string, people: readonly Reported[]) {
    this.call = call;
    this.people = people;
    this.who = signal(people.length === 1 ? "0" : "");
  }

  /** whom is who is reported; undefined for the call itself. */
  get whom(): Reported | undefined {
    return this.people[Number(this.who.value || "-1")];
  }
}

/** written is the report that is written in a call, or has been since before its end. */
export const written = signal<Draft | undefined>(undefined);

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
