import {
  type CiphersuiteImpl,
  type ClientState,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  decodeMlsMessage,
  encodeMlsMessage,
  type GroupContext,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type IncomingMessageCallback,
  joinGroup,
  joinGroupExternal,
  type KeyPackage,
  type MLSMessage,
  mlsExporter,
  type PrivateKeyPackage,
  type Proposal,
  type ProposalAdd,
  type PskIndex,
  processPublicMessage,
} from "ts-mls";
import { type ClientConfig, defaultClientConfig } from "ts-mls/clientConfig.js";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { type Bytes, concat, equal, own, text, uint } from "./bytes.ts";

// The only file that knows the MLS library (ts-mls): another one would be put
// in here. MLS is RFC 9420, with MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519.

const suiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
const baseKeyBytes = 16;

/** Signer signs with a device's key, which the library never sees. */
export interface Signer {
  /** publicKey is an Ed25519 key (RFC 8032). */
  readonly publicKey: Bytes;
  /** credential is the identity of a basic credential (RFC 9420, section 5.3). */
  readonly credential: Bytes;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Check decides on who may be in a group: by the identity of the credential, and the key of the leaf. */
export type Check = (credential: Uint8Array, signatureKey: Uint8Array) => Promise<boolean>;

/** Member is a leaf. */
export interface Member {
  readonly leaf: number;
  readonly credential: Bytes;
  readonly signatureKey: Bytes;
}

/** OwnKeyPackage is a key package and its secrets: with it one group can be entered. */
export interface OwnKeyPackage {
  /** message is the MLSMessage to be sent. */
  readonly message: Bytes;
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

/** Wanted is what a commit shall do. */
export interface Wanted {
  /** add are MLSMessages with key packages. */
  readonly add: readonly Uint8Array[];
  /** remove are leaves. */
  readonly remove: readonly number[];
}

/** Committed is a commit that was made, and is not in force before it is taken. */
export interface Committed {
  readonly commit: Bytes;
  /** welcome is absent if nobody is added. */
  readonly welcome?: Bytes;
  readonly groupInfo: Bytes;
  /** next is the group after it. */
  readonly next: Group;
}

/** BadKeys says that a message of the key agreement is not good. */
export class BadKeys extends Error {}

let implementation: Promise<CiphersuiteImpl> | undefined;

/** MLS makes groups for one device. */
export class MLS {
  readonly #signer: Signer;
  readonly #check: Check;
  readonly #psk: Bytes | undefined;

  /** psk is a secret that whoever enters must know as well, for calls by links. */
  constructor(signer: Signer, check: Check, psk?: Bytes) {
    this.#signer = signer;
    this.#check = check;
    this.#psk = psk;
  }

