import { fromBlob, text, toBlob } from "./e2ee/bytes.ts";
import type { Client } from "./later.ts";

/** LinkDetails are what a link is about, for those only who have its whole address. */
export interface LinkDetails {
  /** title: one line of at most 80 characters. */
  readonly title: string;
  /** description: at most 1,000 bytes. */
  readonly description: string;
}

const maxTitle = 80;
const maxDescriptionBytes = 1_000;
const nonceBytes = 12;
/** Sealed details are padded to multiples of this, so that their size does not tell much. */
const blockBytes = 128;

/** wrongWith says what is wrong with details, as the server, which cannot read them, does not; undefined if nothing is. */
function wrongWith({ title, description }: LinkDetails): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const hidden = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  if ([...title].length > maxTitle) return `the title has more than ${maxTitle} characters`;
  if (hidden.test(title) || hidden.test(description.replaceAll("\n", "")))
    return "title or description has a character that cannot be shown";
  if (text(description).length > maxDescriptionBytes)
    return `the description has more than ${maxDescriptionBytes} bytes`;
  return undefined;
}

/** seal encrypts details with a key made of the link's secret; the server keeps the result as it is. */
export async function seal({ ProntoError }: Client, secret: string, details: LinkDetails): Promise<string> {
  const wrong = wrongWith(details);
  if (wrong !== undefined) throw new ProntoError("invalid", wrong);
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

/** open reads what seal made; undefined with another secret, or of anything else. */
export async function open(secret: string, sealed: string): Promise<LinkDetails | undefined> {
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
    return wrongWith(details) === undefined ? details : undefined; // whoever has the secret may have sealed anything
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

/** read is title and description of what the server knows and the secret opens. */
export async function read(
  secret: string | undefined,
  known: { readonly title?: string; readonly sealed?: string },
): Promise<LinkDetails> {
  const { title = "", sealed } = known;
  const opened = secret === undefined || sealed === undefined ? undefined : await open(secret, sealed);
  return opened ?? { title, description: "" };
}
