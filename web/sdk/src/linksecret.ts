import { fromBlob, text, toBlob } from "./e2ee/bytes.ts";
import { ProntoError } from "./problem.ts";

/** LinkDetails are what a link is about, for those only who have its whole address. */
export interface LinkDetails {
  /** title: one line of at most 80 characters. */
  readonly title: string;
  /** description: at most 1,000 bytes. */
  readonly description: string;
}

/** LinkAddress is what the address of a link says. */
export interface LinkAddress {
  readonly link: string;
  /** secret is the part after #k=; absent for a link without. */
  readonly secret?: string;
}

const maxTitle = 80;
const maxDescriptionBytes = 1_000;
const nonceBytes = 12;
/** Sealed details are padded to multiples of this, so that their size does not tell much. */
const blockBytes = 128;

/** newLinkSecret makes a secret for the part after #: 128 random bits as 22 characters. */
export function newLinkSecret(): string {
  return toBlob(crypto.getRandomValues(new Uint8Array(16)));
}

/** linkAddress is the whole address of a link; base is the server's page, this one by default. */
export function linkAddress(
  link: string,
  secret?: string,
  base: string = globalThis.location.origin,
): string {
  const url = new URL(`/j/${link}`, base);
  if (secret !== undefined) url.hash = `k=${secret}`;
  return url.href;
}

/** readLinkAddress reads an address of a link, or undefined. What is after # is never sent anywhere. */
export function readLinkAddress(address: string): LinkAddress | undefined {
  let url: URL;
  try {
    url = new URL(address, "https://pronto.invalid");
  } catch {
    return undefined;
  }
  const link = /^\/j\/([A-Za-z0-9_-]{1,64})\/?$/.exec(url.pathname)?.[1];
  if (link === undefined) return undefined;
  const secret = /^#k=([A-Za-z0-9_-]{1,64})$/.exec(url.hash)?.[1];
  return secret === undefined ? { link } : { link, secret };
}

/** checkDetails throws what is wrong with details, as the server, which cannot read them, does not. */
export function checkDetails({ title, description }: LinkDetails): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const hidden = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  if ([...title].length > maxTitle)
    throw new ProntoError("invalid", `the title has more than ${maxTitle} characters`);
  if (hidden.test(title) || hidden.test(description.replaceAll("\n", "")))
    throw new ProntoError("invalid", "title or description has a character that cannot be shown");
  if (text(description).length > maxDescriptionBytes)
    throw new ProntoError("invalid", `the description has more than ${maxDescriptionBytes} bytes`);
}

/** sealDetails encrypts details with a key made of the link's secret; the server keeps the result as it is. */
export async function sealDetails(secret: string, details: LinkDetails): Promise<string> {
  checkDetails(details);
  const plain = text(JSON.stringify({ t: details.title, d: details.description }));
  const padded = new Uint8Array(Math.ceil((plain.length + 1) / blockBytes) * blockBytes).fill(0x20); // spaces: JSON still
  padded.set(plain);
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, await detailsKey(secret), padded),
  );
  const all = new Uint8Array(nonceBytes + sealed.length);
  all.set(nonce);
  all.set(sealed, nonceBytes);
  return toBlob(all);
}

/** openDetails reads what sealDetails made; undefined with another secret, or of anything else. */
export async function openDetails(secret: string, sealed: string): Promise<LinkDetails | undefined> {
  try {
    const all = fromBlob(sealed);
    const iv = all.subarray(0, nonceBytes);
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv },
      await detailsKey(secret),
      all.subarray(nonceBytes),
    );
    const { t, d } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)) as {
      t?: unknown;
      d?: unknown;
    };
    if (typeof t !== "string" || typeof d !== "string") return undefined;
    const details = { title: t, description: d };
    checkDetails(details); // whoever has the secret may have sealed anything
    return details;
  } catch {
    return undefined;
  }
}

/** The key for details is not the one for the call's keys (linkKey): one tells nothing of the other (RFC 5869). */
async function detailsKey(secret: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", text(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: text("pronto link details 1") },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
