import { beforeEach, describe, expect, test, vi } from "vitest";
import { Account } from "../src/account.ts";
import { toBlob } from "../src/e2ee/bytes.ts";
import type { Command } from "../src/e2ee/messages.ts";
import { orFault } from "../src/e2ee/notes.ts";
import type { Keeper } from "../src/encryption.ts";
import { type CallLogEntry, ProntoError } from "../src/index.ts";
import { client } from "../src/later.ts";
import type { Signalling } from "../src/signalling.ts";
import { Tokens } from "../src/token.ts";
import type { Device, NoteKey } from "../src/wire.gen.ts";
import { type Browser, browserOf, keyOf, LastingKeys } from "./e2ee/browsers.ts";

const recording = new Blob(["hello Bia"], { type: "audio/webm" });
const note = { recording, durationMs: 4_200 };
const entry: CallLogEntry = {
  call: "cal1",
  kind: "voice",
  direction: "incoming",
  outcome: "missed",
  with: [{ user: "ana", name: "Ana" }],
  startedMs: 0,
  durationMs: 0,
  note: true,
};

let kept: Map<string, Uint8Array<ArrayBuffer>>; // what the server has, by its path
let asked: string[]; // of the server, in order
let keys: NoteKey[];
let devices: Device[];
let refusal: ProntoError | undefined; // of keys
/** answer is in the place of what the server answers. */
let answer: ((init: RequestInit) => Promise<Response>) | undefined;
let ana: Browser;
let bia: Browser;

beforeEach(async () => {
  kept = new Map();
  asked = [];
  answer = undefined;
  devices = [];
  refusal = undefined;
  [ana, bia] = await Promise.all([browserOf("ana"), browserOf("bia")]);
  keys = [await keyOf(bia)];
});

/** isFor reads the head of a note as the server does. */
function isFor(sealed: Uint8Array<ArrayBuffer>, key: string | null): boolean {
  const ids = Array.from({ length: sealed[1] ?? 0 }, (_, i) => sealed.subarray(2 + i * 72, 10 + i * 72));
  return ids.some((id) => toBlob(id) === key);
}

async function server(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const { pathname, searchParams } = new URL(String(url));
  const { method = "GET" } = init;
  asked.push(`${method} ${pathname}`);
  expect(init.headers).toMatchObject({ Authorization: "Bearer t" });
  init.signal?.throwIfAborted();
  if (answer !== undefined) return answer(init);
  const here = kept.get(pathname);
  if (method === "GET" && here === undefined)
    return Response.json({ code: "not_found", detail: "there is none" }, { status: 404 });
  if (method === "GET" && here !== undefined && !isFor(here, searchParams.get("key")))
    return Response.json({ code: "otherDevice", detail: "open it in another browser" }, { status: 409 });
  if (method === "GET") return new Response(here);
  if (method === "PUT")
    kept.set(pathname, new Uint8Array(await new Response(init.body ?? null).arrayBuffer()));
  else kept.delete(pathname);
  return new Response(null, { status: 204 });
}

/** keeperOf is a browser's worker, in this thread. */
function keeperOf({ notes }: Browser): Keeper {
  const ask = async (command: Command): Promise<unknown> => {
    if (command.type === "checkNoteKeys") return orFault(notes.check(command.keys, command.to));
    if (command.type === "sealNote") return orFault(notes.seal(command));
    if (command.type === "openNote") return orFault(notes.open(command));
    if (command.type === "noteKey") return notes.key();
    if (command.type === "noteKeyID") return notes.keyID();
    throw new Error(command.type);
  };
  return { identified: async () => undefined, worker: { ask } } as unknown as Keeper;
}

