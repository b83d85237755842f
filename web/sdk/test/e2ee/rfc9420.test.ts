// The vectors of RFC 9420 against the MLS library as it is bundled: corrected, and with our cipher suite alone.

import { readFileSync } from "node:fs";
import {
  type CiphersuiteImpl,
  type ClientState,
  decodeMlsMessage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  type MLSMessage,
  makePskIndex,
  mlsExporter,
  type PreSharedKeyID,
  type PskIndex,
  processMessage,
} from "ts-mls";
import { decodeAuthenticatedContent, encodeAuthenticatedContent } from "ts-mls/authenticatedContent.js";
import { determineLength } from "ts-mls/codec/variableLength.js";
import { refhash } from "ts-mls/crypto/hash.js";
import { decryptWithLabel } from "ts-mls/crypto/hpke.js";
import { deriveSecret, expandWithLabel } from "ts-mls/crypto/kdf.js";
import { signWithLabel, verifyWithLabel } from "ts-mls/crypto/signature.js";
import { encodeGroupContext, extractJoinerSecret, type GroupContext } from "ts-mls/groupContext.js";
import {
  extractWelcomeSecret,
  verifyGroupInfoConfirmationTag,
  verifyGroupInfoSignature,
} from "ts-mls/groupInfo.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { encodeMlsMessage } from "ts-mls/message.js";
import { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { verifyParentHashes } from "ts-mls/parentHash.js";
import { computePskSecret } from "ts-mls/presharedkey.js";
import { decodeProposal, encodeProposal } from "ts-mls/proposal.js";
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  removeLeafNode,
  resolution,
  updateLeafNode,
} from "ts-mls/ratchetTree.js";
import { createConfirmedHash, createInterimHash } from "ts-mls/transcriptHash.js";
import { treeHash, treeHashRoot } from "ts-mls/treeHash.js";
import { left, nodeWidth, parent, right, root, sibling, toLeafIndex, toNodeIndex } from "ts-mls/treemath.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { beforeAll, expect, test } from "vitest";

