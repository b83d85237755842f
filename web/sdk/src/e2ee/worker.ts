import type { Device } from "../wire.gen.ts";
import { fromBlob, text, toBlob } from "./bytes.ts";
import type { Ask } from "./callkeys.ts";
import { statement } from "./credential.ts";
import { type Identity, identify } from "./identity.ts";
import { type KeyStore, MemoryKeys, openKeys } from "./keystore.ts";
import type { Command, Identified, OwnNoteKey, Report, StreamOptions } from "./messages.ts";
import { Notes, orFault } from "./notes.ts";
import { Generations } from "./sealer.ts";
import type { Transformer } from "./streams.ts";
import { WorkerCall } from "./workercall.ts";

// The worker: all keys, all counters and every frame are here, and none of them
// is ever on the page's thread.

/** Scope is what the worker needs of its global scope. */
interface Scope {
  onmessage: ((event: MessageEvent<Command>) => void) | null;
  onrtctransform: ((event: { readonly transformer: Transformer }) => void) | null;
  postMessage(report: Report): void;
}

const scope = globalThis as unknown as Scope;
const generations = new Generations();
const calls = new Map<string, WorkerCall>();
const early = new Map<string, ((call: WorkerCall) => void)[]>(); // for calls that are not here yet
const asked = new Map<number, { resolve(body: never): void; reject(error: unknown): void }>();
let keys: KeyStore = new MemoryKeys();
const opened = openKeys().then((store) => {
  keys = store;
});
let identity: Identity | undefined;
let asks = 0;

scope.onrtctransform = ({ transformer }) => {
  // Before its call is here nothing is read: so nothing leaves, and nothing is played.
  const options = transformer.options as StreamOptions;
  whenHere(options.call, (call) => void call.run(options, transformer).catch(() => undefined));
};

scope.onmessage = ({ data }) => {
  if ("id" in data && data.type !== "answer" && data.type !== "refusal") {
    const { id } = data;
    answer(data).then(
      (result) => scope.postMessage({ type: "done", id, result }),
      (error) => scope.postMessage({ type: "error", id, message: String(error) }),
    );
  } else {
    take(data);
  }
};

/** whenHere does something with a call, as soon as it is here: the page is quicker than our identity. */
function whenHere(id: string, work: (call: WorkerCall) => void): void {
  const call = calls.get(id);
  if (call !== undefined) work(call);
  else early.set(id, [...(early.get(id) ?? []), work]);
}

/** answer does what the page waits for. */
async function answer(command: Command): Promise<unknown> {
  switch (command.type) {
    case "identify":
      return introduce(command);
    case "counts":
      return calls.get(command.call)?.counts ?? [];
    case "sealLine":
      return callOf(command.call).sealLine(command.line);
    case "openLine":
      return callOf(command.call).openLine(command.from, command.sealed);
    case "sign":
      return toBlob(await self().sign(text(command.text)));
    case "verify":
      return callOf(command.call).verify(command.from, command.text, command.signature);
    case "signDevice":
      return toBlob(await self().sign(statement(command.account, command.device, fromBlob(command.key))));
    case "safetyNumber":
      return callOf(command.call).safetyNumber(command.participant);
    case "trust":
      return callOf(command.call).trust(command.participant, command.verified);
    case "noteKey":
      return noteKey(command.devices);
    case "noteKeyID":
      return notes().keyID();
    case "checkNoteKeys":
      return orFault(notes().check(command.keys, command.to));
    case "sealNote":
      return orFault(notes().seal(command));
    case "openNote":
      return orFault(notes().open(command));
    default:
      throw new Error(`${command.type} is not answered`);
  }
}

function take(command: Command): void {
  switch (command.type) {
    case "enter": {
      const { call, present, isolates, secret } = command;
      calls.get(call)?.close();
      const one = makeCall(call, command.self, secret === undefined ? undefined : fromBlob(secret));
      calls.set(call, one);
      one.setPresent(present, isolates);
      for (const work of early.get(call) ?? []) work(one);
      early.delete(call);
      break;
    }
    case "present":
      calls.get(command.call)?.setPresent(command.present, command.isolates);
      break;
    case "event":
      calls.get(command.call)?.take(command.event);
      break;
    case "sync":
      calls.get(command.call)?.sync();
      break;
    case "expect":
      whenHere(command.call, (call) => call.expect(command.stream, command.expected));
      break;
    case "leave":
      calls.get(command.call)?.close();
      calls.delete(command.call);
      early.delete(command.call);
      break;
    case "answer":
      asked.get(command.id)?.resolve(command.body as never);
      asked.delete(command.id);
      break;
    case "refusal":
      asked.get(command.id)?.reject(Object.assign(new Error(command.code), { code: command.code }));
      asked.delete(command.id);
      break;
  }
}

async function introduce({
  account,
  device,
  devices,
}: Pick<Extract<Command, { type: "identify" }>, "account" | "device" | "devices">): Promise<Identified> {
  await opened;
  try {
    identity = await identify(keys, account, device, devices);
  } catch {
    keys = new MemoryKeys(); // a browser that gives a database, and keeps no keys in it
    identity = await identify(keys, account, device, devices);
  }
  return { key: toBlob(identity.publicKey), signed: identity.signed };
}

/** noteKey is this browser's key for notes, which it has as soon as another device has signed it. */
async function noteKey(devices: readonly Device[]): Promise<OwnNoteKey | undefined> {
  const { signed, self: own } = self();
  if (!signed) await introduce({ account: own.account, device: own.device, devices });
  return notes().key();
}

function notes(): Notes {
  return new Notes(keys, self());
}

function makeCall(call: string, own: string, secret: Uint8Array<ArrayBuffer> | undefined): WorkerCall {
  return new WorkerCall({
    call,
    self: own,
    identity: self(),
    keys,
    generations,
    secret,
    ask: ((request, body) =>
      new Promise((resolve, reject) => {
        const id = ++asks;
        asked.set(id, { resolve, reject });
        scope.postMessage({ type: "ask", id, call, request, body });
      })) as Ask,
    state: (state) => scope.postMessage({ type: "state", call, state }),
    failed: (failure) => scope.postMessage({ type: "failed", call, failure }),
    opened: () => scope.postMessage({ type: "opened", call }),
  });
}

function self(): Identity {
  if (identity === undefined) throw new Error("this device has no identity yet");
  return identity;
}

function callOf(call: string): WorkerCall {
  const one = calls.get(call);
  if (one === undefined) throw new Error("there is no such call");
  return one;
}
