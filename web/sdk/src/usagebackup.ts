import type { Counts } from "./usage.ts";

const rounds = 600_000; // of PBKDF2 with SHA-256

/** Devices are what devices have counted, each its own. */
type Devices = Readonly<Record<string, Counts>>;

/** seal makes a backup that only the passphrase opens (AES-GCM, PBKDF2). */
export async function seal(devices: Devices, passphrase: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(devices));
  const cipher = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await derive(passphrase, salt), plain);
  return `pronto-usage.1.${[salt, iv, new Uint8Array(cipher)].map(toText).join(".")}`;
}

/** open reads a backup. It rejects if the passphrase or the text is another. */
export async function open(text: string, passphrase: string): Promise<Devices> {
  const form = /^pronto-usage\.1\.([\w-]+)\.([\w-]+)\.([\w-]+)$/;
  const [, salt, iv, cipher] = form.exec(text.trim()) ?? [];
  if (salt === undefined || iv === undefined || cipher === undefined)
    throw new Error("this is no backup of usage");
  try {
    const key = await derive(passphrase, toBytes(salt));
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: toBytes(iv) }, key, toBytes(cipher));
    return JSON.parse(new TextDecoder().decode(plain)) as Devices;
  } catch {
    throw new Error("the passphrase does not open this backup");
  }
}

/** merge adds what a backup has to what is here: of each device, month and network what counted more calls. */
export function merge(here: Devices, backup: Devices): Record<string, Counts> {
  const merged = { ...here };
  for (const [device, counts] of Object.entries(backup)) {
    const known = merged[device] ?? {};
    const newer = Object.entries(counts).filter(([slot, used]) => (known[slot]?.calls ?? 0) <= used.calls);
    merged[device] = { ...known, ...Object.fromEntries(newer) };
  }
  return merged;
}

async function derive(passphrase: string, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const raw = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function toText(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}
