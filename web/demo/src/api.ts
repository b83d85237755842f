/** Identity is one of the accounts that a server in demo mode offers to everybody. */
export interface Identity {
  readonly user: string;
  readonly name: string;
}

/** SignedIn is a demo identity with its token. */
export interface SignedIn extends Identity {
  readonly token: string;
}

/** Operator is how people reach whoever runs the server, as links; what is missing is not said. */
export interface Operator {
  readonly contact?: string;
  /** complaints is where one may complain if that does not help. */
  readonly complaints?: string;
  readonly privacyNotice?: string;
}

/** WaysIn are how a server lets people in: as one of the demo's identities, or by a one-time code; and who runs it. */
export interface WaysIn {
  readonly demo: boolean;
  readonly codes: boolean;
  readonly operator: Operator;
}

/** Address is where a code goes. */
export type Address = { readonly email: string } | { readonly phone: string };

/** SignedInDevice is what a device of an account lives by; refresh is a secret, told once. */
export interface SignedInDevice extends SignedIn {
  readonly device: string;
  readonly refresh?: string;
}

/** HttpError is an answer other than 2xx (RFC 9457 on the wire), or none at all: then status is 0. */
export class HttpError extends Error {
  readonly status: number;
  /** retryAfterMs is how long to wait before trying again; absent when the server did not say. */
  readonly retryAfterMs?: number;
  /** code is the kind of problem, where the status alone does not say it. */
  readonly code?: string;

  constructor(status: number, retryAfterMs?: number, code?: string) {
    super(status === 0 ? "no answer" : `HTTP status ${status}`);
    this.name = "HttpError";
    this.status = status;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    if (code !== undefined) this.code = code;
  }
}

/** identities are the demo's accounts; undefined when the server does not run as a demo. */
export async function identities(): Promise<readonly Identity[] | undefined> {
  try {
    return (await request<{ identities: readonly Identity[] }>("/v1/demo/identities")).identities;
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  }
}

/** signIn gets a token for a demo identity. */
export function signIn(user: string): Promise<SignedIn> {
  return request<SignedIn>("/v1/demo/sign-in", { user });
}

/** waysIn asks how this server lets people in. */
export function waysIn(): Promise<WaysIn> {
  return request<WaysIn>("/v1/sign-in");
}

/** linkThis makes this browser a device of the account that shows a code; another device must confirm it. Status 401: not good any more. */
export function linkThis(code: string, deviceName: string): Promise<SignedInDevice> {
  return request<SignedInDevice>("/v1/devices/link", { code, deviceName });
}

/** refreshToken gets a device's next token; that of a suspended account is good for its appeal only. Status 403: not confirmed yet; 401: put out. */
export function refreshToken(refresh: string): Promise<SignedInDevice> {
  return request<SignedInDevice>("/v1/accounts/refresh", { refresh, toAppeal: true });
}

/** codeOf is the code of a problem with what was typed. */
async function codeOf(response: Response): Promise<string | undefined> {
  if (response.status !== 422) return undefined;
  const problem: { code?: string } | undefined = await response.json().catch(() => undefined);
  return problem?.code;
}

/** request asks the REST API for what needs no token. What goes wrong is an HttpError. */
export async function request<T>(path: string, body?: object): Promise<T> {
  const init: RequestInit =
    body === undefined
      ? {}
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "omit", cache: "no-store" });
  } catch {
    throw new HttpError(0);
  }
  if (!response.ok) {
    const seconds = Number(response.headers.get("Retry-After"));
    throw new HttpError(response.status, seconds > 0 ? seconds * 1000 : undefined, await codeOf(response));
  }
  return (await response.json()) as T;
}
