import type {
  KeyFailure,
  KeyHolder,
  Keys,
  KeysAccepted,
  KeysCommitted,
  KeysLog,
  KeysSwitch,
  KeysWanted,
  KeysWelcomed,
  RequestMap,
} from "../wire.gen.ts";
import { equal, fromBlob, text, toBlob } from "./bytes.ts";
import { decodeCredential } from "./credential.ts";
import type { Holder, Holders, Keyring } from "./keyring.ts";
import { maxLeaf } from "./kid.ts";
import { BadKeys, type Committed, type Group, type MLS, type OwnKeyPackage } from "./mls.ts";
import type { Sender } from "./sealer.ts";

/** KeyRequests are the requests of the key agreement. */
export type KeyRequests = Pick<
  RequestMap,
  "enterKeys" | "foundKeys" | "commitKeys" | "keysReady" | "syncKeys"
>;

/** Ask asks the server. It rejects with an object that has the problem's code. */
export type Ask = <R extends keyof KeyRequests>(
  type: R,
  body: Omit<KeyRequests[R]["body"], "call">,
) => Promise<KeyRequests[R]["reply"]>;

export interface CallKeysOptions {
  readonly call: string;
  readonly mls: MLS;
  readonly keyring: Keyring;
  readonly ask: Ask;
  /** changed is told when the group is another one, with who holds which leaf. */
  changed(holders: Holders): void;
  /** failed is told of what went wrong, for the metrics; it is being repaired. */
  failed(failure: KeyFailure): void;
}

const welcomeMs = 2_000;
const switchMs = 1_000;
const renewMs = 15 * 60_000;
const retryMs = 700;
const repairMs = 1_000;
const maxTries = 5;

/**
 * CallKeys keeps one device in a call's group of keys: it enters, commits when
 * it is asked to, follows the others' commits, and mends what has gone wrong.
 * It does one thing after the other.
 */
