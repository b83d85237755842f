import { describe, expect, test } from "vitest";
import { type Bytes, concat, fromBlob, text, toBlob, uint } from "../../src/e2ee/bytes.ts";
import { identify, publicOf } from "../../src/e2ee/identity.ts";
import { MemoryKeys } from "../../src/e2ee/keystore.ts";
import type { NoteBody } from "../../src/e2ee/messages.ts";
import { openNote, sealNote } from "../../src/e2ee/note.ts";
import { maxNoteBytes, NoteError, type NoteFault } from "../../src/e2ee/notefault.ts";
import { checkNoteKeys, noteKeyID, publicNoteKey, suite, wrap } from "../../src/e2ee/notekey.ts";
import { Notes, orFault } from "../../src/e2ee/notes.ts";
import type { NoteKey } from "../../src/wire.gen.ts";
import { type Browser, browserOf, keyOf, LastingKeys } from "./browsers.ts";

const where = { call: "cal1", from: "ana", to: "bia" };
const body: NoteBody = { mime: "audio/webm;codecs=opus", durationMs: 4_200, recording: text("hello Bia") };

/** people are Ana, and Bia with two browsers. */
async function people() {
  const [ana, phone] = await Promise.all([browserOf("ana"), browserOf("bia")]);
  const laptop = await browserOf("bia", new LastingKeys(), phone);
  const keys = await Promise.all([keyOf(phone), keyOf(laptop)]);
  return { ana, phone, laptop, keys };
}

async function sealed(ana: Browser, keys: readonly NoteKey[]): Promise<Bytes> {
  return (await ana.notes.seal({ call: "cal1", keys, body })).note;
}

const faults = (fault: NoteFault) => expect.objectContaining({ fault });

