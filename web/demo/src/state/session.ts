import { type ReadonlySignal, signal } from "@preact/signals";
import { Pronto, type ProntoError } from "../../../sdk/src/index.ts";
import { HttpError, type Identity, identities, signIn } from "../api.ts";
import { deviceName } from "../format.ts";
import { t } from "../lang/index.ts";
import { problemText } from "../problems.ts";
import { Phone } from "./phone.ts";
import { say, sayProblem } from "./toasts.ts";

/** Session is who this tab is. */
export type Session =
  | { readonly phase: "starting" }
  | { readonly phase: "choosing"; readonly identities: readonly Identity[]; readonly busy?: string }
  | { readonly phase: "demoOff" }
  | { readonly phase: "unreachable" }
  | { readonly phase: "signedIn"; readonly phone: Phone };

/** kept is where the tab's identity survives a reload. It is the tab's own: another tab is another phone. */
const kept = "pronto.identity";

const current = signal<Session>({ phase: "starting" });

/** session is who this tab is now. */
export const session: ReadonlySignal<Session> = current;

/** keptUser is the identity that this tab signed in with, if any. */
export function keptUser(): Identity | undefined {
  return readKept<Identity>(
    kept,
    (value) => typeof value.user === "string" && typeof value.name === "string",
  );
}

/** readKept reads what this tab kept under a name; undefined when it is absent, broken or not of the right shape. */
export function readKept<T>(key: string, fits: (value: Partial<T>) => boolean): T | undefined {
  try {
    const value = JSON.parse(sessionStorage.getItem(key) ?? "null") as Partial<T> | null;
    return value !== null && typeof value === "object" && fits(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

/** start signs in whom the address or the tab names, or offers the demo's identities. */
export async function start(address: URL): Promise<void> {
  const wanted = address.searchParams.get("as") ?? keptUser()?.user;
  if (address.searchParams.has("as")) history.replaceState(null, "", `/${address.hash}`);
  if (wanted !== undefined) await enter(wanted);
  else await choose();
}

/** choose shows the identities of the demo. */
export async function choose(): Promise<void> {
  try {
    const list = await identities();
    current.value = list === undefined ? { phase: "demoOff" } : { phase: "choosing", identities: list };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    current.value = { phase: "unreachable" };
  }
}

/** enter signs in as a demo identity. */
export async function enter(user: string): Promise<void> {
  const before = current.value;
  if (before.phase === "choosing") current.value = { ...before, busy: user };
  try {
    const phone = await openAs(user, (reason) => void leave(reason));
    current.value = { phase: "signedIn", phone };
  } catch (error) {
    forget();
    sayProblem(error);
    await choose();
  }
}

/** openAs makes a connected phone for a demo identity, and keeps the identity for this tab. */
export async function openAs(user: string, lost: (reason: string) => void): Promise<Phone> {
  const identity = await signIn(user);
  let first: string | undefined = identity.token;
  const pronto = new Pronto({
    token: async () => {
      const token = first ?? (await signIn(user)).token;
      first = undefined;
      return token;
    },
    deviceName: deviceName(navigator.userAgent),
  });
  const phone = new Phone(pronto, { guest: false });
  pronto.on("problem", (problem: ProntoError) => {
    lost(problem.code === "unauthenticated" ? t("signin.lost") : problemText(problem));
  });
  try {
    await phone.connect();
  } catch (error) {
    phone.close();
    throw error;
  }
  sessionStorage.setItem(kept, JSON.stringify({ user: identity.user, name: identity.name }));
  return phone;
}

/** leave signs out; a reason is said. */
export async function leave(reason?: string): Promise<void> {
  if (current.value.phase === "signedIn") current.value.phone.close();
  forget();
  current.value = { phase: "starting" };
  if (reason !== undefined) say(reason, true);
  await choose();
}

function forget(): void {
  sessionStorage.removeItem(kept);
}