export class CallKeys {
  readonly #options: CallKeysOptions;
  #group: Group | undefined;
  #number = 0; // of the group, among the call's groups
  #first = 0;
  #mine: OwnKeyPackage | undefined; // with which we wait to be let in
  #sender: Sender | undefined;
  #next: Sender | undefined; // from the switch on
  #tries = 0; // to enter, in a row
  #repairedMs = Number.NEGATIVE_INFINITY;
  #queue: Promise<void> = Promise.resolve();
  #welcome: ReturnType<typeof setTimeout> | undefined;
  #switch: ReturnType<typeof setTimeout> | undefined;
  #renew: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: CallKeysOptions) {
    this.#options = options;
  }

  /** group is the group that we are in. */
  get group(): Group | undefined {
    return this.#group;
  }

  /** sender is as whom our frames are sealed now. */
  get sender(): Sender | undefined {
    return this.#sender;
  }

  /** frameEpoch is the number by which frames name the group's epoch. */
  get frameEpoch(): number {
    return this.#first + (this.#group?.epoch ?? 0);
  }

  /** enter enters the call's group, or founds it. */
  enter(): void {
    this.#inTurn(() => this.#enter());
  }

  /** wanted commits what the server asks for. */
  wanted(wanted: KeysWanted): void {
    this.#inTurn(async () => {
      if (wanted.group !== this.#number || wanted.epoch !== this.#group?.epoch) return;
      const add = wanted.add.map(({ keyPackage }) => fromBlob(keyPackage));
      if (add.length > 0 || wanted.remove.length > 0) await this.#commit(add, wanted.remove);
    });
  }

  /** committed follows a commit. */
  committed(committed: KeysCommitted): void {
    this.#inTurn(() => this.#follow(committed));
  }

  /** welcomed enters by a Welcome. */
  welcomed(welcomed: KeysWelcomed): void {
    this.#inTurn(() => this.#welcomed(welcomed));
  }

  /** restarted enters the group that takes the place of ours. */
  restarted(group: number): void {
    this.#inTurn(async () => {
      if (group !== this.#number) await this.#enter();
    });
  }

  /** switched seals with the newest keys from now on. */
  switched({ group, epoch }: KeysSwitch): void {
    this.#inTurn(async () => {
      if (group === this.#number && epoch === this.#group?.epoch) this.#switchNow();
    });
  }

  /** sync gets what was missed. */
  sync(): void {
    this.#inTurn(() => {
      if (this.#mine !== undefined) return this.#knock(this.#mine); // we are on the way in
      return this.#group === undefined ? this.#enter() : this.#sync();
    });
  }

  /**
   * repair is called for frames that cannot be opened: commits were missed, or
   * the group has split and must be entered again. It does so once a second at most.
   */
  repair(how: "sync" | "enter"): void {
    const now = performance.now();
    if (now - this.#repairedMs < repairMs) return;
    this.#repairedMs = now;
    this.#inTurn(async () => {
      if (this.#group === undefined) return; // we are on the way in
      if (how === "enter") await this.#enter();
      else await this.#sync();
    });
  }

  /** settled resolves when all that was asked for so far is done. */
  settled(): Promise<void> {
    return this.#queue;
  }

  close(): void {
    this.#closed = true;
    for (const timer of [this.#welcome, this.#switch, this.#renew]) clearTimeout(timer);
    this.#sender = undefined;
  }

  async #enter(): Promise<void> {
    clearTimeout(this.#welcome);
    this.#mine = await this.#options.mls.keyPackage();
    await this.#knock(this.#mine);
  }

  /** knock says that we wait, with a key package that somebody may be about to let us in with. */
  async #knock({ message }: OwnKeyPackage): Promise<void> {
    const keys = await this.#options.ask("enterKeys", { keyPackage: toBlob(message) });
    if (keys.group === 0) await this.#found(1);
    else this.#enterLater(welcomeMs);
  }

  /** Nobody may be there to let us in: after a while we do it ourselves. */
  #enterLater(waitMs: number): void {
    clearTimeout(this.#welcome);
    this.#welcome = setTimeout(() => this.#inTurn(() => this.#enterByOwnCommit()), waitMs);
  }

  /** backOffMs is short at first. Who cannot get in at all must not make all others change their keys every second. */
  #backOffMs(): number {
    const times = 2 ** Math.min(5, Math.max(0, this.#tries - maxTries));
    return retryMs * times * (0.5 + Math.random());
  }

  async #found(number: number): Promise<void> {
    const group = await this.#options.mls.found(groupID(this.#options.call, number));
    const groupInfo = toBlob(await group.groupInfo());
    try {
      const accepted = await this.#options.ask("foundKeys", { group: number, groupInfo });
      await this.#adopt(group, number, accepted.first, accepted.holders);
    } catch (error) {
      if (codeOf(error) !== "stale") throw error;
      this.#tries++;
      this.#enterLater(0); // somebody was first
    }
  }

  async #enterByOwnCommit(): Promise<void> {
    const mine = this.#mine;
    if (mine === undefined) return; // welcomed meanwhile
    const keys = await this.#options.ask("enterKeys", { keyPackage: toBlob(mine.message) });
    if (keys.group === 0) {
      await this.#found(1);
      return;
    }
    try {
      const committed = await this.#ownCommit(keys);
      await this.#send(keys.group, keys.epoch, committed);
    } catch (error) {
      this.#tries++;
      const stale = codeOf(error) === "stale";
      if (!stale && !(error instanceof BadKeys)) throw error;
      if (!stale) this.#options.failed("welcome");
      if (!stale && this.#tries % maxTries === 0) await this.#found(keys.group + 1);
      else this.#enterLater(this.#backOffMs());
    }
  }

  async #ownCommit(keys: Keys): Promise<Committed> {
    const committed = await this.#options.mls.enterByOwnCommit(fromBlob(keys.groupInfo));
    if (!equal(committed.next.id, groupID(this.#options.call, keys.group)))
      throw new BadKeys("the group is another call's");
    return committed;
  }

  async #welcomed(welcomed: KeysWelcomed): Promise<void> {
    const mine = this.#mine;
    if (mine === undefined) return;
    try {
      const group = await this.#options.mls.enter(
        fromBlob(welcomed.welcome),
        fromBlob(welcomed.groupInfo),
        mine,
      );
      if (!equal(group.id, groupID(this.#options.call, welcomed.group)) || group.epoch !== welcomed.epoch)
        throw new BadKeys("the group is another one");
      await this.#adopt(group, welcomed.group, welcomed.first, welcomed.holders);
    } catch (error) {
      if (!(error instanceof BadKeys)) throw error;
      this.#options.failed("welcome");
      this.#tries++;
      this.#enterLater(this.#tries === 1 ? 0 : this.#backOffMs());
    }
  }

  async #commit(add: readonly Uint8Array[], remove: readonly number[]): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    try {
      const committed = await make(group, add, remove).catch(async (error) => {
        if (!(error instanceof BadKeys) || add.length === 0) throw error;
        const good = await this.#admissible(group, add, remove);
        return good.length === 0 && remove.length === 0 ? undefined : make(group, good, remove);
      });
      if (committed !== undefined) await this.#send(this.#number, group.epoch, committed);
    } catch (error) {
      if (error instanceof BadKeys) this.#options.failed("commit");
      else if (codeOf(error) !== "stale") throw error; // stale: the winner's commit follows
    }
  }

  /** admissible are the applicants whose key package is good and whose device is not in the group already. */
  async #admissible(
    group: Group,
    add: readonly Uint8Array[],
    remove: readonly number[],
  ): Promise<Uint8Array[]> {
    const good: Uint8Array[] = [];
    for (const keyPackage of add) {
      try {
        await make(group, [...good, keyPackage], remove);
        good.push(keyPackage);
      } catch (error) {
        if (!(error instanceof BadKeys)) throw error;
        this.#options.failed("identity");
      }
    }
    return good;
  }

  async #send(number: number, epoch: number, { commit, welcome, groupInfo, next }: Committed): Promise<void> {
    const accepted: KeysAccepted = await this.#options.ask("commitKeys", {
      group: number,
      epoch,
      commit: toBlob(commit),
      ...(welcome === undefined ? {} : { welcome: toBlob(welcome) }),
      groupInfo: toBlob(groupInfo),
    });
    await this.#adopt(next, number, accepted.first, accepted.holders);
  }

  async #follow({ group: number, epoch, commit, holders }: KeysCommitted): Promise<void> {
    const group = this.#group;
    if (group === undefined || number !== this.#number || epoch <= group.epoch) return;
    if (this.#mine !== undefined) return; // we are about to enter anew, and this may be what removes our old leaf
    if (epoch > group.epoch + 1) {
      await this.#sync();
      return;
    }
    try {
      const next = await group.process(fromBlob(commit));
      if (next.removed) await this.#enter();
      else await this.#adopt(next, number, this.#first, holders);
    } catch (error) {
      if (!(error instanceof BadKeys)) throw error;
      this.#options.failed("commit");
      await this.#enter();
    }
  }

  async #sync(): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    const log: KeysLog = await this.#options.ask("syncKeys", { group: this.#number, epoch: group.epoch });
    if (log.group === this.#number && log.epoch === group.epoch) {
      this.#ready();
      return;
    }
    if (log.group !== this.#number || log.commits[0]?.epoch !== group.epoch + 1) {
      await this.#enter();
      return;
    }
    for (const committed of log.commits) await this.#follow(committed);
  }

  /** adopt makes a group the one we are in: first its keys are there to open with, later to seal with. */
  async #adopt(group: Group, number: number, first: number, holders: readonly KeyHolder[]): Promise<void> {
    if (group.leaf > maxLeaf) throw new BadKeys("there are more members than frames can name");
    if (hasTwins(group)) throw new BadKeys("a device is in the group twice");
    clearTimeout(this.#welcome);
    this.#mine = undefined;
    this.#tries = 0;
    this.#group = group;
    this.#number = number;
    this.#first = first;
    const epoch = this.frameEpoch;
    const held = heldBy(group, holders);
    await this.#options.keyring.install(epoch, await group.baseKey(), held);
    this.#next = { epoch, leaf: group.leaf };
    clearTimeout(this.#switch);
    if (this.#sender === undefined || group.members.length === 1) this.#switchNow();
    else this.#switch = setTimeout(() => this.#switchNow(), switchMs);
    clearTimeout(this.#renew);
    this.#renew = setTimeout(
      () => this.#inTurn(() => this.#commit([], [])),
      renewMs * (1 + Math.random() / 10),
    );
    this.#options.changed(held);
    this.#ready();
  }

  /** ready says that we can open what is sealed now. Unheard, it is said again when the server is back. */
  #ready(): void {
    const epoch = this.#group?.epoch ?? 0;
    void this.#options.ask("keysReady", { group: this.#number, epoch }).catch(() => undefined);
  }

  #switchNow(): void {
    clearTimeout(this.#switch);
    if (!this.#closed) this.#sender = this.#next;
  }

  #inTurn(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return;
      try {
        await work();
      } catch (error) {
        await this.#again(error);
      }
    });
  }

  /** What the server refused, or did not hear, is tried again while the call lasts. */
  async #again(error: unknown): Promise<void> {
    if (error instanceof BadKeys) this.#options.failed("commit");
    const code = codeOf(error);
    if (this.#closed || code === "notFound" || code === "callEnded" || code === "closed") return;
    if (this.#mine !== undefined || this.#group === undefined || error instanceof BadKeys) {
      this.#mine ??= await this.#options.mls.keyPackage();
      this.#enterLater(this.#backOffMs());
    }
  }
}

