import { text, toBlob } from "./e2ee/bytes.ts";
import type { KeyEvent, KeyState, MemberState, StreamCounts } from "./e2ee/messages.ts";
import { Emitter } from "./emitter.ts";
import type { Asked, KeyWorker } from "./keyworker.ts";
import { ProntoError } from "./problem.ts";
import { Sealing } from "./sealing.ts";
import type { CallState, KeyFailure, ParticipantID, RequestMap, RequestType, Said } from "./wire.gen.ts";

/**
 * Trust is how well we know the identity of somebody's device.
 * - self: it is this device
 * - guest: he came by a link, and his name is his own word
 * - new: we meet him for the first time on this device
 * - known: it is the identity that he had before
 * - verified: the same, and somebody here has compared the safety number
 * - changed: it is another one than before
 */
export type Trust = MemberState["trust"];

/** EncryptedMember is a device that has the call's keys. */
export interface EncryptedMember {
  /** participant is who that is in the call; absent for a device that nobody in the call owns up to. */
  readonly participant?: string;
  /** account is what the device's credential names; empty for a guest. */
  readonly account: string;
  readonly trust: Trust;
}

/** EncryptionWarning is something that a person should see. */
export type EncryptionWarning =
  /** ghost: somebody has the call's keys and is not among its participants. */
  | { readonly type: "ghost" }
  /** changed: a participant's identity is another one than before. */
  | { readonly type: "changed"; readonly participant: string }
  /** unopened: a participant's sound and picture cannot be opened at the moment; it is being repaired. */
  | { readonly type: "unopened"; readonly participant: string }
  /** fingerprint: somebody between us and the other had put himself into the direct connection, which was closed. */
  | { readonly type: "fingerprint" }
  /** stopped: this browser did not encrypt what it sent, so that it was stopped from sending. */
  | { readonly type: "stopped" };

/** Encryption is where a call's end-to-end encryption stands. */
export interface Encryption {
  /** state: off if the call is not encrypted; connecting until we have its keys, and nothing is sent or played; then on. */
  readonly state: "off" | "connecting" | "on";
  /** code is 30 digits that are the same for all who are in the call, until somebody comes or goes. */
  readonly code?: string;
  readonly members: readonly EncryptedMember[];
  readonly warnings: readonly EncryptionWarning[];
}

/** FrameCounts are what has become of frames, by stream. */
export type FrameCounts = StreamCounts;

/** clearly is the Encryption of a call that has none. */
export const clearly: Encryption = { state: "off", members: [], warnings: [] };

/** Keeper is what an encrypted call needs of the client. @internal */
export interface Keeper {
  readonly worker: KeyWorker;
  /** identified resolves when the worker knows who we are. */
  identified(): Promise<void>;
  request<R extends RequestType>(type: R, body: RequestMap[R]["body"]): Promise<RequestMap[R]["reply"]>;
}

const reportEveryMs = 1_000;

/** CallEncryption is the page's part of one call's encryption; the worker has the keys. @internal */
export class CallEncryption extends Emitter<{ change: undefined; fingerprint: number }> {
  readonly sealing: Sealing;
  readonly #keeper: Keeper;
  readonly #call: string;
  readonly #sinceMs: number;
  readonly #unlisten: () => void;
  readonly #reported = new Map<KeyFailure, number>();
  #keys: KeyState | undefined;
  #present = "";
  #unopened: ReadonlySet<string> = new Set();
  #fingerprint = false;
  #stopped = false;
  #state: CallState;
  #entered = false;
  #closed = false;

