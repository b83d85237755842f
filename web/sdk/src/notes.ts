import type { AccountOptions } from "./account.ts";
import type { Bytes } from "./e2ee/bytes.ts";
import type { NoteBody, NoteTrust, OrFault, OwnNoteKey, SealedNote } from "./e2ee/messages.ts";
import { maxNoteBytes, type NoteFault } from "./e2ee/notefault.ts";
import type { Keeper } from "./encryption.ts";
import type { KeyWorker } from "./keyworker.ts";
import type { Client } from "./later.ts";
import type { ProblemCode, ProntoError } from "./problem.ts";
import type { RequestOptions } from "./requests.ts";
import { deleteNote, fetchNote, sendNote } from "./rest.ts";
import type { Signalling } from "./signalling.ts";
import type { CallLogEntry, NoteKey } from "./wire.gen.ts";

/** Note is what somebody says whose call nobody answered. */
export interface Note {
  /** recording is sound, or sound and picture: its type is audio/… or video/…, as MediaRecorder makes it. */
  readonly recording: Blob;
  /** durationMs is how long it plays, in milliseconds. */
  readonly durationMs: number;
}

/** OpenedNote is one that was left for us. */
export interface OpenedNote extends Note {
  /** trust is how well the identity of who has left it is known here, as in a call. */
  readonly trust: NoteTrust;
}

/** NoteOptions are about whom a note is for. */
export interface NoteOptions extends RequestOptions {
  /** to is the account that we rang, if the page knows it by itself; then a server that names another one is found out. */
  readonly to?: string;
}

/** faults are what a person can do about each. */
const faults: Readonly<Record<NoteFault, readonly [code: ProblemCode, detail: string]>> = {
  noKeys: ["noNotes", "none of the other's browsers takes notes; call again later"],
  badKeys: [
    "tampered",
    "the server's keys for this note are not the other's: send nothing, and tell who runs it",
  ],
  changed: [
    "identityChanged",
    "the other's identity is not the one before; compare the safety number in a call with him, and try again",
  ],
  badRecording: ["invalid", "a note is of the type audio/… or video/…, and has a duration in milliseconds"],
  tooLarge: ["tooLarge", "a note has at most 1 MiB, sealed; record a shorter one"],
  otherBrowsers: [
    "otherDevice",
    "the note was sealed for other browsers of this account, for which it waits; open it in one of those",
  ],
  tampered: ["tampered", "the note is not what the caller sealed for this call; ask him to call again"],
};

/** Notes leaves and opens notes to missed calls, for Account. @internal */
export class Notes {
  readonly #signalling: Signalling;
  readonly #options: AccountOptions;
  readonly #client: Client;
  readonly #keeper: () => Keeper | undefined;
  /** changed are notes that are here, and stay closed until we have accepted their sender's new identity. */
  readonly #changed = new Map<string, Bytes>();

  constructor(
    signalling: Signalling,
    options: AccountOptions,
    client: Client,
    keeper: () => Keeper | undefined,
  ) {
    this.#signalling = signalling;
    this.#options = options;
    this.#client = client;
    this.#keeper = keeper;
  }

  async canLeave(call: string, { to, signal }: NoteOptions = {}): Promise<boolean> {
    if (this.#keeper() === undefined) return false;
    const keys = await this.#keysOf(call, signal).catch((error: unknown) => {
      if (error instanceof this.#client.ProntoError && error.code === "notFound") return []; // no such call, or too late
      throw error;
    });
    if (keys.length === 0) return false;
    await this.#ask<object>({ type: "checkNoteKeys", keys, ...(to === undefined ? {} : { to }) }, signal);
    return true;
  }

  async leave(
    call: string,
    { recording, durationMs }: Note,
    { to, signal }: NoteOptions = {},
  ): Promise<void> {
    this.#here();
    if (recording.size > maxNoteBytes) throw this.#fault("tooLarge");
    const keys = await this.#keysOf(call, signal);
    const body = {
      mime: recording.type,
      durationMs,
      recording: new Uint8Array(await recording.arrayBuffer()),
    };
    const sealNote = { type: "sealNote" as const, call, keys, body, ...(to === undefined ? {} : { to }) };
    const { note } = await this.#ask<SealedNote>(sealNote, signal);
    await sendNote(this.#client, this.#options, call, note, signal);
  }

  async open({ call, with: [caller] }: CallLogEntry, { signal }: RequestOptions = {}): Promise<OpenedNote> {
    const note = this.#changed.get(call) ?? (await this.#fetch(call, signal));
    const openNote = { type: "openNote" as const, call, from: caller?.user ?? "", note };
    const opened = await this.#ask<NoteBody & { trust: NoteTrust }>(openNote, signal).catch((error) => {
      if (error instanceof this.#client.ProntoError && error.code === "identityChanged")
        this.#changed.set(call, note);
      throw error;
    });
    this.#changed.delete(call);
    // What is not deleted now the server deletes soon: the note is here, and is shown.
    deleteNote(this.#client, this.#options, call).catch(() => undefined);
    const { mime, durationMs, recording, trust } = opened;
    return { recording: new Blob([recording], { type: mime }), durationMs, trust };
  }

  /** fetch is a note that this browser can open: what was fetched does not wait for long any more. */
  async #fetch(call: string, signal: AbortSignal | undefined): Promise<Bytes> {
    const keeper = this.#here();
    const asked = keeper
      .identified()
      .then(() => keeper.worker.ask<string | undefined>({ type: "noteKeyID" }));
    const key = await unlessAborted(asked, signal);
    if (key === undefined) throw this.#fault("otherBrowsers");
    return fetchNote(this.#client, this.#options, call, key, signal);
  }

  /** publish makes this browser one that notes are sealed for. */
  async publish(): Promise<void> {
    const keeper = this.#signalling.state === "closed" ? undefined : this.#keeper();
    if (keeper === undefined) return;
    await keeper.identified();
    const { devices } = await this.#signalling.request("getDevices", {});
    const own = await keeper.worker.ask<OwnNoteKey | undefined>({ type: "noteKey", devices });
    if (own === undefined) return;
    const { noteKey, identity } = own;
    const here = devices.find(({ device }) => device === this.#signalling.device);
    // A tab has its browser's key, which may be registered for another tab alone.
    if (here?.key !== identity) await this.#signalling.request("setDeviceKey", { key: identity });
    await this.#signalling.request("setNoteKey", noteKey);
  }

  async #keysOf(call: string, signal: AbortSignal | undefined): Promise<readonly NoteKey[]> {
    return (await this.#signalling.request("getNoteKeys", { call }, { signal })).keys;
  }

  /** ask asks the worker; what it finds wrong with a note is a ProntoError that says what to do. */
  async #ask<Result extends object>(
    question: Parameters<KeyWorker["ask"]>[0],
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const keeper = this.#here();
    signal?.throwIfAborted();
    const answered = keeper.identified().then(() => keeper.worker.ask<OrFault<Result>>(question));
    const answer = await unlessAborted(answered, signal);
    if ("fault" in answer) throw this.#fault(answer.fault);
    return answer;
  }

  #fault(fault: NoteFault): ProntoError {
    return new this.#client.ProntoError(...faults[fault]);
  }

  /** here is the keeper of the worker that seals and opens. */
  #here(): Keeper {
    const keeper = this.#keeper();
    if (keeper !== undefined) return keeper;
    const detail = "notes are encrypted; use a browser that can encrypt calls";
    throw new this.#client.ProntoError("encryptionNeeded", detail);
  }
}

/** unlessAborted waits for no longer than the signal lets it. */
async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
