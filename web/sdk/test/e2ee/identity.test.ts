import { describe, expect, test } from "vitest";
import { toBlob } from "../../src/e2ee/bytes.ts";
import { callCode, safetyNumber } from "../../src/e2ee/codes.ts";
import {
  type Credential,
  decodeCredential,
  encodeCredential,
  statement,
  verify,
  verifyCredential,
} from "../../src/e2ee/credential.ts";
import { identify, publicOf } from "../../src/e2ee/identity.ts";
import { type KeyStore, MemoryKeys, makeKey } from "../../src/e2ee/keystore.ts";
import { MLS } from "../../src/e2ee/mls.ts";
import { People } from "../../src/e2ee/people.ts";
import { bindingOf } from "../../src/encryption.ts";
import type { Device } from "../../src/wire.gen.ts";

async function sign(pair: CryptoKeyPair, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
}

/** signed is the credential of a tablet that the phone, which is the root, has signed. */
async function signed(
  account = "ana",
): Promise<{ credential: Credential; phone: CryptoKeyPair; tablet: CryptoKeyPair }> {
  const [phone, tablet] = await Promise.all([makeKey(), makeKey()]);
  const key = await publicOf(tablet);
  const signature = await sign(phone, statement(account, "tablet", key));
  const chain = [{ device: "tablet", key, signature }];
  return { credential: { account, device: "tablet", root: await publicOf(phone), chain }, phone, tablet };
}

function device(id: string, key: Uint8Array, credential?: Credential): Device {
  return {
    device: id,
    name: "",
    createdMs: 0,
    seenMs: 0,
    key: toBlob(key),
    ...(credential === undefined ? {} : { credential: toBlob(encodeCredential(credential)) }),
  };
}

describe("a credential", () => {
  test("is read as it was written, and leads from the root to the leaf's key", async () => {
    const { credential, tablet } = await signed();
    const bytes = encodeCredential(credential);
    expect(decodeCredential(bytes)).toEqual(credential);
    expect(await verifyCredential(bytes, await publicOf(tablet))).toEqual(credential);
  });

  test("is none if a byte of it is missing, added or changed", async () => {
    const { credential, tablet } = await signed();
    const bytes = encodeCredential(credential);
    const key = await publicOf(tablet);
    for (let cut = 0; cut < bytes.length; cut++)
      expect(decodeCredential(bytes.subarray(0, cut))).toBeUndefined();
    expect(decodeCredential(Uint8Array.of(...bytes, 0))).toBeUndefined();
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await verifyCredential(changed, key)).toBeUndefined();
    }
  });

  test("of another leaf's key, device or account is none", async () => {
    const { credential, tablet, phone } = await signed();
    const key = await publicOf(tablet);
    expect(await verifyCredential(encodeCredential(credential), await publicOf(phone))).toBeUndefined();
    expect(await verifyCredential(encodeCredential({ ...credential, device: "other" }), key)).toBeUndefined();
    expect(await verifyCredential(encodeCredential({ ...credential, account: "bia" }), key)).toBeUndefined();
  });

  test("of a guest has no account and no chain", async () => {
    const key = await publicOf(await makeKey());
    const guest = { account: "", device: "tab", root: key, chain: [] };
    expect(await verifyCredential(encodeCredential(guest), key)).toEqual(guest);
    const { credential, tablet } = await signed("");
    expect(await verifyCredential(encodeCredential(credential), await publicOf(tablet))).toBeUndefined();
  });
});

