import { equal } from "./bytes.ts";
import { safetyNumber } from "./codes.ts";
import { type Credential, decodeCredential } from "./credential.ts";
import type { Holders } from "./keyring.ts";
import type { KeyStore } from "./keystore.ts";
import type { MemberState, Trust } from "./messages.ts";
import type { Group } from "./mls.ts";

/** People knows who holds which leaf, and how well we know them. */
export class People {
  readonly #keys: KeyStore;
  readonly #self: Credential;

  constructor(keys: KeyStore, self: Credential) {
    this.#keys = keys;
    this.#self = self;
  }

  /** members are those who have the keys. Who is seen for the first time is remembered. */
  members(group: Group, holders: Holders): Promise<MemberState[]> {
    return Promise.all(
      group.members.map(async ({ leaf, credential }) => {
        const who = decodeCredential(credential);
        const participant = holders.get(leaf)?.participant;
        return {
          ...(participant === undefined ? {} : { participant }),
          account: who?.account ?? "",
          device: who?.device ?? "",
          trust: leaf === group.leaf || who === undefined ? "self" : await this.trust(who),
        };
      }),
    );
  }

  /** number is the safety number with somebody. */
  number({ account, root }: Credential): Promise<string> {
    return safetyNumber(this.#self, { account, root });
  }

  /** remember takes somebody's present identity for his. */
  async remember({ account, root }: Credential, verified: boolean): Promise<void> {
    await this.#keys.remember(this.#self.account, account, { root, verified });
  }

  /** trust is how well we know the identity of a credential. One of somebody who was never seen before is remembered. */
  async trust(who: Credential): Promise<Trust> {
    if (who.account === "") return "guest";
    if (who.account === this.#self.account) return "known";
    const known = await this.#keys.known(this.#self.account, who.account);
    if (known === undefined) {
      await this.remember(who, false);
      return "new";
    }
    if (!equal(known.root, who.root)) return "changed";
    return known.verified ? "verified" : "known";
  }
}

/** credentialOf is the credential of the leaf that a participant holds. */
export function credentialOf(
  group: Group | undefined,
  holders: Holders,
  participant: string,
): { credential: Credential; signatureKey: Uint8Array<ArrayBuffer> } | undefined {
  for (const member of group?.members ?? []) {
    if (holders.get(member.leaf)?.participant !== participant) continue;
    const credential = decodeCredential(member.credential);
    return credential && { credential, signatureKey: member.signatureKey };
  }
  return undefined;
}
