import { ProntoError } from "./problem.ts";

/**
 * TokenSource is a token, the address that gives one out, or a function that fetches one. An address is a URL, or
 * a text with a slash in it, which no token has; it is asked by GET, and answers with the token, or with JSON that
 * has it as token. Addresses and functions are asked again before a token runs out.
 */
export type TokenSource = string | URL | (() => string | Promise<string>);

/** earlyMs is how long before its end a token is replaced; a short one at four fifths of its life. */
const earlyMs = 60_000;
/** againMs is how long to wait after a refresh that came to nothing. */
const againMs = 15_000;

/** Tokens gives out the token of one source, and has a fresh one before the old one runs out. */
export class Tokens {
  /** renewable is whether another token can be had. */
  readonly renewable: boolean;
  readonly #fetch: () => Promise<string>;
  #token: { readonly text: string; readonly staleMs: number } | undefined;
  #asking: Promise<string> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #kept = false;

  constructor(source: TokenSource, fetching: typeof fetch = (input, init) => globalThis.fetch(input, init)) {
    const address = source instanceof URL || (typeof source === "string" && source.includes("/"));
    this.renewable = address || typeof source === "function";
    if (typeof source === "function") this.#fetch = async () => source();
    else if (address) this.#fetch = () => ask(source, fetching);
    else this.#fetch = async () => source;
  }

  /** get is a token that lasts for a while still: the last one if its end can be read from it. */
  get(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#token.staleMs)
      return Promise.resolve(this.#token.text);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** forget makes the next get ask for another one: the server has refused this one. */
  forget(): void {
    this.#token = undefined;
  }

  /** keep has a fresh token in hand at any time, so that no connection has to wait for one, until release. */
  keep(): void {
    if (this.#kept || !this.renewable) return;
    this.#kept = true;
    this.#schedule();
  }

  release(): void {
    this.#kept = false;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<string> {
    const text = await this.#fetch();
    const staleMs = staleAt(text, Date.now());
    this.#token = staleMs === undefined ? undefined : { text, staleMs };
    this.#schedule();
    return text;
  }

  #schedule(waitMs = (this.#token?.staleMs ?? 0) - Date.now()): void {
    clearTimeout(this.#timer);
    if (!this.#kept || this.#token === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.get().catch(() => this.#schedule(againMs)); // the old one counts for a while yet
      },
      Math.max(waitMs, 1_000),
    );
  }
}

/** staleAt is when a token is to be replaced; undefined if its end cannot be read from it (RFC 7519). */
function staleAt(token: string, nowMs: number): number | undefined {
  try {
    const claims = token.split(".")[1] ?? "";
    const { exp } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))) as { exp?: unknown };
    if (typeof exp !== "number") return undefined;
    const leftMs = exp * 1000 - nowMs;
    return nowMs + Math.max(leftMs - earlyMs, leftMs * 0.8);
  } catch {
    return undefined;
  }
}

/** ask fetches a token from an address. What says that nobody is signed in there is final. */
async function ask(address: string | URL, fetching: typeof fetch): Promise<string> {
  let answer: Response;
  try {
    answer = await fetching(address, { cache: "no-store" });
  } catch {
    throw new ProntoError("offline", "the address of the token cannot be reached");
  }
  if (answer.status === 401 || answer.status === 403)
    throw new ProntoError("unauthenticated", `the address of the token answered ${answer.status}`);
  if (!answer.ok) throw new ProntoError("unavailable", `the address of the token answered ${answer.status}`);
  const text = (await answer.text()).trim();
  if (!text.startsWith("{")) return text;
  const { token } = JSON.parse(text) as { token?: unknown };
  if (typeof token !== "string") throw new ProntoError("invalid", "the address of the token sent none");
  return token;
}
