import { type Bytes, concat, text } from "./bytes.ts";

const safetyRounds = 5_200;
const groups = 6;

/**
 * callCode is what all members of a call can compare: 30 digits of the epoch
 * authenticator. So many because a server that runs two groups could try keys
 * until a shorter code is the same in both.
 */
export async function callCode(authenticator: Bytes): Promise<string> {
  return digits(await sha512(concat(text("pronto call code 1"), authenticator)));
}

/** Party is one side of a safety number. */
export interface Party {
  readonly account: string;
  /** root is the account's identity. */
  readonly root: Bytes;
}

/** safetyNumber is what two people can compare once: 60 digits of both identities, the same on both sides. */
export async function safetyNumber(a: Party, b: Party): Promise<string> {
  const halves = await Promise.all([half(a), half(b)]);
  return halves.sort().join(" ");
}

/** half is hashed many times over, so that a look-alike key costs as often more to find. */
async function half({ account, root }: Party): Promise<string> {
  const name = text(account);
  let hash = concat(text("pronto safety 1"), Uint8Array.of(name.length), name, root);
  for (let round = 0; round < safetyRounds; round++) hash = await sha512(concat(hash, root));
  return digits(hash);
}

async function sha512(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
}

/** digits are six groups of five, of the first thirty bytes. */
function digits(hash: Bytes): string {
  const out: string[] = [];
  for (let i = 0; i < groups; i++) {
    let value = 0n;
    for (const byte of hash.subarray(i * 5, i * 5 + 5)) value = (value << 8n) | BigInt(byte);
    out.push(String(value % 100_000n).padStart(5, "0"));
  }
  return out.join(" ");
}
