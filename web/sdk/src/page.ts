import type { Store } from "./device.ts";
import { ProntoError } from "./problem.ts";

/** pageURL is the WebSocket of the page's own server. */
export function pageURL(): string {
  const { protocol, host } = globalThis.location;
  return `${protocol === "http:" ? "ws" : "wss"}://${host}/v1/ws`;
}

/** socketURL is the WebSocket of a server; the address of its page says enough. */
export function socketURL(address: string): string {
  let url: URL;
  try {
    url = new URL(address, globalThis.location?.href);
  } catch {
    throw new ProntoError("invalid", "url is no address such as https://calls.example.com");
  }
  url.protocol = url.protocol.replace("http", "ws");
  if (url.pathname === "/") url.pathname = "/v1/ws";
  return url.href;
}

/** pageStorage lives as long as the tab. */
export function pageStorage(): Store | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined; // a browser may forbid storage altogether
  }
}

/** lastingStorage stays when the tab is closed. */
export function lastingStorage(): Store | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** watchPage calls wake when the network or the person may be back, and goes when the page is about to be closed. It returns what ends the watch. */
export function watchPage(wake: () => void, goes: () => void): () => void {
  if (typeof window === "undefined") return () => undefined;
  const ended = new AbortController();
  const { signal } = ended;
  window.addEventListener("online", wake, { signal });
  window.addEventListener("pagehide", goes, { signal });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake(), {
    signal,
  });
  return () => ended.abort();
}