  /** secret is that of the call's link; sinceMs is when the person wanted in, by performance.now(). */
  constructor(keeper: Keeper, state: CallState, secret: string | undefined, sinceMs: number) {
    super();
    this.#keeper = keeper;
    this.#call = state.call;
    this.#state = state;
    this.#sinceMs = sinceMs;
    this.sealing = new Sealing(state.call, keeper.worker, {
      leaked: (stopped) => this.#leaked(stopped),
      unopened: (participants) => this.#setUnopened(participants),
    });
    this.#unlisten = keeper.worker.listen(state.call, {
      ask: (asked) => this.#ask(asked),
      state: (keys) => this.#setKeys(keys),
      failed: (failure) => this.#report(failure),
      opened: () => this.#opened(),
    });
    void this.#enter(secret);
  }

  /** now is the encryption's state. */
  get now(): Encryption {
    const keys = this.#keys;
    if (keys === undefined || !keys.entered)
      return { state: "connecting", members: [], warnings: this.#warnings() };
    const members = keys.members.map(({ participant, account, trust }) => ({
      ...(participant === undefined ? {} : { participant }),
      account,
      trust,
    }));
    return { state: "on", code: keys.code, members, warnings: this.#warnings() };
  }

  /** update follows the call's state. */
  update(state: CallState): void {
    this.#state = state;
    const present = presentIn(state);
    const known = JSON.stringify([present, state.isolates]);
    if (!this.#entered || known === this.#present) return;
    this.#present = known;
    this.#keeper.worker.tell({
      type: "present",
      call: this.#call,
      present,
      isolates: state.isolates === true,
    });
  }

  /** take takes an event about the call's keys. */
  take(event: KeyEvent): void {
    this.#keeper.worker.tell({ type: "event", call: this.#call, event });
  }

  /** back is told when the server can be reached again: commits may have been missed. */
  back(): void {
    if (this.#entered) this.#keeper.worker.tell({ type: "sync", call: this.#call });
  }

  /** bind signs the DTLS fingerprints of a description for the other participant. */
  async bind(generation: number, type: string, sdp: string, to: ParticipantID): Promise<string> {
    await this.#keeper.identified();
    const bound = bindingOf(this.#call, generation, type, this.#state.self, to, sdp);
    return this.#keeper.worker.ask({ type: "sign", text: bound });
  }

  /** check checks what bind made; it tells of a fingerprint that is not the one that was signed. */
  async check(
    generation: number,
    type: string,
    sdp: string,
    from: ParticipantID,
    signature: string | undefined,
  ): Promise<void> {
    await this.#keeper.identified();
    const bound = bindingOf(this.#call, generation, type, from, this.#state.self, sdp);
    const good =
      signature === undefined
        ? false
        : await this.#keeper.worker.ask<boolean | undefined>({
            type: "verify",
            call: this.#call,
            from,
            text: bound,
            signature,
          });
    if (good !== false || this.#closed) return;
    this.#fingerprint = true;
    this.#report("fingerprint");
    this.emit("fingerprint", generation);
    this.emit("change", undefined);
  }

  /** say sends a line of text to all others. */
  async say(line: string): Promise<void> {
    const body = await this.#keeper.worker.ask<string | undefined>({
      type: "sealLine",
      call: this.#call,
      line,
    });
    if (body === undefined) throw new ProntoError("notYet", "the call's keys are not here yet");
    await this.#keeper.request("say", { call: this.#call, body });
  }

  /** hear opens a line of text; undefined if it is not of who the server says. */
  hear({ from, body: sealed }: Said): Promise<string | undefined> {
    return this.#keeper.worker.ask({ type: "openLine", call: this.#call, from, sealed });
  }

  /** safetyNumber is what to compare with a participant. */
  safetyNumber(participant: string): Promise<string> {
    return this.#keeper.worker.ask({ type: "safetyNumber", call: this.#call, participant });
  }

  /** trust takes a participant's present identity for his. */
  async trust(participant: string, verified: boolean): Promise<void> {
    await this.#keeper.worker.ask({ type: "trust", call: this.#call, participant, verified });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.sealing.close();
    this.#unlisten();
    this.#keeper.worker.tell({ type: "leave", call: this.#call });
  }

  async #enter(secret: string | undefined): Promise<void> {
    let key: string | undefined;
    try {
      await this.#keeper.identified();
      key = secret === undefined ? undefined : await linkKey(secret);
    } catch {
      return; // without an identity there are no keys: nothing is sent, and the state says connecting
    }
    if (this.#closed) return;
    this.#entered = true;
    this.#keeper.worker.tell({
      type: "enter",
      call: this.#call,
      self: this.#state.self,
      present: presentIn(this.#state),
      isolates: this.#state.isolates === true,
      ...(key === undefined ? {} : { secret: key }),
    });
  }

  #ask({ request, body }: Asked): Promise<unknown> {
    return this.#keeper.request(request, { ...body, call: this.#call } as RequestMap[typeof request]["body"]);
  }

  #setKeys(keys: KeyState): void {
    this.#keys = keys;
    this.emit("change", undefined);
  }

  #leaked(stopped: boolean): void {
    this.#report("clear");
    this.#stopped ||= stopped;
    this.emit("change", undefined);
  }

  #setUnopened(participants: ReadonlySet<string>): void {
    const same =
      participants.size === this.#unopened.size && [...participants].every((p) => this.#unopened.has(p));
    this.#unopened = participants;
    if (!same) this.emit("change", undefined);
  }

  #warnings(): EncryptionWarning[] {
    const inCall = new Set(this.#state.participants.map(({ participant }) => participant));
    const changed = (this.#keys?.members ?? []).filter(({ trust }) => trust === "changed");
    return [
      ...(this.#stopped ? [{ type: "stopped" as const }] : []),
      ...(this.#fingerprint ? [{ type: "fingerprint" as const }] : []),
      ...((this.#keys?.ghosts ?? 0) > 0 ? [{ type: "ghost" as const }] : []),
      ...changed.flatMap(({ participant }) =>
        participant === undefined ? [] : [{ type: "changed" as const, participant }],
      ),
      ...[...this.#unopened]
        .filter((participant) => inCall.has(participant))
        .map((participant) => ({ type: "unopened" as const, participant })),
    ];
  }

  /** report counts a failure, as often as the server wants to hear of it. */
  #report(failure: KeyFailure): void {
    const now = performance.now();
    if (now - (this.#reported.get(failure) ?? Number.NEGATIVE_INFINITY) < reportEveryMs || this.#closed)
      return;
    this.#reported.set(failure, now);
    this.#keeper.request("reportKeys", { call: this.#call, failure }).catch(() => undefined);
  }

  #opened(): void {
    const afterMs = Math.min(600_000, Math.max(0, Math.round(performance.now() - this.#sinceMs)));
    this.#keeper.request("firstOpened", { call: this.#call, afterMs }).catch(() => undefined);
  }
}

/** linkKey is the key that a link's secret stands for: whoever enters must know it (RFC 5869). */
async function linkKey(secret: string): Promise<string> {
  const bytes = text(secret);
  const base = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: text("pronto link 1") };
  return toBlob(new Uint8Array(await crypto.subtle.deriveBits(hkdf, base, 256)));
}

function presentIn(state: CallState): { participant: ParticipantID; account: string }[] {
  return state.participants.map(({ participant, user = "" }) => ({ participant, account: user }));
}

/** bindingOf is what is signed of a description: all its fingerprints, and whose and for whom they are. */
export function bindingOf(
  call: string,
  generation: number,
  type: string,
  from: string,
  to: string,
  sdp: string,
): string {
  const found = [...sdp.matchAll(/^a=fingerprint:(\S+) (\S+)/gm)].map(([, algorithm, value]) =>
    `${algorithm} ${value}`.toLowerCase(),
  );
  const fingerprints = [...new Set(found)].sort();
  return ["pronto dtls 1", call, generation, type, from, to, ...fingerprints].join("\n");
}
