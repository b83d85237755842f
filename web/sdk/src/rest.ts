import type { AccountOptions } from "./account.ts";
import { type Bytes, concat } from "./e2ee/bytes.ts";
import { maxNoteBytes } from "./e2ee/notefault.ts";
import type { Client } from "./later.ts";
import type { ProblemCode } from "./problem.ts";

// What of an account is asked outside the WebSocket. What the server refuses is a ProntoError.

const notes = "/v1/notes/";

/** sendCode has a one-time code sent to a phone number. */
export async function sendCode(client: Client, options: AccountOptions, phone: string): Promise<void> {
  await ask(client, options, "/v1/accounts/code", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ phone }),
  });
}

/** sendAvatar puts an image in the place of the one that is there; without an image there is none any more. */
export async function sendAvatar(client: Client, options: AccountOptions, image?: Blob): Promise<void> {
  const init: RequestInit = image === undefined ? { method: "DELETE" } : put(image);
  await askAsUs(client, options, "/v1/account/avatar", init);
}

/** sendNote leaves a sealed note to a call, in the place of one that we left to it before. */
export async function sendNote(
  client: Client,
  options: AccountOptions,
  call: string,
  note: Bytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  await askAsUs(client, options, noteOf(call), { ...put(new Blob([note])), signal: signal ?? null });
}

/** fetchNote is the sealed note that was left to a call, if the key opens it. It is still there, until deleteNote. */
export async function fetchNote(
  client: Client,
  options: AccountOptions,
  call: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Bytes> {
  const response = await askAsUs(client, options, `${noteOf(call)}?key=${key}`, { signal: signal ?? null });
  try {
    return await read(response, maxNoteBytes);
  } catch {
    signal?.throwIfAborted();
    throw new client.ProntoError("offline", "the note did not come whole; open it again");
  }
}

/** deleteNote deletes it, also when the page is closed meanwhile. */
export async function deleteNote(client: Client, options: AccountOptions, call: string): Promise<void> {
  await askAsUs(client, options, noteOf(call), { method: "DELETE", keepalive: true });
}

function noteOf(call: string): string {
  return `${notes}${encodeURIComponent(call)}`;
}

function put(body: Blob): RequestInit {
  return { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body };
}

/** read is what a server answers, of which not much more is taken than it may send. */
async function read(response: Response, mostBytes: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const reader = response.body?.getReader();
  for (let bytes = 0; bytes <= mostBytes; ) {
    const part = await reader?.read();
    if (part?.value === undefined) break;
    parts.push(part.value);
    bytes += part.value.length;
  }
  void reader?.cancel();
  return concat(...parts);
}

/** askAsUs asks with our token. */
async function askAsUs(
  client: Client,
  options: AccountOptions,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const headers = { ...init.headers, Authorization: `Bearer ${await options.tokens.get()}` };
  return ask(client, options, path, { ...init, headers });
}

async function ask(
  client: Client,
  options: AccountOptions,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const url = new URL(path, options.url.replace(/^ws/, "http"));
  const send = options.fetch ?? globalThis.fetch;
  let response: Response;
  try {
    response = await send(url, init);
  } catch {
    init.signal?.throwIfAborted();
    throw new client.ProntoError("offline", "the server cannot be reached; try again");
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  throw new client.ProntoError(
    codeOf(response.status, path, problem.code),
    problem.detail ?? `the server answered ${response.status}`,
    waitOf(response),
  );
}

/** waitOf is how long to wait, if the server says so in seconds (RFC 9110, section 10.2.3). */
function waitOf({ headers }: Response): { retryAfterMs?: number } {
  const seconds = Number(headers.get("Retry-After"));
  return seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}

function codeOf(status: number, path: string, code: string | undefined): ProblemCode {
  switch (status) {
    case 401:
      return "unauthenticated";
    case 403:
      return "forbidden";
    case 404: // a note, or else what this server does not offer at all
      return path.startsWith(notes) ? "notFound" : "unavailable";
    case 409:
      return code === "noNotes" || code === "notesFull" || code === "otherDevice" ? code : "conflict";
    case 413:
      return "tooLarge";
    case 422:
      return "invalid";
    case 429:
      return "rateLimited";
    default:
      return "unavailable";
  }
}
