import { type HttpError, refreshToken, signIn } from "../api.ts";
import { when } from "../format.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { keptAccount } from "./account.ts";
import { type Reason, reasons } from "./reporting.ts";
import { askBy } from "./rest.ts";
import { inDemo, keptUser } from "./session.ts";

/** Appeal is what the owner of a suspended account says against that. */
export interface Appeal {
  /** text is missing once it is deleted. */
  readonly text?: string;
  /** state: lifted means that the account was given back for it, closed that the suspension has ended otherwise. */
  readonly state: "open" | "upheld" | "lifted" | "closed";
  readonly filedAt: string;
  readonly decidedAt?: string;
}

/** Suspension is how our account stands, as the server tells its owner. */
export interface Suspension {
  readonly suspended: boolean;
  readonly suspendedAt?: string;
  /** suspendedUntil is missing if it is for good. */
  readonly suspendedUntil?: string;
  /** reported: it was decided upon what others have reported, mostly for the reason. */
  readonly reported: boolean;
  readonly reason?: string;
  readonly appeal?: Appeal;
}

/** maxAppealLength is how many characters an appeal may have. */
export const maxAppealLength = 1000;

/** ownToken is a token of whom this tab is, which need not open anything else. */
async function ownToken(): Promise<string> {
  if (inDemo()) return (await signIn(keptUser()?.user ?? "")).token;
  return (await refreshToken(keptAccount()?.refresh ?? "")).token;
}

/** suspension asks how our account stands. What goes wrong is an HttpError. */
export async function suspension(): Promise<Suspension> {
  return (await askBy(await ownToken(), "/v1/account/appeal")).json();
}

/** appeal appeals against the suspension, once. Status 409: we have done so, or it is over. */
export async function appeal(text: string): Promise<Suspension> {
  return (await askBy(await ownToken(), "/v1/account/appeal", { text })).json();
}

/** suspensionText says since when and until when the account is suspended. */
export function suspensionText({ suspendedAt, suspendedUntil }: Suspension, now = Date.now()): string {
  const since = suspendedAt === undefined ? "" : when(Date.parse(suspendedAt), now);
  return suspendedUntil === undefined
    ? t("suspended.since", { since })
    : t("suspended.until", { since, until: when(Date.parse(suspendedUntil), now) });
}

/** whyText says upon what that was decided. */
export function whyText({ reported, reason }: Suspension): string {
  const named: PlainKey | undefined = reasons[reason as Reason];
  if (!reported) return t("suspended.byOperator");
  return named === undefined ? t("suspended.reported") : t("suspended.reportedFor", { reason: t(named) });
}

/** appealText says what became of an appeal. */
export function appealText({ state, filedAt, decidedAt }: Appeal, now = Date.now()): string {
  const at = when(Date.parse(decidedAt ?? filedAt), now);
  if (state === "open") return t("appeal.open", { when: at });
  return state === "upheld" ? t("appeal.upheld", { when: at }) : t("appeal.lifted");
}

/** appealProblem says why an appeal was not taken, if that is not what any problem is. */
export function appealProblem(error: HttpError): string | undefined {
  if (error.status === 401) return t("signin.lost");
  return error.status === 409 ? t("appeal.once") : undefined;
}
