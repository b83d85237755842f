// Writes test vectors for the Go client's MLS, made by ts-mls, in the format of the MLS
// working group's: node mls-vectors.mjs DIRECTORY.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyPackage, mls, suite } from "./mls-library.mjs";

const part = (name) => import(`../../node_modules/ts-mls/dist/src/${name}.js`);
const [kdf, hpke, signature, hash, schedule, context, info, psk, tree, treeHash, proposal, treemath] =
  await Promise.all(
    [
      ...[
        "crypto/kdf",
        "crypto/hpke",
        "crypto/signature",
        "crypto/hash",
        "keySchedule",
        "groupContext",
        "groupInfo",
      ],
      ...["presharedkey", "ratchetTree", "treeHash", "proposal", "treemath"],
    ].map(part),
  );
const directory = process.argv[2];
const hex = (data) => Buffer.from(data).toString("hex");
const text = (data) => new TextEncoder().encode(data);
const random = (n = 32) => suite.rng.randomBytes(n);
const write = (name, list) => writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(list)}\n`);
const message = (m) => hex(mls.encodeMlsMessage({ version: "mls10", ...m }));
const seed = (key) => hex(key.subarray(-32)); // PKCS #8 ends with it
const forever = { notBefore: 0n, notAfter: (1n << 62n) - 1n };
const keyPair = async () => {
  const pair = await suite.hpke.generateKeyPair();
  return [
    await suite.hpke.exportPrivateKey(pair.privateKey),
    await suite.hpke.exportPublicKey(pair.publicKey),
    pair,
  ];
};

async function basics() {
  const [secret, value, ctx] = [random(), random(), random()];
  const keys = await suite.signature.keygen();
  const [priv, pub, pair] = await keyPair();
  const sealed = await hpke.encryptWithLabel(pair.publicKey, "Encrypt", ctx, value, suite.hpke);
  return {
    cipher_suite: 1,
    ref_hash: {
      label: "RefHash",
      value: hex(value),
      out: hex(await hash.refhash("RefHash", value, suite.hash)),
    },
    expand_with_label: {
      secret: hex(secret),
      label: "Expand",
      context: hex(ctx),
      length: 16,
      out: hex(await kdf.expandWithLabel(secret, "Expand", ctx, 16, suite.kdf)),
    },
    derive_secret: {
      secret: hex(secret),
      label: "Derive",
      out: hex(await kdf.deriveSecret(secret, "Derive", suite.kdf)),
    },
    sign_with_label: {
      priv: seed(keys.signKey),
      pub: hex(keys.publicKey),
      content: hex(value),
      label: "Sign",
      signature: hex(await signature.signWithLabel(keys.signKey, "Sign", value, suite.signature)),
    },
    encrypt_with_label: {
      priv: hex(priv),
      pub: hex(pub),
      label: "Encrypt",
      context: hex(ctx),
      plaintext: hex(value),
      kem_output: hex(sealed.enc),
      ciphertext: hex(sealed.ct),
    },
  };
}

async function keySchedule() {
  const [group, first] = [random(), random()];
  const epochs = [];
  let init = first;
  for (let epoch = 0; epoch < 3; epoch++) {
    const [commit, mixed, transcript, hashed] = [random(), random(), random(), random()];
    const c = {
      version: "mls10",
      cipherSuite: suite.name,
      groupId: group,
      epoch: BigInt(epoch),
      treeHash: hashed,
      confirmedTranscriptHash: transcript,
      extensions: [],
    };
    const joiner = await context.extractJoinerSecret(c, init, commit, suite.kdf);
    const [k] = await schedule.deriveKeySchedule(joiner, mixed, c, suite.kdf);
    const external = await suite.hpke.deriveKeyPair(k.externalSecret);
    epochs.push({
      tree_hash: hex(hashed),
      commit_secret: hex(commit),
      psk_secret: hex(mixed),
      confirmed_transcript_hash: hex(transcript),
      group_context: hex(context.encodeGroupContext(c)),
      joiner_secret: hex(joiner),
      welcome_secret: hex(await info.extractWelcomeSecret(joiner, mixed, suite.kdf)),
      init_secret: hex(k.initSecret),
      exporter_secret: hex(k.exporterSecret),
      epoch_authenticator: hex(k.epochAuthenticator),
      external_secret: hex(k.externalSecret),
      confirmation_key: hex(k.confirmationKey),
      membership_key: hex(k.membershipKey),
      resumption_psk: hex(k.resumptionPsk),
      external_pub: hex(await suite.hpke.exportPublicKey(external.publicKey)),
      exporter: {
        label: "label",
        context: hex(transcript),
        length: 40,
        secret: hex(await schedule.mlsExporter(k.exporterSecret, "label", transcript, 40, suite)),
      },
    });
    init = k.initSecret;
  }
  return { cipher_suite: 1, group_id: hex(group), initial_init_secret: hex(first), epochs };
}

async function pskSecret(count) {
  const list = Array.from({ length: count }, () => ({ id: random(), key: random(), nonce: random() }));
  const secret = await psk.computePskSecret(
    list.map((p) => [{ psktype: "external", pskId: p.id, pskNonce: p.nonce }, p.key]),
    suite,
  );
  const psks = list.map((p) => ({ psk_id: hex(p.id), psk: hex(p.key), psk_nonce: hex(p.nonce) }));
  return { cipher_suite: 1, psks, psk_secret: hex(secret) };
}

function treeMath(leaves) {
  const top = treemath.root(leaves);
  const nodes = Array.from({ length: 2 * leaves - 1 }, (_, i) => i);
  const inner = (f) => nodes.map((i) => (i % 2 === 0 ? null : f(i)));
  const below = (f) => nodes.map((i) => (i === top ? null : f(i)));
  return {
    n_leaves: leaves,
    n_nodes: nodes.length,
    root: top,
    left: inner(treemath.left),
    right: inner(treemath.right),
    parent: below((i) => treemath.parent(i, leaves)),
    sibling: below((i) => treemath.sibling(i, leaves)),
  };
}

/** group is a group of one, which grows and shrinks as commits says. */
async function* group(commits) {
  const founder = await keyPackage(text("0"), undefined, forever);
  const id = random();
  let state = await mls.createGroup(id, founder.publicPackage, founder.privatePackage, [], suite);
  let made = 0;
  for (const { add = 0, remove = [], mixed } of commits) {
    const added = await Promise.all(
      Array.from({ length: add }, () => keyPackage(text(`${++made}`), undefined, forever)),
    );
    const extraProposals = [
      ...remove.map((removed) => ({ proposalType: "remove", remove: { removed } })),
      ...added.map((p) => ({ proposalType: "add", add: { keyPackage: p.publicPackage } })),
    ];
    if (mixed) {
      const preSharedKeyId = { psktype: "external", pskId: mixed.id, pskNonce: random() };
      extraProposals.push({ proposalType: "psk", psk: { preSharedKeyId } });
    }
    const pskIndex = mls.makePskIndex(undefined, mixed ? { [mls.bytesToBase64(mixed.id)]: mixed.key } : {});
    const done = await mls.createCommit(
      { state, cipherSuite: suite, pskIndex },
      { wireAsPublicMessage: true, extraProposals, ratchetTreeExtension: true },
    );
    const before = state;
    state = done.newState;
    yield { id, before, state, added, extraProposals, commit: done.commit, welcome: done.welcome };
  }
}

async function treeValidation(commits) {
  let last;
  for await (const step of group(commits)) last = step;
  const nodes = last.state.ratchetTree;
  const all = Array.from({ length: nodes.length }, (_, i) => i);
  return {
    cipher_suite: 1,
    tree: hex(tree.encodeRatchetTree(nodes)),
    group_id: hex(last.id),
    resolutions: all.map((i) => tree.resolution(nodes, i)),
    tree_hashes: await Promise.all(all.map(async (i) => hex(await treeHash.treeHash(nodes, i, suite.hash)))),
  };
}

async function treeOperations() {
  const list = [];
  for await (const { before, extraProposals } of group([
    { add: 4 },
    { add: 1 },
    { remove: [2] },
    { add: 1 },
    { remove: [5] },
  ])) {
    const [p] = extraProposals;
    const nodes = before.ratchetTree;
    const after =
      p.proposalType === "add"
        ? tree.addLeafNode(nodes, p.add.keyPackage.leafNode)[0]
        : tree.removeLeafNode(nodes, p.remove.removed);
    list.push({
      cipher_suite: 1,
      proposal: hex(proposal.encodeProposal(p)),
      proposal_sender: 0,
      tree_before: hex(tree.encodeRatchetTree(nodes)),
      tree_hash_before: hex(await treeHash.treeHashRoot(nodes, suite.hash)),
      tree_after: hex(tree.encodeRatchetTree(after)),
      tree_hash_after: hex(await treeHash.treeHashRoot(after, suite.hash)),
    });
  }
  return list;
}

/** passive is somebody who is added with the commit of a number and follows the rest. */
async function passive(commits, number) {
  const mixed = commits.find((c) => c.mixed)?.mixed;
  let vector;
  let at = 0;
  for await (const { state, added, commit, welcome } of group(commits)) {
    const authenticator = hex(state.keySchedule.epochAuthenticator);
    if (at++ === number) {
      const { publicPackage, privatePackage } = added[0];
      vector = {
        cipher_suite: 1,
        external_psks: mixed ? [{ psk_id: hex(mixed.id), psk: hex(mixed.key) }] : [],
        key_package: message({ wireformat: "mls_key_package", keyPackage: publicPackage }),
        signature_priv: seed(privatePackage.signaturePrivateKey),
        encryption_priv: hex(privatePackage.hpkePrivateKey),
        init_priv: hex(privatePackage.initPrivateKey),
        welcome: message({ wireformat: "mls_welcome", welcome }),
        ratchet_tree: null,
        initial_epoch_authenticator: authenticator,
        epochs: [],
      };
    } else if (vector) {
      vector.epochs.push({
        proposals: [],
        commit: hex(mls.encodeMlsMessage(commit)),
        epoch_authenticator: authenticator,
      });
    }
  }
  return vector;
}

const mixed = { id: text("a link"), key: random() };
const long = [
  { add: 6 },
  { add: 1, mixed },
  { remove: [3, 4] },
  {},
  { add: 5 },
  { remove: [2, 5] },
  { add: 1 },
  {},
];
write("crypto-basics", [await basics()]);
write("key-schedule", [await keySchedule()]);
write("psk_secret", await Promise.all([0, 1, 2, 5].map(pskSecret)));
write("tree-math", [1, 2, 4, 8, 16, 32].map(treeMath));
write("tree-operations", await treeOperations());
const trees = [
  [{ add: 1 }],
  [{ add: 6 }],
  [{ add: 7 }, { remove: [2, 3] }, { add: 1 }],
  [{ add: 8 }, { remove: [1, 2, 3] }],
  [{ add: 12 }, {}],
];
write("tree-validation", await Promise.all(trees.map(treeValidation)));
write("passive-client-welcome", [
  await passive([{ add: 1 }], 0),
  await passive([{ add: 3 }, { add: 2, mixed }], 1),
]);
write("passive-client-handling-commit", [await passive(long, 0), await passive(long, 1)]);
