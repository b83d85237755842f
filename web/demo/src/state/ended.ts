import type { Call, EndReason, Kind, RatingReason, Traffic } from "../../../sdk/src/index.ts";

/** Summary is what the page remembers of a call for when it is over. */
export interface Summary {
  readonly call: string;
  readonly kind: Kind;
  /** title is the link's; absent for other calls. */
  readonly title?: string;
  /** outgoing is true when we rang. */
  readonly outgoing: boolean;
  /** answered is true when somebody was connected. */
  readonly answered: boolean;
  /** users are the accounts to ring for the same call again; none for a link's call. */
  readonly users: readonly string[];
  /** names are the others' names, as shown. */
  readonly names: readonly string[];
}

/** Why says how a call ended; "left" is our own leaving of a call that may go on without us. */
export interface Why {
  readonly reason: EndReason | "moved" | "removed" | "left";
  /** device is the device of ours that the call moved to, if it did and the device has a name. */
  readonly device?: string;
  readonly durationMs: number;
}

/** Aftermath is what a call leaves. */
export interface Aftermath {
  readonly traffic: Traffic;
  /** support is the code by which an engineer finds what happened in the call. */
  readonly support: string;
  /** rate says how the call was; absent when nobody is to be asked. */
  readonly rate?: (stars: number, reasons: readonly RatingReason[]) => Promise<void>;
}

/** Ended is a call that is over. */
export interface Ended extends Summary, Why, Aftermath {}

/** aftermathOf reads what a call leaves. */
export function aftermathOf(call: Pick<Call, "traffic" | "support" | "askRating" | "rate">): Aftermath {
  const { traffic, support } = call;
  return {
    traffic,
    support,
    ...(call.askRating ? { rate: (stars, reasons) => call.rate(stars, reasons) } : {}),
  };
}

/** ended makes the page about a call that is over; none for a call that we took back before anybody answered. */
export function ended(summary: Summary, why: Why, aftermath: Aftermath): Ended | undefined {
  const tookBack =
    summary.outgoing && !summary.answered && (why.reason === "cancelled" || why.reason === "left");
  return tookBack ? undefined : { ...summary, ...why, ...aftermath };
}

/** mayLeaveNote says that a call is one to which a note may be left: we rang one person, who did not answer. */
export function mayLeaveNote({ outgoing, answered, users, reason }: Ended): boolean {
  return outgoing && !answered && users.length === 1 && (reason === "noAnswer" || reason === "busy");
}