describe("a note", () => {
  test("is opened by each browser that it was sealed for, and is of who has left it", async () => {
    const { ana, phone, laptop, keys } = await people();
    const note = await sealed(ana, keys);
    for (const [browser, trust] of [
      [phone, "new"],
      [phone, "known"],
      [laptop, "new"],
    ] as const)
      expect(await browser.notes.open({ call: "cal1", from: "ana", note })).toEqual({ ...body, trust });
  });

  test("of a call in which the safety number was compared is of somebody verified", async () => {
    const { ana, phone, keys } = await people();
    await phone.keys.remember("bia", "ana", { root: ana.identity.self.root, verified: true });
    const note = await sealed(ana, keys);
    expect(await phone.notes.open({ call: "cal1", from: "ana", note })).toMatchObject({ trust: "verified" });
  });

  test("looks another way each time, and has nothing of the recording in it", async () => {
    const { ana, keys } = await people();
    const [one, other] = await Promise.all([sealed(ana, keys), sealed(ana, keys)]);
    expect(one.length).toBe(other.length);
    expect(toBlob(one)).not.toBe(toBlob(other));
    expect(Buffer.from(one).includes("hello Bia")).toBe(false);
    expect(Buffer.from(one).includes("audio")).toBe(false);
  });

  test("is not opened by a browser that it was not sealed for", async () => {
    const { ana, phone, laptop, keys } = await people();
    const note = await sealed(ana, keys.slice(0, 1));
    expect(await laptop.notes.open({ call: "cal1", from: "ana", note }).catch(String)).toContain(
      "otherBrowsers",
    );
    expect(await phone.notes.open({ call: "cal1", from: "ana", note })).toMatchObject(body);
  });

  test.each([
    ["another call", { ...where, call: "cal2" }],
    ["another sender", { ...where, from: "carlo" }],
    ["another account", { ...where, to: "carlo" }],
    ["the call and the sender run together", { ...where, call: "cal1\u0003ana", from: "" }],
  ])("is none of %s", async (_, other) => {
    const { ana, phone, keys } = await people();
    const pair = await phone.keys.noteKey();
    const note = await sealed(ana, keys);
    await expect(openNote(pair, other, note)).rejects.toEqual(faults("tampered"));
  });

  test("that somebody else has sealed in Ana's name is none", async () => {
    const { ana, phone, keys } = await people();
    const carlo = await browserOf("carlo");
    const pair = await phone.keys.noteKey();
    const own = await Promise.all(keys.map(({ key }) => fromBlob(key)));
    const asAna = await sealNote(carlo.identity, where, body, own);
    await expect(openNote(pair, where, asAna)).rejects.toEqual(faults("tampered"));
    // Her credential, and not her signature.
    const { credential, self } = ana.identity;
    const stolen = await sealNote({ ...carlo.identity, credential, self }, where, body, own);
    await expect(openNote(pair, where, stolen)).rejects.toEqual(faults("tampered"));
  });

  test("is none if a byte of it is changed, whichever", async () => {
    const { ana, phone, keys } = await people();
    const note = await sealed(ana, keys);
    for (let at = 0; at < note.length; at++) {
      const changed = note.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const opened = await orFault(phone.notes.open({ call: "cal1", from: "ana", note: changed }));
      // Its own key's id is at 2: without it the note is for others.
      expect(opened, `byte ${at}`).toEqual({ fault: at >= 2 && at < 10 ? "otherBrowsers" : "tampered" });
    }
  });

  test("is none if it is cut short, or goes on", async () => {
    const { ana, phone, keys } = await people();
    const note = await sealed(ana, keys);
    for (let length = 0; length < note.length; length++) {
      const opening = phone.notes.open({ call: "cal1", from: "ana", note: note.slice(0, length) });
      expect(await orFault(opening), `${length} bytes`).toEqual({ fault: "tampered" });
    }
    for (const more of [1, maxNoteBytes]) {
      const long = concat(note, new Uint8Array(more));
      const opening = phone.notes.open({ call: "cal1", from: "ana", note: long });
      expect(await orFault(opening)).toEqual({ fault: "tampered" });
    }
  });

  test("for nobody, and for more than twenty, is none", async () => {
    const { phone } = await people();
    for (const count of [0, 21, 255]) {
      const note = concat(Uint8Array.of(1, count), new Uint8Array(255 * 88 + 16));
      const opening = phone.notes.open({ call: "cal1", from: "ana", note });
      expect(await orFault(opening)).toEqual({ fault: "tampered" });
    }
  });

  test("is of sound or picture: a page makes an address of it", async () => {
    const { ana, keys } = await people();
    const recording = text("<script>");
    for (const mime of [
      "text/html",
      "",
      "audio/",
      "image/svg+xml",
      "audio/x\ntext/html",
      `audio/${"x".repeat(250)}`,
    ]) {
      const sealing = ana.notes.seal({ call: "cal1", keys, body: { ...body, mime, recording } });
      expect(await orFault(sealing), mime).toEqual({ fault: "badRecording" });
    }
    for (const durationMs of [-1, 0.5, Number.NaN, 2 ** 32]) {
      const sealing = ana.notes.seal({ call: "cal1", keys, body: { ...body, durationMs } });
      expect(await orFault(sealing)).toEqual({ fault: "badRecording" });
    }
    for (const mime of [
      "audio/mp4",
      'video/webm;codecs="vp8,opus"',
      "video/mp4; codecs=avc1.42E01E,mp4a.40.2",
    ])
      expect((await ana.notes.seal({ call: "cal1", keys, body: { ...body, mime } })).note[0]).toBe(1);
  });

  test("has at most 1 MiB, sealed", async () => {
    const { ana, phone, keys } = await people();
    const sizes = async (length: number) =>
      ana.notes.seal({ call: "cal1", keys, body: { ...body, recording: new Uint8Array(length) } });
    const over = (await sizes(0)).note.length;
    const { note } = await sizes(maxNoteBytes - over);
    expect(note.length).toBe(maxNoteBytes);
    const opened = await phone.notes.open({ call: "cal1", from: "ana", note });
    expect(opened.recording.length).toBe(maxNoteBytes - over);
    expect(await orFault(sizes(maxNoteBytes - over + 1))).toEqual({ fault: "tooLarge" });
    expect(await orFault(sizes(maxNoteBytes + 1))).toEqual({ fault: "tooLarge" });
  });
});