/** accountOf is the account as a browser has it. */
function accountOf(browser: Browser | undefined, state = "online"): Account {
  const request = async (type: string, body: unknown) => {
    if (type === "getNoteKeys" && refusal !== undefined) throw refusal;
    asked.push(type === "setNoteKey" ? `${type} ${JSON.stringify(body)}` : type);
    return type === "getNoteKeys" ? { keys } : { devices };
  };
  const signalling = { state, request, device: "tab" } as unknown as Signalling;
  const keeper = browser && keeperOf(browser);
  const options = { url: "wss://calls.example/v1/ws", tokens: new Tokens("t"), fetch: server };
  return new Account(signalling, options, client, () => keeper);
}

const settled = () => vi.waitFor(() => expect(asked.at(-1)).toMatch("DELETE"));

test("a note is left, opened and deleted, in this order, and the server can read nothing of it", async () => {
  expect(await accountOf(ana).canLeaveNote("cal1", { to: "bia" })).toBe(true);
  await accountOf(ana).leaveNote("cal1", note, { to: "bia" });
  const [sealed] = kept.values();
  expect(Buffer.from(sealed ?? []).includes("hello")).toBe(false);
  const opened = await accountOf(bia).openNote(entry);
  await settled();
  expect(opened).toMatchObject({ durationMs: 4_200, trust: "new" });
  expect(opened.recording.type).toBe("audio/webm");
  expect(await opened.recording.text()).toBe("hello Bia");
  expect(kept.size).toBe(0);
  const path = "/v1/notes/cal1";
  expect(asked).toEqual(["getNoteKeys", "getNoteKeys", `PUT ${path}`, `GET ${path}`, `DELETE ${path}`]);
});

test("none can be left where none is taken, or by a browser that cannot encrypt", async () => {
  keys = [];
  expect(await accountOf(ana).canLeaveNote("cal1")).toBe(false);
  await expect(accountOf(ana).leaveNote("cal1", note)).rejects.toMatchObject({ code: "noNotes" });
  expect(asked).toEqual(["getNoteKeys", "getNoteKeys"]);
  expect(await accountOf(undefined).canLeaveNote("cal1")).toBe(false);
  const leaving = accountOf(undefined).leaveNote("cal1", note);
  await expect(leaving).rejects.toMatchObject({ code: "encryptionNeeded" });
  await expect(accountOf(undefined).openNote(entry)).rejects.toBeInstanceOf(ProntoError);
  expect(asked).toHaveLength(2);
});

test("none can be left to a call that is too long ago; whoever tries is told", async () => {
  refusal = new ProntoError("notFound", "no such call");
  expect(await accountOf(ana).canLeaveNote("cal1")).toBe(false);
  await expect(accountOf(ana).leaveNote("cal1", note)).rejects.toBe(refusal);
  refusal = new ProntoError("offline", "no answer");
  await expect(accountOf(ana).canLeaveNote("cal1")).rejects.toBe(refusal);
});

