import { type ReadonlySignal, signal } from "@preact/signals";
import { Pronto, type ProntoError } from "../../../sdk/src/index.ts";
import {
  HttpError,
  type Identity,
  identities,
  linkThis,
  refreshToken,
  type SignedInDevice,
  signIn,
  waysIn,
} from "../api.ts";
import { deviceName } from "../format.ts";
import { t } from "../lang/index.ts";
import { problemText } from "../problems.ts";
import { accountClient, forgetAccount, type Kept, keepAccount, keptAccount } from "./account.ts";
import { chatKey } from "./chatlines.ts";
import { readKept } from "./kept.ts";
import { Phone } from "./phone.ts";
import { deviceChoice, prefs } from "./prefs.ts";
import { say, sayProblem } from "./toasts.ts";

/** Session is who this tab is. */
export type Session =
  | { readonly phase: "starting" }
  | {
      readonly phase: "choosing";
      /** identities are the demo's; none on a real server. */
      readonly identities: readonly Identity[];
      /** codes: who has an e-mail address or a phone can sign in. */
      readonly codes: boolean;
      readonly busy?: string;
    }
  /** waiting: this browser has shown a code, and another device of the account has to let it in. */
  | { readonly phase: "waiting"; readonly name: string }
  | { readonly phase: "unreachable" }
  /** otherTab: another tab of this browser is the phone of its account. */
  | { readonly phase: "otherTab" }
  /** suspended: whoever runs the server has suspended the account, which is kept so that it can appeal. */
  | { readonly phase: "suspended" }
  | { readonly phase: "signedIn"; readonly phone: Phone };

/** kept is where the tab's identity survives a reload. It is the tab's own: another tab is another phone. */
const kept = "pronto.identity";
/** askAgainMs is how often a device that waits asks whether it has been let in. */
const askAgainMs = 2000;

/** Lost is told why a phone is of no use any more, and the problem if it was one. */
type Lost = (reason: string, problem?: ProntoError) => void;

const current = signal<Session>({ phase: "starting" });

/** session is who this tab is now. */
export const session: ReadonlySignal<Session> = current;

/** keptUser is the identity that this tab signed in with, if any. */
export function keptUser(): Identity | undefined {
  return (
    readKept<Identity>(kept, (value) => typeof value.user === "string" && typeof value.name === "string") ??
    keptAccount()
  );
}

/** inDemo says that this tab is one of the demo's identities. */
export function inDemo(): boolean {
  return readKept<Identity>(kept, (value) => typeof value.user === "string") !== undefined;
}

/** enterHere makes this tab the phone, in place of the one that is. */
export async function enterHere(): Promise<void> {
  (await leader()).take();
}

/** start signs in whom the address or the tab names, else the account of this browser, or offers what there is. */
export async function start(address: URL): Promise<void> {
  const wanted =
    address.searchParams.get("as") ??
    readKept<Identity>(kept, (value) => typeof value.user === "string")?.user;
  if (address.searchParams.has("as")) history.replaceState(null, "", `/${address.hash}`);
  const account = keptAccount();
  if (wanted !== undefined) await enter(wanted);
  else if (account !== undefined) await enterAccount(account);
  else await choose();
}

/** choose shows the ways in. */
export async function choose(): Promise<void> {
  try {
    const { demo, codes } = await waysIn();
    const list = demo ? ((await identities()) ?? []) : [];
    current.value = { phase: "choosing", identities: list, codes };
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
    const phone = await openAs(user, (reason, problem) => suspended(problem) || void leave(reason));
    current.value = { phase: "signedIn", phone };
  } catch (error) {
    if (suspended(error)) return;
    forget();
    sayProblem(error);
    await choose();
  }
}

/** suspended has the page say why the account is suspended, if that is the problem. */
function suspended(problem: unknown): boolean {
  if ((problem as ProntoError | undefined)?.code !== "suspended") return false;
  if (current.value.phase === "signedIn") current.value.phone.close();
  current.value = { phase: "suspended" };
  return true;
}

/** enterAs signs in as the device that the server has just made of this browser. */
export async function enterAs(device: SignedInDevice): Promise<void> {
  await enterAccount(keepAccount(device), device.token);
}