describe("a sender who means ill", () => {
  const context = concat(
    ...["cal1", "ana", "bia"].map((one) => concat(Uint8Array.of(one.length), text(one))),
  );

  /** sealedAs seals whatever content for Bia, as the format wants it. */
  async function sealedAs(content: Bytes, blob: string): Promise<Bytes> {
    const [raw, key] = [crypto.getRandomValues(new Uint8Array(16)), fromBlob(blob)];
    const head = concat(Uint8Array.of(1, 1), await noteKeyID(key), await wrap(raw, key, context));
    const aes = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
    const gcm = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: concat(context, head) };
    return concat(head, new Uint8Array(await crypto.subtle.encrypt(gcm, aes, content)));
  }

  /** signedBy is the content with a body, as the format wants it. */
  async function signedBy({ identity }: Browser, encoded: Bytes): Promise<Bytes> {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encoded));
    const signature = await identity.sign(concat(text("pronto note 1"), context, hash));
    return concat(uint(identity.credential.length, 2), identity.credential, signature, encoded);
  }

  const bodyOf = (mime: string) =>
    concat(Uint8Array.of(mime.length), text(mime), uint(4_200, 4), text("hello"));

  test("has a note opened that is as the format wants it", async () => {
    const { ana, phone, keys } = await people();
    const content = await signedBy(ana, bodyOf("audio/webm"));
    const note = await sealedAs(content, keys[0]?.key ?? "");
    const opened = await phone.notes.open({ call: "cal1", from: "ana", note });
    expect(opened).toEqual({ mime: "audio/webm", durationMs: 4_200, recording: text("hello"), trust: "new" });
  });

  test.each([
    ["of a type that a page must not make an address of", bodyOf("text/html")],
    ["of a type in two lines", bodyOf("audio/webm\ntext/html")],
    ["of no type", bodyOf("")],
    ["of a type that is no UTF-8", concat(Uint8Array.of(2, 0xff, 0xfe), uint(0, 4))],
    ["of a type that is longer than all there is", concat(Uint8Array.of(255), text("audio/webm"))],
    ["without a whole duration", bodyOf("audio/webm").slice(0, 14)],
    ["of nothing", new Uint8Array(0)],
  ])("has none opened %s", async (_, encoded) => {
    const { ana, phone, keys } = await people();
    const note = await sealedAs(await signedBy(ana, encoded), keys[0]?.key ?? "");
    const opening = phone.notes.open({ call: "cal1", from: "ana", note });
    expect(await orFault(opening)).toEqual({ fault: "tampered" });
    expect(await phone.keys.known("bia", "ana"), "nobody was met").toBeUndefined();
  });

  test("has none opened whose content ends early, or says that it is longer", async () => {
    const { ana, phone, keys } = await people();
    const content = await signedBy(ana, bodyOf("audio/webm"));
    const long = concat(Uint8Array.of(0xff, 0xff), content.subarray(2));
    const cuts = [0, 1, 2, 3, 60, content.length - 20].map((length) => content.slice(0, length));
    for (const one of [long, ...cuts]) {
      const note = await sealedAs(one, keys[0]?.key ?? "");
      const opening = phone.notes.open({ call: "cal1", from: "ana", note });
      expect(await orFault(opening), `${one.length} bytes`).toEqual({ fault: "tampered" });
    }
  });
});

describe("the keys that the server gives out", () => {
  test("are of one account's browsers, and of the one that was rung", async () => {
    const { ana, phone, keys } = await people();
    expect((await ana.notes.check(keys, "bia")).owner.account).toBe("bia");
    expect((await ana.notes.check(keys)).keys).toHaveLength(2);
    expect(await orFault(ana.notes.check(keys, "carlo"))).toEqual({ fault: "badKeys" });
    expect(await orFault(ana.notes.check([]))).toEqual({ fault: "noKeys" });
    expect(await orFault(phone.notes.check(keys))).toEqual({ fault: "badKeys" }); // her own
  });

  test("are refused if one of them is of another account or root, not signed by its device, or none", async () => {
    const { ana, keys } = await people();
    const [first, second] = keys as [NoteKey, NoteKey];
    const [carlo, impostor] = await Promise.all([browserOf("carlo"), browserOf("bia")]);
    const guest = await identify(new LastingKeys(), "", "tab", []);
    const pair = await new LastingKeys().noteKey();
    for (const bad of [
      await keyOf(carlo),
      await keyOf(impostor),
      await publicNoteKey(guest, pair),
      { ...second, key: first.key },
      { ...second, signature: first.signature },
      { ...second, credential: first.credential },
      { ...second, credential: "" },
      { ...second, credential: "*" },
      { ...second, credential: `${second.credential}AAAA` },
      { ...second, credential: "A".repeat(3_000) },
      { ...second, key: "" },
      { ...second, signature: "" },
    ]) {
      expect(await orFault(ana.notes.check([first, bad]))).toEqual({ fault: "badKeys" });
      expect(await orFault(ana.notes.check([bad, first]))).toEqual({ fault: "badKeys" });
    }
    expect(await orFault(ana.notes.check(Array(20).fill(first)))).not.toHaveProperty("fault");
    expect(await orFault(ana.notes.check(Array(21).fill(first)))).toEqual({ fault: "badKeys" });
  });

  test("are refused in every byte that is not theirs", async () => {
    const { keys } = await people();
    const [, key] = keys as [NoteKey, NoteKey];
    for (const part of ["credential", "key", "signature"] as const) {
      const bytes = fromBlob(key[part]);
      for (let at = 0; at < bytes.length; at++) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        const checking = checkNoteKeys([{ ...key, [part]: toBlob(changed) }]);
        await expect(checking, `${part}, byte ${at}`).rejects.toEqual(faults("badKeys"));
      }
    }
  });
});

