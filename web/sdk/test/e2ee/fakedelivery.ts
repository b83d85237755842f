import { fromBlob } from "../../src/e2ee/bytes.ts";
import { type Ask, CallKeys, type KeyRequests } from "../../src/e2ee/callkeys.ts";
import { verifyCredential } from "../../src/e2ee/credential.ts";
import { type Identity, identify } from "../../src/e2ee/identity.ts";
import { Keyring } from "../../src/e2ee/keyring.ts";
import { MemoryKeys } from "../../src/e2ee/keystore.ts";
import { MLS } from "../../src/e2ee/mls.ts";
import type { KeyFailure, KeyHolder, KeysCommitted, Participant } from "../../src/wire.gen.ts";

type ParticipantID = Participant["participant"];

/** refusal is what the page makes of a problem. */
function refusal(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Device is one device in a fake call. */
export interface Device {
  readonly participant: ParticipantID;
  readonly identity: Identity;
  readonly keys: CallKeys;
  readonly keyring: Keyring;
  readonly failures: KeyFailure[];
  /** sealed are the epochs that it sealed with, whenever keys of another came. */
  readonly sealed: (number | undefined)[];
}

/**
 * FakeDelivery orders the messages of one call as the server does: the first
 * commit of an epoch is taken. deaf are those whom no event reaches.
 */
export class FakeDelivery {
  readonly call = "call-1";
  readonly devices = new Map<ParticipantID, Device>();
  readonly deaf = new Set<ParticipantID>();
  readonly ready: string[] = [];
  /** knocks are the key packages that devices have asked to be let in with, while there was a group. */
  readonly knocks: string[] = [];
  log: KeysCommitted[] = [];
  group = 0;
  first = 0;
  epoch = 0;
  groupInfo = "";
  holders: KeyHolder[] = [];
  /** tamper changes a commit on its way. */
  tamper = (commit: string): string => commit;
  readonly #waiting = new Map<ParticipantID, string>();
  /** #admitted are the key packages that devices were let in with. Who asks with it again has not got his Welcome, and comes by his own commit. */
  readonly #admitted = new Map<ParticipantID, string>();

  /** join puts a device into the call; it does not enter the group yet. */
  async join(participant: string, account = participant, psk?: Uint8Array<ArrayBuffer>): Promise<Device> {
    const keyring = new Keyring(() => performance.now());
    const failures: KeyFailure[] = [];
    const sealed: (number | undefined)[] = [];
    const identity = await identify(new MemoryKeys(), account, `device-${participant}`, []);
    const check = async (credential: Uint8Array, key: Uint8Array) =>
      (await verifyCredential(credential, key)) !== undefined;
    const keys = new CallKeys({
      call: this.call,
      mls: new MLS(identity, check, psk),
      keyring,
      ask: ((type, body) => this.#answer(participant, type, body)) as Ask,
      changed: () => sealed.push(keys.sender?.epoch),
      failed: (failure) => failures.push(failure),
    });
    const device = { participant, identity, keys, keyring, failures, sealed };
    this.devices.set(participant, device);
    return device;
  }

  /** want asks the member with the lowest leaf for what is to be done. */
  want(remove: readonly number[] = []): void {
    const committer = this.holders
      .filter(({ participant, leaf }) => !this.deaf.has(participant) && !remove.includes(leaf))
      .sort((a, b) => a.leaf - b.leaf)[0];
    const add = [...this.#waiting].map(([participant, keyPackage]) => ({ participant, keyPackage }));
    const again = this.holders.filter((h) => this.#waiting.has(h.participant)).map((h) => h.leaf);
    if (committer === undefined) return;
    const { group, epoch } = this;
    this.devices
      .get(committer.participant)
      ?.keys.wanted({ group, epoch, add, remove: [...remove, ...again] });
  }

  /** settled waits until nobody has anything to do. */
  async settled(): Promise<void> {
    for (let i = 0; i < 6; i++)
      await Promise.all([...this.devices.values()].map(({ keys }) => keys.settled()));
  }

  async #answer<R extends keyof KeyRequests>(
    from: ParticipantID,
    type: R,
    body: Omit<KeyRequests[keyof KeyRequests]["body"], "call">,
  ): Promise<unknown> {
    await Promise.resolve();
    if (type === "enterKeys") {
      const { keyPackage = "" } = body as { keyPackage?: string };
      const { group, first, epoch, groupInfo, holders } = this;
      if (group > 0) {
        this.knocks.push(keyPackage);
        const announced = this.#waiting.get(from) === keyPackage;
        const admitted = this.#admitted.get(from) === keyPackage;
        if (!admitted) this.#waiting.set(from, keyPackage);
        if (!announced && !admitted) this.want();
      }
      return { group, first, epoch, groupInfo, holders };
    }
    if (type === "foundKeys") {
      const { group, groupInfo } = body as KeyRequests["foundKeys"]["body"];
      if (group !== this.group + 1) throw refusal("stale");
      this.first = this.group === 0 ? 0 : this.first + this.epoch + 1;
      Object.assign(this, { group, groupInfo, epoch: 0, holders: [{ participant: from, leaf: 0 }], log: [] });
      this.#waiting.delete(from);
      for (const one of this.devices.values()) if (one.participant !== from) one.keys.restarted(group);
      return { group, first: this.first, epoch: 0, holders: this.holders };
    }
    if (type === "commitKeys") return this.#commit(from, body as KeyRequests["commitKeys"]["body"]);
    if (type === "syncKeys") {
      const { epoch } = body as KeyRequests["syncKeys"]["body"];
      return { group: this.group, epoch: this.epoch, commits: this.log.filter((one) => one.epoch > epoch) };
    }
    this.ready.push(`${from} ${this.epoch}`);
    return {};
  }

  async #commit(
    from: ParticipantID,
    body: Omit<KeyRequests["commitKeys"]["body"], "call">,
  ): Promise<unknown> {
    if (body.group !== this.group || body.epoch !== this.epoch) throw refusal("stale");
    const before = this.holders;
    this.epoch++;
    this.groupInfo = body.groupInfo;
    const { group, first, epoch, groupInfo } = this;
    const added = body.welcome === undefined ? [] : [...this.#waiting.keys()];
    this.holders = await this.#holdersOf(from, body.groupInfo);
    for (const participant of added) this.#admitted.set(participant, this.#waiting.get(participant) ?? "");
    for (const participant of [from, ...added]) this.#waiting.delete(participant);
    const committed = { group, epoch, commit: this.tamper(body.commit), holders: this.holders };
    this.log.push({ ...committed, commit: body.commit });
    for (const { participant } of before) {
      if (participant !== from && !this.deaf.has(participant))
        this.devices.get(participant)?.keys.committed(committed);
    }
    for (const participant of added) {
      if (body.welcome === undefined || this.deaf.has(participant)) continue;
      const welcomed = { group, first, epoch, welcome: body.welcome, groupInfo, holders: this.holders };
      this.devices.get(participant)?.keys.welcomed(welcomed);
    }
    return { group, first, epoch, holders: this.holders };
  }

  /** The real server follows the tree; this one looks for the credentials' bytes in the GroupInfo. */
  async #holdersOf(_from: ParticipantID, groupInfo: string): Promise<KeyHolder[]> {
    const spy = new MLS(await identify(new MemoryKeys(), "spy", "spy", []), async () => true);
    const { next } = await spy.enterByOwnCommit(fromBlob(groupInfo));
    return next.members.flatMap(({ leaf, signatureKey }) => {
      const holder = [...this.devices.values()].find(
        ({ identity }) => Buffer.compare(identity.publicKey, signatureKey) === 0,
      );
      return holder === undefined ? [] : [{ participant: holder.participant, leaf }];
    });
  }
}
