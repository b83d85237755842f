import type { KeyFailure } from "../wire.gen.ts";
import { fromBlob, text, toBlob } from "./bytes.ts";
import { type Ask, CallKeys } from "./callkeys.ts";
import { callCode } from "./codes.ts";
import { verify, verifyCredential } from "./credential.ts";
import type { Identity } from "./identity.ts";
import { type Holder, type Holders, Keyring } from "./keyring.ts";
import type { KeyStore } from "./keystore.ts";
import { openLine, sealLine } from "./lines.ts";
import type {
  Expected,
  KeyEvent,
  KeyState,
  MemberState,
  Present,
  StreamCounts,
  StreamOptions,
} from "./messages.ts";
import { MLS } from "./mls.ts";
import type { Fault, Verdict } from "./opener.ts";
import { credentialOf, People } from "./people.ts";
import { type Generations, Sealer } from "./sealer.ts";
import { OpenStream, SealStream, type Transformer } from "./streams.ts";

export interface WorkerCallOptions {
  readonly call: string;
  readonly self: string;
  readonly identity: Identity;
  readonly keys: KeyStore;
  readonly generations: Generations;
  readonly secret: Uint8Array<ArrayBuffer> | undefined;
  readonly ask: Ask;
  state(state: KeyState): void;
  failed(failure: KeyFailure): void;
  opened(): void;
}

const ghostMs = 2_000;
const badTagsInARow = 5;
const usualReplays = 50;
const verifyMs = 20_000;
const lineMs = 5_000; // how long a line waits for its key

/** WorkerCall is one call in the worker: its keys and the streams that they seal and open. */
export class WorkerCall {
  readonly #options: WorkerCallOptions;
  readonly #keyring = new Keyring(() => performance.now());
  readonly #keys: CallKeys;
  readonly #people: People;
  readonly #seals = new Map<number, SealStream>();
  readonly #opens = new Map<number, OpenStream>();
  readonly #expected = new Map<number, Expected | undefined>();
  readonly #waiting = new Set<() => void>(); // for the group to change
  readonly #lines: Sealer;
  #present = new Map<string, string>(); // accounts, by participant
  #isolates = false;
  #members: readonly MemberState[] = [];
  #holders: Holders = new Map();
  #code = "";
  #ghosts = 0;
  #ghostTimer: ReturnType<typeof setTimeout> | undefined;
  #badTags = 0;
  #replays = 0; // since replayedMs
  #replayedMs = Number.NEGATIVE_INFINITY;
  #opened = false;

