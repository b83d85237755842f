import { Pronto, ProntoError } from "../../../sdk/src/index.ts";
import { type Address, HttpError, refreshToken, type SignedInDevice } from "../api.ts";
import { deviceName } from "../format.ts";
import { deviceChoice, prefs } from "./prefs.ts";

/** Kept is what this browser knows of the account that it is a device of. refresh is as good as a password. */
export interface Kept {
  readonly user: string;
  readonly name: string;
  readonly device: string;
  readonly refresh: string;
}

const key = "pronto.account";

/** keptAccount is the account that this browser is signed in to, if any. */
export function keptAccount(): Kept | undefined {
  try {
    const value = Object(JSON.parse(localStorage.getItem(key) ?? "null")) as Partial<
      Record<keyof Kept, unknown>
    >;
    const { user, name, device, refresh } = value;
    const texts = [user, name, device, refresh].every((text) => typeof text === "string");
    return texts ? (value as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/** keepAccount remembers an account for the next time. */
export function keepAccount({ user, name, device, refresh }: SignedInDevice): Kept {
  const kept: Kept = { user, name, device, refresh: refresh ?? keptAccount()?.refresh ?? "" };
  localStorage.setItem(key, JSON.stringify(kept));
  return kept;
}

/** forgetAccount signs this browser out of it. */
export function forgetAccount(): void {
  localStorage.removeItem(key);
}

/** accountClient is a client of a kept account; first is a token that is still good. */
export function accountClient(kept: Kept, first?: string): Pronto {
  let token = first;
  return new Pronto({
    token: async () => {
      const now = token ?? (await nextToken(kept));
      token = undefined;
      return now;
    },
    device: kept.device,
    deviceName: deviceName(navigator.userAgent),
    devices: deviceChoice(prefs.value),
  });
}

/** nextToken asks for a token. What the server refuses for good is told as the WebSocket would. */
async function nextToken({ refresh }: Kept): Promise<string> {
  try {
    return (await refreshToken(refresh)).token;
  } catch (error) {
    if (error instanceof HttpError && error.status === 401)
      throw new ProntoError("unauthenticated", "this device is signed out");
    throw error;
  }
}

/** addressOf reads an e-mail address or a phone number with its country code; undefined if it is neither. */
export function addressOf(text: string): Address | undefined {
  const typed = text.trim();
  if (typed.includes("@")) return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(typed) ? { email: typed } : undefined;
  const phone = phoneOf(typed);
  return phone === undefined ? undefined : { phone };
}

/** phoneOf reads a phone number as E.164: +, the country code, at most 15 digits; people write blanks and brackets between. */
export function phoneOf(text: string): string | undefined {
  const digits = text.replace(/[\s().\-/]/g, "").replace(/^00/, "+");
  return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : undefined;
}