describe("a device", () => {
  function store(pair: CryptoKeyPair): KeyStore {
    const keys = new MemoryKeys();
    return {
      key: async () => pair,
      noteKey: () => keys.noteKey(),
      known: (...of) => keys.known(...of),
      remember: (...of) => keys.remember(...of),
    };
  }

  test("whose key is the account's root needs no signature, in whichever tab", async () => {
    const pair = await makeKey();
    const key = await publicOf(pair);
    const root = device("tab-1", key, { account: "ana", device: "tab-1", root: key, chain: [] });
    const identity = await identify(store(pair), "ana", "tab-2", [root]);
    expect(identity.signed).toBe(true);
    expect(identity.self).toEqual({ account: "ana", device: "tab-2", root: key, chain: [] });
    expect(await verifyCredential(identity.credential, identity.publicKey)).toEqual(identity.self);
  });

  test("that was signed signs its own tabs", async () => {
    const { credential, tablet } = await signed();
    const listed = device("tablet", await publicOf(tablet), credential);
    const identity = await identify(store(tablet), "ana", "tab-7", [listed]);
    expect(identity.self.chain.map((link) => link.device)).toEqual(["tablet", "tab-7"]);
    expect(await verifyCredential(identity.credential, identity.publicKey)).toEqual(identity.self);
  });

  test("that nobody has signed stands for itself alone, whatever the server lists", async () => {
    const pair = await makeKey();
    const key = await publicOf(pair);
    const { credential } = await signed();
    const identity = await identify(store(pair), "ana", "tab-1", [device("tab-1", key, credential)]);
    expect(identity.signed).toBe(false);
    expect(identity.self.root).toEqual(key);
  });

  test("keeps its key for an account; a guest has another each time", async () => {
    const keys = new MemoryKeys();
    const [one, again] = [await identify(keys, "ana", "a", []), await identify(keys, "ana", "b", [])];
    expect(again.publicKey).toEqual(one.publicKey);
    const [guest, other] = [await identify(keys, "", "a", []), await identify(keys, "", "a", [])];
    expect(other.publicKey).not.toEqual(guest.publicKey);
    await expect(crypto.subtle.exportKey("pkcs8", (await keys.key("ana")).privateKey)).rejects.toThrow();
  });

  test("signs what its public key verifies", async () => {
    const identity = await identify(new MemoryKeys(), "ana", "a", []);
    const message = Uint8Array.of(1, 2, 3);
    const signature = new Uint8Array(await identity.sign(message));
    expect(await verify(identity.publicKey, signature, message)).toBe(true);
    expect(await verify(identity.publicKey, signature, Uint8Array.of(1, 2, 4))).toBe(false);
    expect(await verify(new Uint8Array(3), signature, message)).toBe(false);
  });
});

describe("codes", () => {
  test("of a call are thirty digits, others for others", async () => {
    const code = await callCode(new Uint8Array(32));
    expect(code).toMatch(/^(\d{5} ){5}\d{5}$/);
    expect(await callCode(new Uint8Array(32).fill(1))).not.toBe(code);
  });

  test("of two people are the same on both sides, and others for another key", async () => {
    const [ana, bia] = [
      { account: "ana", root: new Uint8Array(32) },
      { account: "bia", root: new Uint8Array(32).fill(1) },
    ];
    const number = await safetyNumber(ana, bia);
    expect(number).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(await safetyNumber(bia, ana)).toBe(number);
    expect(await safetyNumber(ana, { ...bia, root: new Uint8Array(32).fill(2) })).not.toBe(number);
  });
});

test("people are new once, then known, verified when compared, and changed with other keys", async () => {
  const keys = new MemoryKeys();
  const ana = await identify(new MemoryKeys(), "ana", "a", []);
  const people = new People(keys, ana.self);
  const check = async () => true;
  /** meet has Ana see somebody in a group of two. */
  const meet = async (browser: MemoryKeys) => {
    const bia = await identify(browser, "bia", "b", []);
    const group = await new MLS(ana, check).found(new Uint8Array(1));
    const { commit } = await new MLS(bia, check).enterByOwnCommit(await group.groupInfo());
    const members = await people.members(await group.process(commit), new Map());
    return { trust: members.map((member) => member.trust), credential: bia.self };
  };
  const [hers, another] = [new MemoryKeys(), new MemoryKeys()];
  expect((await meet(hers)).trust).toEqual(["self", "new"]);
  const again = await meet(hers);
  expect(again.trust).toEqual(["self", "known"]);
  await people.remember(again.credential, true);
  expect((await meet(hers)).trust).toEqual(["self", "verified"]);
  const changed = await meet(another);
  expect(changed.trust).toEqual(["self", "changed"]);
  await people.remember(changed.credential, false);
  expect((await meet(another)).trust).toEqual(["self", "known"]);
});

test("what is signed of a description has all its fingerprints, in one order, and whose and for whom they are", () => {
  const sdp =
    "v=0\r\na=fingerprint:sha-256 BB:01\r\nm=audio\r\na=fingerprint:SHA-256 aa:02\r\na=fingerprint:sha-256 BB:01\r\n";
  expect(bindingOf("call", 3, "offer", "p1", "p2", sdp)).toBe(
    "pronto dtls 1\ncall\n3\noffer\np1\np2\nsha-256 aa:02\nsha-256 bb:01",
  );
});