  constructor(options: WorkerCallOptions) {
    this.#options = options;
    this.#people = new People(options.keys, options.identity.self);
    const check = async (credential: Uint8Array, key: Uint8Array) =>
      (await verifyCredential(credential, key)) !== undefined;
    this.#keys = new CallKeys({
      call: options.call,
      mls: new MLS(options.identity, check, options.secret),
      keyring: this.#keyring,
      ask: options.ask,
      changed: (holders) => void this.#change(holders),
      failed: (failure) => options.failed(failure),
    });
    this.#lines = new Sealer("text", this.#keyring, options.generations, () => this.#keys.sender);
    this.#keys.enter();
  }

  /** take takes one of the server's events about keys. */
  take({ type, body }: KeyEvent): void {
    if (type === "keysWanted") this.#keys.wanted(body);
    else if (type === "keysCommitted") this.#keys.committed(body);
    else if (type === "keysWelcomed") this.#keys.welcomed(body);
    else if (type === "keysSwitch") this.#keys.switched(body);
    else this.#keys.restarted(body.group);
  }

  /** setPresent takes who is in the call, as the server tells. */
  setPresent(present: readonly Present[], isolates: boolean): void {
    this.#present = new Map(present.map(({ participant, account }) => [participant, account]));
    this.#isolates = isolates;
    this.#wake();
    this.#lookForGhosts();
  }

  sync(): void {
    this.#keys.sync();
  }

  /** run seals or opens what passes a transform, until it is gone. */
  async run(options: StreamOptions, transformer: Transformer): Promise<void> {
    const { stream } = options;
    try {
      if (options.way === "seal") {
        const sealer = new Sealer(
          options.source,
          this.#keyring,
          this.#options.generations,
          () => this.#keys.sender,
        );
        const sealing = new SealStream(stream, options.source, sealer);
        this.#seals.set(stream, sealing);
        await sealing.run(transformer);
      } else {
        const opening = new OpenStream({
          stream,
          keyring: this.#keyring,
          expected: this.#expected.get(stream) ?? options.expected,
          judge: (holder) => this.#judge(holder),
          opened: () => this.#hasOpened(),
          faulty: (fault) => this.#faulty(fault),
        });
        this.#opens.set(stream, opening);
        await opening.run(transformer);
      }
    } finally {
      this.#seals.delete(stream);
      this.#opens.delete(stream);
      this.#expected.delete(stream);
    }
  }

  /** expect says whose frames come in by a stream, which may be about to come. */
  expect(stream: number, expected: Expected | undefined): void {
    this.#expected.set(stream, expected);
    this.#opens.get(stream)?.expect(expected);
  }

  /** sealLine seals a line of text for all who have the call's keys; undefined before we have them. */
  async sealLine(line: string): Promise<string | undefined> {
    const sealed = await sealLine(this.#lines, this.#options.call, line);
    return sealed && toBlob(sealed);
  }

  /** openLine opens a line of a participant, as soon as its key is here; undefined if it is not what it says. */
  async openLine(from: string, blob: string): Promise<string | undefined> {
    const giveUpMs = performance.now() + lineMs;
    const judge = (holder: Holder) => this.#judge(holder);
    for (;;) {
      const line = await openLine(this.#keyring, judge, this.#options.call, from, fromBlob(blob));
      if (line !== "wait") return line;
      if (performance.now() >= giveUpMs) return undefined;
      await this.#changes(giveUpMs - performance.now());
    }
  }

  get counts(): StreamCounts[] {
    return [...this.#seals.values(), ...this.#opens.values()].map(({ counts }) => counts);
  }

  /**
   * verify tells whether a participant's device has signed a text, as soon as he
   * has the keys; undefined if he does not get them.
   */
  async verify(from: string, signed: string, signature: string): Promise<boolean | undefined> {
    const giveUpMs = performance.now() + verifyMs;
    while (performance.now() < giveUpMs) {
      const member = credentialOf(this.#keys.group, this.#holders, from);
      if (member !== undefined) {
        if (this.#present.get(from) !== member.credential.account) return false;
        return verify(member.signatureKey, fromBlob(signature), text(signed)).catch(() => false);
      }
      await this.#changes(giveUpMs - performance.now());
    }
    return undefined;
  }

  /** changes waits for another group, or for so long. */
  #changes(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(), waitMs);
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
    });
  }

  /** safetyNumber is the number to compare with a participant. */
  async safetyNumber(participant: string): Promise<string> {
    return this.#people.number(this.#credentialOf(participant));
  }

  /** trust takes a participant's identity for his, and tells the page what has changed by it. */
  async trust(participant: string, verified: boolean): Promise<void> {
    await this.#people.remember(this.#credentialOf(participant), verified);
    await this.#change(this.#holders);
  }

  close(): void {
    clearTimeout(this.#ghostTimer);
    this.#keys.close();
    this.#keyring.forget();
  }

  #credentialOf(participant: string) {
    const member = credentialOf(this.#keys.group, this.#holders, participant);
    if (member === undefined) throw new Error("this participant has not the call's keys");
    return member.credential;
  }

  async #change(holders: Holders): Promise<void> {
    const { group } = this.#keys;
    if (group === undefined) return;
    this.#holders = holders;
    this.#wake();
    const members = await this.#people.members(group, holders);
    const code = await callCode(group.authenticator);
    if (group !== this.#keys.group) return; // there is a newer one
    if (
      members.some(({ trust }) => trust === "changed") &&
      !this.#members.some(({ trust }) => trust === "changed")
    )
      this.#options.failed("identity");
    this.#members = members;
    this.#code = code;
    this.#lookForGhosts();
    this.#tell();
  }

  /** wake looks again at what waited for keys, or for somebody to be there. */
  #wake(): void {
    for (const stream of this.#opens.values()) stream.wake();
    for (const done of [...this.#waiting]) done();
  }

  /** A participant's frames are played as his only if the credential of their key names his account. */
  #judge({ participant, account }: Holder): Verdict {
    const said = this.#present.get(participant);
    if (said === undefined) return "wait";
    return said === account ? "open" : "refuse";
  }

  /** lookForGhosts compares who has the keys with who is in the call. A difference of a moment is usual. */
  #lookForGhosts(): void {
    const ghosts = this.#countGhosts();
    if (ghosts <= this.#ghosts) {
      clearTimeout(this.#ghostTimer);
      this.#ghostTimer = undefined;
      if (ghosts === this.#ghosts) return;
      this.#ghosts = ghosts;
      this.#tell();
      return;
    }
    this.#ghostTimer ??= setTimeout(() => {
      this.#ghostTimer = undefined;
      this.#ghosts = this.#countGhosts();
      if (this.#ghosts > 0) this.#options.failed("ghost");
      this.#tell();
    }, ghostMs);
  }

  #countGhosts(): number {
    return this.#members.filter(({ participant, account, trust }) => {
      if (trust === "self") return false;
      const said = participant === undefined ? undefined : this.#present.get(participant);
      return said === undefined ? !this.#isolates : said !== account;
    }).length;
  }

  #tell(): void {
    const entered = this.#keys.group !== undefined;
    this.#options.state({ entered, members: this.#members, code: this.#code, ghosts: this.#ghosts });
  }

  #hasOpened(): void {
    this.#badTags = 0;
    if (this.#opened) return;
    this.#opened = true;
    this.#options.opened();
  }

  /** The network doubles a frame now and then, and one that was repeated may come late; many in a second are another thing. */
  #isStorm(): boolean {
    const now = performance.now();
    if (now - this.#replayedMs > 1_000) {
      this.#replayedMs = now;
      this.#replays = 0;
    }
    return ++this.#replays > usualReplays;
  }

  #faulty(fault: Fault): void {
    if (this.#keyring.latest < 0) return; // on our way in, nothing can be opened yet
    if (fault === "noKey") {
      this.#options.failed("noKey");
      this.#keys.repair("sync");
    } else if (fault === "badTag") {
      this.#options.failed("badTag");
      if (++this.#badTags >= badTagsInARow) this.#keys.repair("enter");
    } else if (fault === "replayed" && this.#isStorm()) {
      this.#options.failed("replay");
    }
  }
}