/** groupID is MLS's id of a call's group. */
export function groupID(call: string, number: number): Uint8Array<ArrayBuffer> {
  return text(`${call}/${number}`);
}

/** heldBy joins the server's word on who holds a leaf with the leaf's own. */
function heldBy(group: Group, holders: readonly KeyHolder[]): Holders {
  const held = new Map<number, Holder>();
  for (const { leaf, credential } of group.members) {
    const participant = holders.find((one) => one.leaf === leaf)?.participant;
    const account = decodeCredential(credential)?.account;
    if (participant !== undefined && account !== undefined) held.set(leaf, { participant, account });
  }
  return held;
}

async function make(group: Group, add: readonly Uint8Array[], remove: readonly number[]): Promise<Committed> {
  const committed = await group.commit({ add, remove });
  if (hasTwins(committed.next)) throw new BadKeys("a device would be in the group twice");
  return committed;
}

/** hasTwins tells whether a device has two leaves. */
function hasTwins(group: Group): boolean {
  const devices = group.members.map(({ credential }) => {
    const { account, device } = decodeCredential(credential) ?? {};
    return JSON.stringify([account, device]);
  });
  return new Set(devices).size < devices.length;
}

function codeOf(error: unknown): unknown {
  return error instanceof Object && "code" in error ? error.code : undefined;
}