describe("what is refused says what to do next", () => {
  test("keys of somebody else: nothing is sent", async () => {
    const wrong = accountOf(ana).leaveNote("cal1", note, { to: "carlo" });
    await expect(wrong).rejects.toMatchObject({ code: "tampered", message: expect.stringContaining("tell") });
    await expect(accountOf(ana).canLeaveNote("cal1", { to: "carlo" })).rejects.toMatchObject({
      code: "tampered",
    });
    expect(asked.join()).not.toContain("PUT");
  });

  test("another identity than before, at both sides", async () => {
    await accountOf(ana).leaveNote("cal1", note);
    await accountOf(bia).openNote(entry);
    await settled();
    const [another, impostor] = await Promise.all([browserOf("bia"), browserOf("ana")]);
    await accountOf(impostor).leaveNote("cal1", note);
    const changed = { code: "identityChanged", message: expect.stringContaining("safety number") };
    const account = accountOf(bia);
    await expect(account.openNote(entry)).rejects.toMatchObject(changed);
    expect(kept.size).toBe(1); // it waits
    kept.clear(); // for so long that the server has it no more
    await bia.keys.remember("bia", "ana", { root: impostor.identity.self.root, verified: true });
    expect(await account.openNote(entry)).toMatchObject({ durationMs: 4_200, trust: "verified" });
    await expect(account.openNote(entry)).rejects.toMatchObject({ code: "notFound" });
    keys = [await keyOf(another)];
    await expect(accountOf(ana).leaveNote("cal1", note)).rejects.toMatchObject(changed);
  });

  test("what is too large, or no sound", async () => {
    const large = { ...note, recording: new Blob([new Uint8Array(1 << 20)], { type: "audio/webm" }) };
    await expect(accountOf(ana).leaveNote("cal1", large)).rejects.toMatchObject({ code: "tooLarge" });
    const film = { size: 1 << 30, type: "video/webm", arrayBuffer: () => expect.unreachable("is not read") };
    const leaving = accountOf(ana).leaveNote("cal1", { ...note, recording: film as unknown as Blob });
    await expect(leaving).rejects.toMatchObject({ code: "tooLarge" });
    const page = { ...note, recording: new Blob(["<p>"], { type: "text/html" }) };
    await expect(accountOf(ana).leaveNote("cal1", page)).rejects.toMatchObject({ code: "invalid" });
  });

  test("one that is for another browser, or not of the caller: it is not deleted", async () => {
    keys = [await keyOf(await browserOf("bia"))];
    await accountOf(ana).leaveNote("cal1", note);
    const opening = accountOf(bia).openNote(entry);
    await expect(opening).rejects.toMatchObject({
      code: "otherDevice",
      message: expect.stringContaining("open it in"),
    });
    const noKeys = await browserOf(
      "bia",
      Object.assign(new LastingKeys(), { noteKey: async () => undefined }),
    );
    await expect(accountOf(noKeys).openNote(entry)).rejects.toMatchObject({ code: "otherDevice" });
    expect(asked.filter((one) => one.startsWith("GET"))).toHaveLength(1); // which did not get it
    keys = [await keyOf(bia)];
    await accountOf(await browserOf("carlo")).leaveNote("cal1", note);
    await expect(accountOf(bia).openNote(entry)).rejects.toMatchObject({ code: "tampered" });
    const nobody = { ...entry, with: [] };
    await expect(accountOf(bia).openNote(nobody)).rejects.toMatchObject({ code: "tampered" });
    expect(asked.join()).not.toContain("DELETE");
    expect(kept.size).toBe(1);
  });

  test.each([
    [404, "", "notFound"],
    [409, "noNotes", "noNotes"],
    [409, "notesFull", "notesFull"],
    [409, "inFlight", "conflict"],
    [413, "", "tooLarge"],
    [429, "", "rateLimited"],
    [401, "", "unauthenticated"],
    [403, "", "forbidden"],
  ])("the server's %i %s is %s", async (status, code, wanted) => {
    answer = async () => Response.json({ code, detail: "why, and what next" }, { status });
    const leaving = accountOf(ana).leaveNote("cal1", note);
    await expect(leaving).rejects.toMatchObject({ code: wanted, message: "why, and what next" });
  });
});

test("who leaves too many is told when he may again", async () => {
  answer = async () => new Response("{}", { status: 429, headers: { "Retry-After": "90" } });
  const leaving = accountOf(ana).leaveNote("cal1", note);
  await expect(leaving).rejects.toMatchObject({ code: "rateLimited", retryAfterMs: 90_000 });
});

