import type { AccountOptions } from "./account.ts";
import type { Client } from "./later.ts";

// What of an account is asked outside the WebSocket. What the server refuses is a ProntoError.

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
  const bearer = { Authorization: `Bearer ${await options.tokens.get()}` };
  const init: RequestInit =
    image === undefined
      ? { method: "DELETE", headers: bearer }
      : { method: "PUT", headers: { ...bearer, "Content-Type": "application/octet-stream" }, body: image };
  await ask(client, options, "/v1/account/avatar", init);
}

async function ask(client: Client, options: AccountOptions, path: string, init: RequestInit): Promise<void> {
  const url = new URL(path, options.url.replace(/^ws/, "http"));
  const send = options.fetch ?? globalThis.fetch;
  let response: Response;
  try {
    response = await send(url, init);
  } catch {
    throw new client.ProntoError("offline", "the server cannot be reached");
  }
  if (response.ok) return;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new client.ProntoError(
    codeOf(response.status),
    problem.detail ?? `the server answered ${response.status}`,
  );
}

function codeOf(status: number) {
  switch (status) {
    case 401:
      return "unauthenticated";
    case 403:
      return "forbidden";
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