  /** keyPackage makes a key package, to be used once. */
  async keyPackage(): Promise<OwnKeyPackage> {
    const suite = await this.#suite();
    const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
      { credentialType: "basic", identity: this.#signer.credential },
      {
        versions: ["mls10"],
        ciphersuites: [suiteName],
        extensions: [],
        proposals: [],
        credentials: ["basic"],
      },
      { notBefore: 0n, notAfter: 2n ** 63n - 1n },
      [],
      { signKey: this.#signer.publicKey, publicKey: this.#signer.publicKey }, // the handle of the key, see #suite
      suite,
    );
    const message = encode({ version: "mls10", wireformat: "mls_key_package", keyPackage: publicPackage });
    return { message, publicPackage, privatePackage };
  }

  /** found founds a group with this device as its only member. */
  async found(groupID: Bytes): Promise<Group> {
    const { publicPackage, privatePackage } = await this.keyPackage();
    const suite = await this.#suite();
    return this.#group(
      await createGroup(groupID, publicPackage, privatePackage, [], suite, this.#config()),
      suite,
    );
  }

  /** enter enters by a Welcome. groupInfo has the ratchet tree that the Welcome may lack. */
  async enter(welcome: Uint8Array, groupInfo: Uint8Array, mine: OwnKeyPackage): Promise<Group> {
    const suite = await this.#suite();
    const message = decode(welcome);
    const info = decode(groupInfo);
    if (message.wireformat !== "mls_welcome" || info.wireformat !== "mls_group_info")
      throw new BadKeys("this is no Welcome with a GroupInfo");
    const state = await good("Welcome", () =>
      joinGroup(
        message.welcome,
        mine.publicPackage,
        mine.privatePackage,
        this.#pskIndex(),
        suite,
        ratchetTreeFromExtension(info.groupInfo),
        undefined,
        this.#config(),
      ),
    );
    return this.#group(state, suite);
  }

  /**
   * enterByOwnCommit makes an external commit (RFC 9420, section 12.4.3.2). What
   * this device had in the group before is removed by it.
   */
  async enterByOwnCommit(groupInfo: Uint8Array): Promise<Committed> {
    const suite = await this.#suite();
    const info = decode(groupInfo);
    if (info.wireformat !== "mls_group_info") throw new BadKeys("this is no GroupInfo");
    const { publicPackage, privatePackage } = await this.keyPackage();
    const { groupContext } = info.groupInfo;
    if (this.#psk !== undefined) {
      // Somebody without the secret may have put himself into a group of his own making, and offer it to us.
      const shown = info.groupInfo.extensions.find(({ extensionType }) => extensionType === groupProofType);
      const proof = await groupProof(this.#psk, groupContext, info.groupInfo.confirmationTag);
      if (shown === undefined || !equal(shown.extensionData, proof))
        throw new BadKeys("who offers the group does not know the link's secret");
    }
    const resync = (ratchetTreeFromExtension(info.groupInfo) ?? []).some(
      (node) => node?.nodeType === "leaf" && equal(node.leaf.signaturePublicKey, this.#signer.publicKey),
    );
    const proof = await this.#proof(groupContext.groupId, groupContext.epoch, this.#signer.publicKey);
    const { publicMessage, newState } = await good("GroupInfo", () =>
      joinGroupExternal(
        info.groupInfo,
        publicPackage,
        privatePackage,
        resync,
        suite,
        undefined,
        this.#config(),
        proof,
      ),
    );
    const next = this.#group(newState, suite);
    return {
      commit: encode({ version: "mls10", wireformat: "mls_public_message", publicMessage }),
      groupInfo: await next.groupInfo(),
      next,
    };
  }

  #group(state: ClientState, suite: CiphersuiteImpl): Group {
    return new Group(state, suite, this.#pskIndex(), this.#psk, (...of) => this.#proof(...of));
  }

  /** The library gets a handle for a private key, and gives it back when something is to be signed. */
  async #suite(): Promise<CiphersuiteImpl> {
    implementation ??= getCiphersuiteImpl(getCiphersuiteFromName(suiteName));
    const suite = await implementation;
    const signer = this.#signer;
    return {
      ...suite,
      signature: {
        ...suite.signature,
        sign(handle, message) {
          if (!equal(handle, signer.publicKey)) throw new BadKeys("this device signs with its own key only");
          return signer.sign(message);
        },
        keygen: () => Promise.reject(new BadKeys("keys are made elsewhere")),
      },
    };
  }

  #config(): ClientConfig {
    const check = this.#check;
    return {
      ...defaultClientConfig,
      keyRetentionConfig: { ...defaultClientConfig.keyRetentionConfig, retainKeysForEpochs: 0 },
      authService: {
        validateCredential: async (credential, key) =>
          credential.credentialType === "basic" && check(credential.identity, key),
      },
    };
  }

  #pskIndex(): PskIndex {
    const psk = this.#psk;
    return {
      findPsk: (id) => (id.psktype === "external" && equal(id.pskId, pskID) ? psk : undefined),
    };
  }