/** enterByCode makes this browser a device of the account that shows a code, and waits until it is let in there. */
export async function enterByCode(code: string): Promise<void> {
  const device = await linkThis(code, deviceName(navigator.userAgent));
  const waiting: Session = { phase: "waiting", name: device.name };
  current.value = waiting;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    if (current.value !== waiting) return; // the user has thought better of it
    try {
      const { token } = await refreshToken(device.refresh ?? "");
      await enterAccount(keepAccount(device), token);
      return;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      if (error.status === 401) {
        say(t("link.refused"), true);
        await choose();
        return;
      }
      // 403: not let in yet; others: the network, or too often
    }
  }
}

/** enterAccount makes this tab the phone of the browser's account, as soon as no other tab is. */
async function enterAccount(account: Kept, token?: string): Promise<void> {
  const { lead } = await leader();
  await lead({
    waits: () => {
      current.value = { phase: "otherTab" };
    },
    aside: () => {
      if (current.value.phase === "signedIn") current.value.phone.stepAside();
      current.value = { phase: "otherTab" };
      void enterAccount(account);
    },
  });
  if (keptAccount() === undefined) return choose(); // signed out in the other tab
  try {
    const phone = await connected(accountClient(account, token), (reason, problem) => {
      if (suspended(problem)) return;
      forgetAccount();
      void leave(reason);
    });
    current.value = { phase: "signedIn", phone };
  } catch (error) {
    if (suspended(error)) return;
    forgetAccount();
    sayProblem(error);
    await choose();
  }
}

/** openAs makes a connected phone for a demo identity, and keeps the identity for this tab. */
export async function openAs(user: string, lost: Lost): Promise<Phone> {
  const identity = await signIn(user);
  let first: string | undefined = identity.token;
  const pronto = new Pronto({
    token: async () => {
      const token = first ?? (await signIn(user)).token;
      first = undefined;
      return token;
    },
    deviceName: deviceName(navigator.userAgent),
    devices: deviceChoice(prefs.value),
  });
  sessionStorage.setItem(kept, JSON.stringify({ user: identity.user, name: identity.name }));
  return connected(pronto, lost);
}

/** openKept makes a connected phone for whom this tab is: a demo identity, else the account of this browser. */
export async function openKept(lost: Lost): Promise<Phone> {
  const demo = readKept<Identity>(kept, (value) => typeof value.user === "string");
  if (demo !== undefined) return openAs(demo.user, lost);
  const account = keptAccount();
  if (account === undefined) throw new HttpError(401);
  const { lead, take } = await leader();
  let phone: Phone | undefined;
  await lead({
    waits: () => queueMicrotask(take),
    aside: () => {
      phone?.stepAside();
      lost(t("tab.lead"));
    },
  });
  phone = await connected(accountClient(account), lost);
  return phone;
}

/** leader is the code that chooses among the tabs of an account; the demo's people need none: each tab is a phone of its own. */
function leader(): Promise<typeof import("./leader.ts")> {
  return import("./leader.ts");
}

async function connected(pronto: Pronto, lost: Lost): Promise<Phone> {
  const phone = new Phone(pronto, { guest: false });
  pronto.on("problem", (problem: ProntoError) => {
    if (phone.closed) return; // by ourselves
    lost(problem.code === "unauthenticated" ? t("signin.lost") : problemText(problem), problem);
  });
  try {
    await phone.connect();
  } catch (error) {
    phone.close();
    throw error;
  }
  return phone;
}

/** leave closes the page's phone; a reason is said. */
export async function leave(reason?: string): Promise<void> {
  if (current.value.phase === "signedIn") current.value.phone.close();
  forget();
  current.value = { phase: "starting" };
  if (reason !== undefined) say(reason, true);
  await choose();
}

/** signOut leaves, and a browser that is a device of an account is one no more. */
export async function signOut(): Promise<void> {
  const account = keptAccount();
  const now = current.value;
  if (now.phase === "signedIn") {
    const { reachOf } = await import("./reach.ts");
    await reachOf(now.phone).turnOff(); // nobody's calls are told of here any more
    now.phone.pronto.forget();
    if (account !== undefined) await now.phone.devices.revokeThis(account.device);
  }
  forgetAccount();
  (await leader()).stopLeading();
  await leave();
}

function forget(): void {
  sessionStorage.removeItem(kept);
  sessionStorage.removeItem(chatKey);
}