describe("a network that fails", () => {
  test("is offline, and nothing is deleted", async () => {
    answer = () => Promise.reject(new TypeError("no network"));
    await expect(accountOf(ana).leaveNote("cal1", note)).rejects.toMatchObject({ code: "offline" });
    await expect(accountOf(bia).openNote(entry)).rejects.toMatchObject({ code: "offline" });
    expect(asked.at(-1)).toMatch("GET");
  });

  test("in the middle of a note leaves it to be opened again", async () => {
    await accountOf(ana).leaveNote("cal1", note);
    const [sealed] = kept.values();
    answer = async () => {
      let pulled = 0;
      const pull = (body: ReadableStreamDefaultController): void => {
        if (pulled++ === 0) body.enqueue(sealed?.slice(0, 50));
        else body.error(new TypeError("no network"));
      };
      return new Response(new ReadableStream({ pull }));
    };
    await expect(accountOf(bia).openNote(entry)).rejects.toMatchObject({ code: "offline" });
    // A server between us that closes early makes it short, and not a failure.
    answer = async () => new Response(sealed?.slice(0, 50) ?? null);
    await expect(accountOf(bia).openNote(entry)).rejects.toMatchObject({ code: "tampered" });
    answer = undefined;
    expect(await (await accountOf(bia).openNote(entry)).recording.text()).toBe("hello Bia");
    await settled();
  });

  test("when it comes to deleting leaves a note that was opened", async () => {
    await accountOf(ana).leaveNote("cal1", note);
    const [sealed] = kept.values();
    answer = ({ method }) =>
      method === "DELETE"
        ? Promise.reject(new TypeError("no network"))
        : Promise.resolve(new Response(sealed));
    expect(await (await accountOf(bia).openNote(entry)).recording.text()).toBe("hello Bia");
    await settled();
  });

  test("or a server that sends more than a note ends it", async () => {
    let pulled = 0;
    const pull = (body: ReadableStreamDefaultController): void => {
      body.enqueue(new Uint8Array(65_536));
      pulled++;
    };
    answer = async () => new Response(new ReadableStream({ pull }));
    await expect(accountOf(bia).openNote(entry)).rejects.toMatchObject({ code: "tampered" });
    expect(pulled).toBeLessThan(25);
  });
});

describe("an aborted signal", () => {
  test("ends what was asked with its reason, and deletes nothing", async () => {
    await accountOf(ana).leaveNote("cal1", note);
    const signal = AbortSignal.abort("gone");
    await expect(accountOf(ana).leaveNote("cal1", note, { signal })).rejects.toBe("gone");
    await expect(accountOf(bia).openNote(entry, { signal })).rejects.toBe("gone");
    expect(kept.size).toBe(1);
  });

  test("ends it also while the server or the worker is busy", async () => {
    await accountOf(ana).leaveNote("cal1", note);
    const slow = new AbortController();
    answer = ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        slow.abort("gone");
      });
    await expect(accountOf(bia).openNote(entry, { signal: slow.signal })).rejects.toBe("gone");
    answer = undefined;
    const stuck = new AbortController();
    const worker = {
      ...bia,
      notes: { keyID: () => bia.notes.keyID(), open: () => new Promise(() => stuck.abort("gone")) } as never,
    };
    await expect(accountOf(worker).openNote(entry, { signal: stuck.signal })).rejects.toBe("gone");
    expect(kept.size).toBe(1);
  });
});

describe("a browser's key for notes", () => {
  test("is published when the server asks for it", async () => {
    const key = toBlob(bia.identity.publicKey);
    devices = [{ device: "tab", name: "", createdMs: 0, seenMs: 0, key }];
    await accountOf(bia).publishNoteKey();
    expect(asked).toEqual(["getDevices", `setNoteKey ${JSON.stringify(keys[0])}`]);
  });

  test("is published by a tab that has its device's key from another one", async () => {
    const key = toBlob(bia.identity.publicKey);
    devices = [{ device: "another", name: "", createdMs: 0, seenMs: 0, key }];
    await accountOf(bia).publishNoteKey();
    expect(asked.map((one) => one.split(" ")[0])).toEqual(["getDevices", "setDeviceKey", "setNoteKey"]);
  });

  test("is not where there is none, or the client is closed", async () => {
    const unsigned = { ...bia, notes: { key: async () => undefined } as never };
    await accountOf(unsigned).publishNoteKey();
    expect(asked).toEqual(["getDevices"]);
    await accountOf(bia, "closed").publishNoteKey();
    await accountOf(undefined).publishNoteKey();
    expect(asked).toEqual(["getDevices"]);
  });
});