  /** proof shows that who adds himself knows the link's secret: the library has no PSK in external commits. */
  async #proof(groupID: Uint8Array, epoch: bigint, signatureKey: Uint8Array): Promise<Bytes> {
    if (this.#psk === undefined) return new Uint8Array(0);
    return hmac(this.#psk, concat(groupID, uint(epoch, 8), signatureKey));
  }
}

/** groupProofType is an extension of a GroupInfo, of the range for private use (RFC 9420, section 17.3). */
const groupProofType = 0xf0a1;

/** groupProof shows that who offers a group knows the link's secret. */
function groupProof(psk: Bytes, context: GroupContext, confirmationTag: Uint8Array): Promise<Bytes> {
  const { groupId, epoch } = context;
  return hmac(psk, concat(text("pronto group 1"), groupId, uint(epoch, 8), confirmationTag));
}

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

const pskID = text("pronto link 1");

type Proof = (groupID: Uint8Array, epoch: bigint, signatureKey: Uint8Array) => Promise<Bytes>;

/** Group is a group at one epoch. It never changes: each commit makes another. */
export class Group {
  readonly #state: ClientState;
  readonly #suite: CiphersuiteImpl;
  readonly #psks: PskIndex;
  readonly #psk: Bytes | undefined;
  readonly #proof: Proof;

  /** @internal */
  constructor(
    state: ClientState,
    suite: CiphersuiteImpl,
    psks: PskIndex,
    psk: Bytes | undefined,
    proof: Proof,
  ) {
    this.#state = state;
    this.#suite = suite;
    this.#psks = psks;
    this.#psk = psk;
    this.#proof = proof;
  }

  /** id is MLS's group id. */
  get id(): Bytes {
    return own(this.#state.groupContext.groupId);
  }

  get epoch(): number {
    return Number(this.#state.groupContext.epoch);
  }

  /** leaf is our own leaf. */
  get leaf(): number {
    return this.#state.privatePath.leafIndex;
  }

  /** removed says that we are no member any more. */
  get removed(): boolean {
    return this.#state.groupActiveState.kind !== "active";
  }

  /** members are all leaves, in order. */
  get members(): readonly Member[] {
    return this.#state.ratchetTree.flatMap((node, i) => {
      if (node?.nodeType !== "leaf" || node.leaf.credential.credentialType !== "basic") return [];
      const { credential, signaturePublicKey } = node.leaf;
      return [{ leaf: i / 2, credential: own(credential.identity), signatureKey: own(signaturePublicKey) }];
    });
  }

  /** baseKey is the key of this epoch's frames (RFC 9605, section 5.2). */
  baseKey(): Promise<Bytes> {
    return this.export("SFrame 1.0 Base Key", new Uint8Array(0), baseKeyBytes);
  }