const folder = new URL("../../../../signalling/client/mls/testdata/rfc9420/", import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: each file has a form of its own, which test-vectors.md there describes
const vectors = (name: string): any[] => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");
const id = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
/** A key's seed is what the vectors have; what ends with it is PKCS #8 (RFC 8410, section 7). */
const signKey = (seed: string) => bytes(`302e020100300506032b657004220420${seed}`);

let suite: CiphersuiteImpl;

beforeAll(async () => {
  suite = await getCiphersuiteImpl(getCiphersuiteFromName(id));
});

function message(of: string): MLSMessage {
  const data = bytes(of);
  const [decoded, length] = decodeMlsMessage(data, 0) ?? [];
  if (decoded === undefined || length !== data.length) throw new Error("this is no MLSMessage");
  return decoded;
}

function whole<T>(decoded: [T, number] | undefined): T {
  if (decoded === undefined) throw new Error("this cannot be decoded");
  return decoded[0];
}

test("lengths", () => {
  for (const { vlbytes_header, length } of vectors("deserialization"))
    expect(determineLength(bytes(vlbytes_header)).length).toBe(length);
});

test("the tree's arithmetic", () => {
  for (const v of vectors("tree-math")) {
    expect([nodeWidth(v.n_leaves), root(v.n_leaves)]).toEqual([v.n_nodes, v.root]);
    for (let i = 0; i < v.n_nodes; i++) {
      const node = toNodeIndex(i);
      if (v.left[i] !== null) expect([left(node), right(node)]).toEqual([v.left[i], v.right[i]]);
      if (v.parent[i] !== null)
        expect([parent(node, v.n_leaves), sibling(node, v.n_leaves)]).toEqual([v.parent[i], v.sibling[i]]);
    }
  }
});

test("the basics of the suite", async () => {
  for (const v of vectors("crypto-basics")) {
    const {
      ref_hash: r,
      expand_with_label: e,
      derive_secret: d,
      sign_with_label: s,
      encrypt_with_label: c,
    } = v;
    expect(hex(await refhash(r.label, bytes(r.value), suite.hash))).toBe(r.out);
    expect(hex(await expandWithLabel(bytes(e.secret), e.label, bytes(e.context), e.length, suite.kdf))).toBe(
      e.out,
    );
    expect(hex(await deriveSecret(bytes(d.secret), d.label, suite.kdf))).toBe(d.out);
    expect(hex(await signWithLabel(signKey(s.priv), s.label, bytes(s.content), suite.signature))).toBe(
      s.signature,
    );
    expect(
      await verifyWithLabel(bytes(s.pub), s.label, bytes(s.content), bytes(s.signature), suite.signature),
    ).toBe(true);
    const key = await suite.hpke.importPrivateKey(bytes(c.priv));
    const opened = await decryptWithLabel(
      key,
      c.label,
      bytes(c.context),
      bytes(c.kem_output),
      bytes(c.ciphertext),
      suite.hpke,
    );
    expect(hex(opened)).toBe(c.plaintext);
  }
});

test("the key schedule", async () => {
  for (const v of vectors("key-schedule")) {
    let init = bytes(v.initial_init_secret);
    for (const [epoch, e] of v.epochs.entries()) {
      const context: GroupContext = {
        version: "mls10",
        cipherSuite: id,
        groupId: bytes(v.group_id),
        epoch: BigInt(epoch),
        treeHash: bytes(e.tree_hash),
        confirmedTranscriptHash: bytes(e.confirmed_transcript_hash),
        extensions: [],
      };
      expect(hex(encodeGroupContext(context))).toBe(e.group_context);
      const joiner = await extractJoinerSecret(context, init, bytes(e.commit_secret), suite.kdf);
      const [keys] = await deriveKeySchedule(joiner, bytes(e.psk_secret), context, suite.kdf);
      const external = await suite.hpke.deriveKeyPair(keys.externalSecret);
      const { exporter } = e;
      expect({
        joiner: hex(joiner),
        welcome: hex(await extractWelcomeSecret(joiner, bytes(e.psk_secret), suite.kdf)),
        init: hex(keys.initSecret),
        authenticator: hex(keys.epochAuthenticator),
        exporterSecret: hex(keys.exporterSecret),
        external: hex(keys.externalSecret),
        confirmation: hex(keys.confirmationKey),
        membership: hex(keys.membershipKey),
        resumption: hex(keys.resumptionPsk),
        externalPub: hex(await suite.hpke.exportPublicKey(external.publicKey)),
        exported: hex(
          await mlsExporter(
            keys.exporterSecret,
            exporter.label,
            bytes(exporter.context),
            exporter.length,
            suite,
          ),
        ),
      }).toEqual({
        joiner: e.joiner_secret,
        welcome: e.welcome_secret,
        init: e.init_secret,
        authenticator: e.epoch_authenticator,
        exporterSecret: e.exporter_secret,
        external: e.external_secret,
        confirmation: e.confirmation_key,
        membership: e.membership_key,
        resumption: e.resumption_psk,
        externalPub: e.external_pub,
        exported: exporter.secret,
      });
      init = new Uint8Array(keys.initSecret);
    }
  }
});

test("pre-shared keys", async () => {
  for (const v of vectors("psk_secret")) {
    const psks = v.psks.map(
      (p: Record<"psk_id" | "psk" | "psk_nonce", string>): [PreSharedKeyID, Uint8Array] => [
        { psktype: "external", pskId: bytes(p.psk_id), pskNonce: bytes(p.psk_nonce) },
        bytes(p.psk),
      ],
    );
    expect(hex(await computePskSecret(psks, suite))).toBe(v.psk_secret);
  }
});

test("transcript hashes", async () => {
  for (const v of vectors("transcript-hashes")) {
    const { wireformat, content, auth } = whole(
      decodeAuthenticatedContent(bytes(v.authenticated_content), 0),
    );
    expect(hex(encodeAuthenticatedContent({ wireformat, content, auth }))).toBe(v.authenticated_content);
    if (content.contentType !== "commit" || auth.contentType !== "commit")
      throw new Error("this is no commit");
    const confirmed = await createConfirmedHash(
      bytes(v.interim_transcript_hash_before),
      { wireformat, content, signature: auth.signature },
      suite.hash,
    );
    expect(hex(confirmed)).toBe(v.confirmed_transcript_hash_after);
    expect(hex(await createInterimHash(confirmed, auth.confirmationTag, suite.hash))).toBe(
      v.interim_transcript_hash_after,
    );
    expect(await suite.hash.verifyMac(bytes(v.confirmation_key), auth.confirmationTag, confirmed)).toBe(true);
  }
});

test("public messages", async () => {
  for (const v of vectors("message-protection")) {
    const context: GroupContext = {
      version: "mls10",
      cipherSuite: id,
      groupId: bytes(v.group_id),
      epoch: BigInt(v.epoch),
      treeHash: bytes(v.tree_hash),
      confirmedTranscriptHash: bytes(v.confirmed_transcript_hash),
      extensions: [],
    };
    for (const sent of [v.proposal_pub, v.commit_pub]) {
      const it = message(sent);
      if (it.wireformat !== "mls_public_message") throw new Error("this is no public message");
      const opened = (changed: Uint8Array, key: Uint8Array) =>
        unprotectPublicMessage(changed, context, [], it.publicMessage, suite, key);
      const { content } = await opened(bytes(v.membership_key), bytes(v.signature_pub));
      if (content.contentType === "proposal") expect(hex(encodeProposal(content.proposal))).toBe(v.proposal);
      await expect(opened(new Uint8Array(32), bytes(v.signature_pub))).rejects.toThrow();
      await expect(opened(bytes(v.membership_key), new Uint8Array(32))).rejects.toThrow();
    }
  }
});

test("what a proposal does to the tree", async () => {
  for (const v of vectors("tree-operations")) {
    const before = whole(decodeRatchetTree(bytes(v.tree_before), 0));
    const proposal = whole(decodeProposal(bytes(v.proposal), 0));
    expect(hex(await treeHashRoot(before, suite.hash))).toBe(v.tree_hash_before);
    const after = () => {
      switch (proposal.proposalType) {
        case "add":
          return addLeafNode(before, proposal.add.keyPackage.leafNode)[0];
        case "remove":
          return removeLeafNode(before, toLeafIndex(proposal.remove.removed));
        case "update":
          return updateLeafNode(before, proposal.update.leafNode, toLeafIndex(v.proposal_sender));
        default:
          throw new Error("this changes no tree");
      }
    };
    expect(hex(encodeRatchetTree(after()))).toBe(v.tree_after);
    expect(hex(await treeHashRoot(after(), suite.hash))).toBe(v.tree_hash_after);
  }
});

test("trees' hashes, resolutions and signatures", async () => {
  for (const v of vectors("tree-validation")) {
    const tree = whole(decodeRatchetTree(bytes(v.tree), 0));
    expect(hex(encodeRatchetTree(tree))).toBe(v.tree);
    expect(await verifyParentHashes(tree, suite.hash)).toBe(true);
    for (let i = 0; i < tree.length; i++) {
      expect(hex(await treeHash(tree, toNodeIndex(i), suite.hash))).toBe(v.tree_hashes[i]);
      expect(resolution(tree, toNodeIndex(i))).toEqual(v.resolutions[i]);
    }
  }
});

test("a Welcome", async () => {
  for (const v of vectors("welcome")) {
    const [welcome, keyPackage] = [message(v.welcome), message(v.key_package)];
    if (welcome.wireformat !== "mls_welcome" || keyPackage.wireformat !== "mls_key_package")
      throw new Error("this is no Welcome for a key package");
    const secrets = await decryptGroupSecrets(
      await suite.hpke.importPrivateKey(bytes(v.init_priv)),
      await makeKeyPackageRef(keyPackage.keyPackage, suite.hash),
      welcome.welcome,
      suite.hpke,
    );
    const psk = new Uint8Array(suite.kdf.size);
    const joiner = secrets?.joinerSecret ?? new Uint8Array(0);
    const info = await decryptGroupInfo(welcome.welcome, joiner, psk, suite);
    if (info === undefined) throw new Error("it cannot be opened");
    expect(await verifyGroupInfoSignature(info, bytes(v.signer_pub), suite.signature)).toBe(true);
    expect(await verifyGroupInfoConfirmationTag(info, joiner, psk, suite)).toBe(true);
  }
});

interface Passive {
  readonly external_psks: readonly { psk_id: string; psk: string }[];
  readonly key_package: string;
  readonly signature_priv: string;
  readonly encryption_priv: string;
  readonly init_priv: string;
  readonly welcome: string;
  readonly ratchet_tree: string | null;
  readonly initial_epoch_authenticator: string;
  readonly epochs: readonly { proposals: string[]; commit: string; epoch_authenticator: string }[];
}

async function arrive(v: Passive): Promise<ClientState> {
  const [welcome, keyPackage] = [message(v.welcome), message(v.key_package)];
  if (welcome.wireformat !== "mls_welcome" || keyPackage.wireformat !== "mls_key_package")
    throw new Error("this is no Welcome for a key package");
  return joinGroup(
    welcome.welcome,
    keyPackage.keyPackage,
    {
      initPrivateKey: bytes(v.init_priv),
      hpkePrivateKey: bytes(v.encryption_priv),
      signaturePrivateKey: signKey(v.signature_priv),
    },
    shared(v),
    suite,
    v.ratchet_tree === null ? undefined : whole(decodeRatchetTree(bytes(v.ratchet_tree), 0)),
  );
}

function shared({ external_psks }: Passive, state?: ClientState): PskIndex {
  const base64 = (of: string) => Buffer.from(of, "hex").toString("base64");
  return makePskIndex(state, Object.fromEntries(external_psks.map((p) => [base64(p.psk_id), bytes(p.psk)])));
}

test.each(["passive-client-welcome", "passive-client-handling-commit", "passive-client-random"])(
  "who joins and follows: %s",
  async (name) => {
    let epochs = 0;
    for (const v of vectors(name) as Passive[]) {
      let state = await arrive(v);
      expect(hex(state.keySchedule.epochAuthenticator)).toBe(v.initial_epoch_authenticator);
      for (const { proposals, commit, epoch_authenticator } of v.epochs) {
        for (const sent of [...proposals, commit]) {
          const it = message(sent);
          if (it.wireformat !== "mls_public_message" && it.wireformat !== "mls_private_message")
            throw new Error("this is neither a proposal nor a commit");
          state = (await processMessage(it, state, shared(v, state), () => "accept", suite)).newState;
        }
        expect(hex(state.keySchedule.epochAuthenticator)).toBe(epoch_authenticator);
        epochs++;
      }
    }
    expect(epochs).toBe({ "passive-client-handling-commit": 26, "passive-client-random": 20 }[name] ?? 0);
  },
  60_000,
);

test("every message is written as it was read", () => {
  for (const v of vectors("messages")) {
    for (const [name, sent] of Object.entries<string>(v)) {
      if (!/^(mls_|public_message_)/.test(name)) continue;
      expect([name, hex(encodeMlsMessage(message(sent)))]).toEqual([name, sent]);
    }
  }
});
