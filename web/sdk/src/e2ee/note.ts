import { type Bytes, concat, equal, own, text, toText, uint } from "./bytes.ts";
import { type Credential, keyOf, short, verify } from "./credential.ts";
import { type Identity, publicOf } from "./identity.ts";
import type { NoteBody } from "./messages.ts";
import { maxNoteBytes, NoteError } from "./notefault.ts";
import { maxNoteKeys, noteKeyID, readCredential, unwrap, wrap, wrappedBytes } from "./notekey.ts";

// A note to a missed call, as the server keeps it:
//
//   note    = u8 1 | u8 n (1..20) | n × ( key id 8 | encapsulated key 32 | wrapped 32 ) | sealed
//   wrapped = the content key, by HPKE (RFC 9180, base mode) for one browser, with the context as aad
//   sealed  = AES-128-GCM of the content by that key, which is used once; aad: context | all that is before it
//   context = call | from account | to account, each with its length in one byte before it
//   content = u16 length, credential of the sender | signature 64 | body
//   body    = u8 length, MIME type | u32 duration in ms | recording

const version = 1;
const headBytes = 2;
const entryBytes = 8 + wrappedBytes;
const signatureBytes = 64;
const tagBytes = 16;
/** playable are the types that a page may make an address of: one of text/html there would be a page of the site itself. */
const playable = /^(audio|video)\/[\w.+-]+( *; *codecs="?[\w.+, -]+"?)?$/;
const nonce = new Uint8Array(12);

/** NoteContext is which call a note belongs to, and whose it is. */
export interface NoteContext {
  readonly call: string;
  /** from is the account that rang. */
  readonly from: string;
  /** to is the account that was rung. */
  readonly to: string;
}

/** sealNote seals a note for some browsers, 1 to 20. */
export async function sealNote(
  identity: Identity,
  where: NoteContext,
  body: NoteBody,
  keys: readonly Bytes[],
): Promise<Bytes> {
  const context = encodeContext(where);
  const encoded = encodeBody(body);
  const { credential } = identity;
  const signature = await identity.sign(await statement(context, encoded));
  const content = concat(uint(credential.length, 2), credential, signature, encoded);
  const key = crypto.getRandomValues(new Uint8Array(16));
  const entries = keys.map(async (one) => [await noteKeyID(one), await wrap(key, one, context)]);
  const head = concat(Uint8Array.of(version, keys.length), ...(await Promise.all(entries)).flat());
  if (head.length + content.length + tagBytes > maxNoteBytes) throw new NoteError("tooLarge");
  const sealed = await crypto.subtle.encrypt(gcm(context, head), await aes(key), content);
  return concat(head, new Uint8Array(sealed));
}

/** openNote opens one with a browser's key. What comes out is of the account that the context names, and of nobody else. */
export async function openNote(
  pair: CryptoKeyPair,
  where: NoteContext,
  note: Bytes,
): Promise<{ credential: Credential; body: NoteBody }> {
  const count = note[1] ?? 0;
  const head = note.subarray(0, headBytes + count * entryBytes);
  const sealed = note.subarray(head.length);
  if (
    note.length > maxNoteBytes ||
    note[0] !== version ||
    count < 1 ||
    count > maxNoteKeys ||
    sealed.length < tagBytes
  )
    throw new NoteError("tampered");
  const context = encodeContext(where);
  const wrapped = await entryFor(pair, head);
  try {
    const key = await aes(await unwrap(wrapped, pair, context));
    const content = new Uint8Array(await crypto.subtle.decrypt(gcm(context, head), key, own(sealed)));
    return await readContent(content, context, where.from);
  } catch {
    throw new NoteError("tampered");
  }
}

/** entryFor is the part of a note's head that is for a browser. */
async function entryFor(pair: CryptoKeyPair, head: Bytes): Promise<Bytes> {
  const id = await noteKeyID(await publicOf(pair));
  for (let at = headBytes; at < head.length; at += entryBytes)
    if (equal(head.subarray(at, at + id.length), id))
      return own(head.subarray(at + id.length, at + entryBytes));
  throw new NoteError("otherBrowsers");
}

/** readContent throws if the content is not signed by a device of the account from. */
async function readContent(
  content: Bytes,
  context: Bytes,
  from: string,
): Promise<{ credential: Credential; body: NoteBody }> {
  const signedAt = 2 + (((content[0] ?? 0) << 8) | (content[1] ?? 0));
  const credential = await readCredential(content.subarray(2, signedAt));
  const signature = own(content.subarray(signedAt, signedAt + signatureBytes));
  const encoded = own(content.subarray(signedAt + signatureBytes));
  if (
    credential?.account !== from ||
    !(await verify(keyOf(credential), signature, await statement(context, encoded)))
  )
    throw new NoteError("tampered");
  return { credential, body: decodeBody(encoded) };
}

function encodeBody({ mime, durationMs, recording }: NoteBody): Bytes {
  const known = mime.length < 256 && playable.test(mime);
  if (!known || !Number.isInteger(durationMs) || durationMs < 0 || durationMs >= 2 ** 32)
    throw new NoteError("badRecording");
  if (recording.length > maxNoteBytes) throw new NoteError("tooLarge");
  return concat(short(mime), uint(durationMs, 4), recording);
}

function decodeBody(bytes: Bytes): NoteBody {
  const at = 1 + (bytes[0] ?? 0);
  const mime = toText(bytes.subarray(1, at));
  if (bytes.length < at + 4 || !playable.test(mime)) throw new NoteError("tampered");
  const durationMs = new DataView(bytes.buffer).getUint32(at);
  return { mime, durationMs, recording: own(bytes.subarray(at + 4)) };
}

function encodeContext({ call, from, to }: NoteContext): Bytes {
  return concat(short(call), short(from), short(to));
}

/** statement is what the sender's device signs. */
async function statement(context: Bytes, body: Bytes): Promise<Bytes> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return concat(text("pronto note 1"), context, hash);
}

function aes(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function gcm(context: Bytes, head: Bytes): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: concat(context, head) };
}