  /** export derives a secret for something else (RFC 9420, section 8.5). */
  async export(label: string, context: Bytes, length: number): Promise<Bytes> {
    return own(
      await mlsExporter(this.#state.keySchedule.exporterSecret, label, context, length, this.#suite),
    );
  }

  /** authenticator is the same for all members, and for nobody in another group (RFC 9420, section 8.7). */
  get authenticator(): Bytes {
    return own(this.#state.keySchedule.epochAuthenticator);
  }

  /** groupInfo is what a device enters with by its own commit. */
  async groupInfo(): Promise<Bytes> {
    const { groupContext, confirmationTag } = this.#state;
    const extensions =
      this.#psk === undefined
        ? []
        : [
            {
              extensionType: groupProofType,
              extensionData: await groupProof(this.#psk, groupContext, confirmationTag),
            },
          ];
    const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(
      this.#state,
      extensions,
      this.#suite,
    );
    return encode({ version: "mls10", wireformat: "mls_group_info", groupInfo });
  }

  /** commit makes a commit; with nothing wanted it renews our own keys. */
  async commit({ add, remove }: Wanted): Promise<Committed> {
    const proposals: Proposal[] = [
      ...remove.map((removed): Proposal => ({ proposalType: "remove", remove: { removed } })),
      ...add.map(addOf),
    ];
    if (this.#psk !== undefined && add.length > 0) {
      proposals.push({
        proposalType: "psk",
        psk: { preSharedKeyId: { psktype: "external", pskId: pskID, pskNonce: nonceOf(this.#suite) } },
      });
    }
    const { commit, welcome, newState } = await good("commit", () =>
      createCommit(
        { state: this.#state, cipherSuite: this.#suite, pskIndex: this.#psks },
        { wireAsPublicMessage: true, extraProposals: proposals },
      ),
    );
    const next = this.#with(newState);
    return {
      commit: encode(commit),
      ...(welcome === undefined
        ? {}
        : { welcome: encode({ version: "mls10", wireformat: "mls_welcome", welcome }) }),
      groupInfo: await next.groupInfo(),
      next,
    };
  }

  /** process is the group after somebody's commit. */
  async process(commit: Uint8Array): Promise<Group> {
    const message = decode(commit);
    if (message.wireformat !== "mls_public_message" || message.publicMessage.content.contentType !== "commit")
      throw new BadKeys("this is no commit");
    const { publicMessage } = message;
    const content = message.publicMessage.content;
    if (content.sender.senderType === "new_member_commit") {
      const key = content.commit.path?.leafNode.signaturePublicKey ?? new Uint8Array(0);
      const proof = await this.#proof(this.#state.groupContext.groupId, this.#state.groupContext.epoch, key);
      if (!equal(proof, content.authenticatedData))
        throw new BadKeys("who added himself does not know the link's secret");
    } else if (content.sender.senderType !== "member") {
      throw new BadKeys("only members and newcomers commit");
    }
    const { newState, actionTaken } = await good("commit", () =>
      processPublicMessage(this.#state, publicMessage, this.#psks, this.#suite, this.#judge()),
    );
    if (actionTaken === "reject") throw new BadKeys("the commit does what no commit of a call does");
    return this.#with(newState);
  }

  #with(state: ClientState): Group {
    return new Group(state, this.#suite, this.#psks, this.#psk, this.#proof);
  }

  /** judge lets pass what a call's commits do: add, remove and, where there is a link's secret, its key. */
  #judge(): IncomingMessageCallback {
    const allowed = new Set(["add", "remove", "psk", "external_init"]);
    const needsPSK = this.#psk !== undefined;
    return (message) => {
      if (message.kind !== "commit") return "reject";
      const types = message.proposals.map(({ proposal }) => proposal.proposalType);
      if (!types.every((type) => typeof type === "string" && allowed.has(type))) return "reject";
      const withoutSecret = needsPSK && types.includes("add") && !types.includes("psk");
      return withoutSecret ? "reject" : "accept";
    };
  }
}

function nonceOf(suite: CiphersuiteImpl): Uint8Array {
  return suite.rng.randomBytes(suite.kdf.size);
}

function addOf(keyPackage: Uint8Array): ProposalAdd {
  const message = decode(keyPackage);
  if (message.wireformat !== "mls_key_package") throw new BadKeys("this is no key package");
  return { proposalType: "add", add: { keyPackage: message.keyPackage } };
}

function encode(message: MLSMessage): Bytes {
  return own(encodeMlsMessage(message));
}

function decode(bytes: Uint8Array): MLSMessage {
  try {
    const [message, length] = decodeMlsMessage(bytes, 0) ?? [];
    if (message !== undefined && length === bytes.length) return message;
  } catch {
    // the library throws on some bytes and returns nothing for others
  }
  throw new BadKeys("these bytes are no MLSMessage");
}

async function good<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadKeys) throw error;
    throw new BadKeys(`a ${what} is not good: ${error instanceof Error ? error.message : String(error)}`);
  }
}