describe("an identity that is another one than before", () => {
  test("gets no note sealed", async () => {
    const { ana, keys } = await people();
    await ana.notes.seal({ call: "cal1", keys, body });
    const another = await keyOf(await browserOf("bia"));
    expect(await orFault(ana.notes.check([another]))).toEqual({ fault: "changed" });
    const sealing = ana.notes.seal({ call: "cal1", keys: [another], body });
    expect(await orFault(sealing)).toEqual({ fault: "changed" });
    expect((await ana.notes.seal({ call: "cal1", keys, body })).note[0]).toBe(1); // it is not remembered
  });

  test("gets none opened", async () => {
    const { ana, phone, keys } = await people();
    await phone.notes.open({ call: "cal1", from: "ana", note: await sealed(ana, keys) });
    const note = await sealed(await browserOf("ana"), keys);
    const opening = phone.notes.open({ call: "cal1", from: "ana", note });
    expect(await orFault(opening)).toEqual({ fault: "changed" });
  });

  test("is not taken for ours, whoever says so", async () => {
    const { phone } = await people();
    const another = await browserOf("bia");
    expect(await orFault(phone.notes.check([await keyOf(another)], "bia"))).toEqual({ fault: "badKeys" });
    const own = fromBlob((await keyOf(phone)).key);
    const note = await sealNote(another.identity, { call: "cal1", from: "bia", to: "bia" }, body, [own]);
    const opening = phone.notes.open({ call: "cal1", from: "bia", note });
    expect(await orFault(opening)).toEqual({ fault: "tampered" });
  });
});

describe("a browser's own key", () => {
  test("cannot be read", async () => {
    const { phone } = await people();
    const pair = await phone.keys.noteKey();
    for (const format of ["pkcs8", "jwk", "raw"] as const)
      await expect(crypto.subtle.exportKey(format, pair.privateKey)).rejects.toThrow();
  });

  test("is published with its device's signature, and not by a device that nobody has signed", async () => {
    const { phone, laptop, keys } = await people();
    expect((await checkNoteKeys(keys)).owner.root).toEqual(phone.identity.self.root);
    const store = new LastingKeys();
    expect(await new Notes(store, await identify(store, "bia", "tab", [])).key()).toBeUndefined();
    expect(await keyOf(laptop)).toEqual(keys[1]); // it is made once
  });

  test("is not published where keys do not last; a note is for others there", async () => {
    const { ana, keys } = await people();
    const memory = new MemoryKeys();
    const private_ = await browserOf("bia", memory as unknown as LastingKeys);
    expect(private_.identity.signed).toBe(true);
    expect(await private_.notes.key()).toBeUndefined();
    const opening = private_.notes.open({ call: "cal1", from: "ana", note: await sealed(ana, keys) });
    expect(await orFault(opening)).toEqual({ fault: "otherBrowsers" });
  });
});

test("a fault of the worker's own is none of a note", async () => {
  await expect(orFault(Promise.reject(new TypeError("no")))).rejects.toThrow(TypeError);
  await expect(orFault(Promise.reject(new NoteError("noKeys")))).resolves.toEqual({ fault: "noKeys" });
});

// RFC 9180, appendix A.1.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode.
describe("HPKE is as in RFC 9180", () => {
  const hex = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));
  const info = hex("4f6465206f6e2061204772656369616e2055726e");
  const skEm = hex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736");
  const enc = hex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
  const skRm = hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
  const pkRm = hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
  const plain = hex("4265617574792069732074727574682c20747275746820626561757479");
  const aad = text("Count-0");
  const ct = hex(
    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
  );

  /** pairOf is a pair as our store has it: with a private half that cannot be read. */
  async function pairOf(secret: Uint8Array, open: Uint8Array<ArrayBuffer>): Promise<CryptoKeyPair> {
    const pkcs8 = concat(hex("302e020100300506032b656e04220420"), secret);
    return {
      privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]),
      publicKey: await crypto.subtle.importKey("raw", open, "X25519", true, []),
    };
  }

  test("to open", async () => {
    const recipientKey = await pairOf(skRm, pkRm);
    expect(new Uint8Array(await suite.open({ recipientKey, enc, info }, ct, aad))).toEqual(plain);
  });

  test("to seal", async () => {
    const recipientPublicKey = await suite.kem.deserializePublicKey(pkRm);
    const ekm = await pairOf(skEm, enc);
    const sealing = await suite.seal({ recipientPublicKey, info, ekm }, plain, aad);
    expect(new Uint8Array(sealing.enc)).toEqual(enc);
    expect(new Uint8Array(sealing.ct)).toEqual(ct);
  });
});

test("a key's id is the first eight bytes of its SHA-256", async () => {
  const id = await noteKeyID(await publicOf(await new LastingKeys().noteKey()));
  expect(id).toHaveLength(8);
  expect(toBlob(await noteKeyID(new Uint8Array(32)))).toBe("Zmh6rfhivXc");
});
