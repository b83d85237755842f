// Members of MLS groups made of ts-mls, for the Go client's tests: one request a line on
// standard input, one reply a line on standard output, both JSON with bytes as base64.
// It stands in for browsers: the two implementations share no code.

import { createInterface } from "node:readline";
import { config, keyPackage, mls, suite } from "./mls-library.mjs";

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (data) => Buffer.from(data).toString("base64");
const parse = (data) => {
  const [message, length] = mls.decodeMlsMessage(bytes(data), 0) ?? [];
  if (!message || length !== bytes(data).length) throw new Error("not an MLSMessage");
  return message;
};
const print = (message) => text(mls.encodeMlsMessage({ version: "mls10", ...message }));
/** member is one device. state is what MLS calls the client's state; next one that is not sure yet. */
const members = new Map();
const psks = (psk) => mls.makePskIndex(undefined, psk ? { [psk.id]: bytes(psk.key) } : {});
const info = async (state) =>
  print({
    wireformat: "mls_group_info",
    groupInfo: await mls.createGroupInfoWithExternalPubAndRatchetTree(state, [], suite),
  });

const operations = {
  async prepare(m, { credential }) {
    m.package = await keyPackage(bytes(credential), m.keys);
    m.keys = {
      signKey: m.package.privatePackage.signaturePrivateKey,
      publicKey: m.package.publicPackage.leafNode.signaturePublicKey,
    };
    return { message: print({ wireformat: "mls_key_package", keyPackage: m.package.publicPackage }) };
  },

  async create(m, { group }) {
    const { publicPackage, privatePackage } = m.package;
    m.state = await mls.createGroup(bytes(group), publicPackage, privatePackage, [], suite, config);
  },

  async join(m, { welcome, psk }) {
    const { publicPackage, privatePackage } = m.package;
    m.state = await mls.joinGroup(
      parse(welcome).welcome,
      publicPackage,
      privatePackage,
      psks(psk),
      suite,
      undefined,
      undefined,
      config,
    );
  },

  async commit(m, { add = [], remove = [], psk, data = "" }) {
    const extraProposals = [
      ...remove.map((removed) => ({ proposalType: "remove", remove: { removed } })),
      ...add.map((p) => ({ proposalType: "add", add: { keyPackage: parse(p).keyPackage } })),
    ];
    if (psk) {
      const preSharedKeyId = {
        psktype: "external",
        pskId: bytes(psk.id),
        pskNonce: suite.rng.randomBytes(32),
      };
      extraProposals.push({ proposalType: "psk", psk: { preSharedKeyId } });
    }
    const made = await mls.createCommit(
      { state: m.state, cipherSuite: suite, pskIndex: psks(psk) },
      {
        wireAsPublicMessage: true,
        extraProposals,
        ratchetTreeExtension: true,
        authenticatedData: bytes(data),
      },
    );
    m.next = made.newState;
    return {
      message: text(mls.encodeMlsMessage(made.commit)),
      welcome: made.welcome ? print({ wireformat: "mls_welcome", welcome: made.welcome }) : "",
    };
  },

  async enter(m, { groupInfo, replace, data = "" }) {
    const { publicPackage, privatePackage } = m.package;
    const made = await mls.joinGroupExternal(
      parse(groupInfo).groupInfo,
      publicPackage,
      privatePackage,
      replace,
      suite,
      undefined,
      config,
      bytes(data),
    );
    m.next = made.newState;
    return { message: print({ wireformat: "mls_public_message", publicMessage: made.publicMessage }) };
  },

  async process(m, { message, psk }) {
    const done = await mls.processMessage(parse(message), m.state, psks(psk), mls.acceptAll, suite);
    if (done.kind !== "newState") throw new Error("not a handshake message");
    m.state = done.newState;
    return { removed: m.state.groupActiveState.kind === "removedFromGroup" };
  },

  /** settle takes the commit that was made as the group's, or drops it. */
  async settle(m, { won }) {
    if (won) m.state = m.next;
    m.next = undefined;
  },

  async look({ state }, { label, context }) {
    const exported = await mls.mlsExporter(
      state.keySchedule.exporterSecret,
      label,
      bytes(context),
      16,
      suite,
    );
    return {
      epoch: Number(state.groupContext.epoch),
      self: state.privatePath.leafIndex,
      authenticator: text(state.keySchedule.epochAuthenticator),
      exported: text(exported),
      members: state.ratchetTree.flatMap((n, i) =>
        n?.nodeType === "leaf" ? [{ leaf: i / 2, credential: text(n.leaf.credential.identity) }] : [],
      ),
    };
  },

  async groupInfo({ state }) {
    return { message: await info(state) };
  },

  async forget(_, { member }) {
    members.delete(member);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let reply;
  try {
    const m = members.get(request.member) ?? {};
    members.set(request.member, m);
    reply = (await operations[request.op](m, request)) ?? {};
  } catch (error) {
    reply = { error: `${request.op}: ${error instanceof Error ? error.stack : error}` };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
