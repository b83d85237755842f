import { describe, expect, test } from "vitest";
import { type Bytes, text, toBlob } from "../../src/e2ee/bytes.ts";
import { BadKeys, type Group, MLS, type OwnKeyPackage, type Signer } from "../../src/e2ee/mls.ts";

async function signer(name: string): Promise<Signer> {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey("Ed25519", false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)),
    credential: text(name),
    sign: async (message) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message as Uint8Array<ArrayBuffer>)),
  };
}

async function person(name: string, psk?: Bytes): Promise<MLS> {
  return new MLS(
    await signer(name),
    async (credential) => !new TextDecoder().decode(credential).startsWith("eve"),
    psk,
  );
}

function names(group: Group): string[] {
  return group.members.map(({ credential }) => new TextDecoder().decode(credential));
}

async function secrets(group: Group): Promise<string> {
  return `${group.epoch} ${toBlob(await group.baseKey())} ${toBlob(group.authenticator)}`;
}

test("three enter, one leaves: those inside have the same keys, and others at each epoch", async () => {
  const [ana, bia, carlo] = await Promise.all(["ana", "bia", "carlo"].map((name) => person(name)));
  let atAna = (await ana?.found(text("call/1"))) as Group;
  expect([atAna.epoch, atAna.leaf, names(atAna)]).toEqual([0, 0, ["ana"]]);
  const [forBia, forCarlo] = (await Promise.all([bia?.keyPackage(), carlo?.keyPackage()])) as OwnKeyPackage[];
  const added = await atAna.commit({
    add: [forBia?.message as Bytes, forCarlo?.message as Bytes],
    remove: [],
  });
  const before = await secrets(atAna);
  atAna = added.next;
  let atBia = (await bia?.enter(added.welcome as Bytes, added.groupInfo, forBia as OwnKeyPackage)) as Group;
  const atCarlo = (await carlo?.enter(
    added.welcome as Bytes,
    added.groupInfo,
    forCarlo as OwnKeyPackage,
  )) as Group;
  expect(await secrets(atAna)).not.toBe(before);
  expect(await secrets(atBia)).toBe(await secrets(atAna));
  expect(await secrets(atCarlo)).toBe(await secrets(atAna));
  expect(names(atCarlo)).toEqual(["ana", "bia", "carlo"]);

  const removal = await atBia.commit({ add: [], remove: [atCarlo.leaf] });
  expect(removal.welcome).toBeUndefined();
  atAna = await atAna.process(removal.commit);
  atBia = removal.next;
  expect(await secrets(atAna)).toBe(await secrets(atBia));
  expect(names(atAna)).toEqual(["ana", "bia"]);
  expect((await atCarlo.process(removal.commit)).removed).toBe(true);

  const renewal = await atAna.commit({ add: [], remove: [] });
  expect(await secrets(await atBia.process(renewal.commit))).toBe(await secrets(renewal.next));
  expect(names(renewal.next)).toEqual(["ana", "bia"]);
});

test("who adds himself replaces what his device had, and gets no keys of before", async () => {
  const ana = await person("ana");
  const bia = await person("bia");
  const group = await ana.found(text("call/1"));
  const first = await bia.enterByOwnCommit(await group.groupInfo());
  const second = await bia.enterByOwnCommit(first.groupInfo); // her page was loaded again
  const atAna = await (await group.process(first.commit)).process(second.commit);
  expect(names(atAna)).toEqual(["ana", "bia"]);
  expect(await secrets(atAna)).toBe(await secrets(second.next));
  expect(await secrets(first.next)).not.toBe(await secrets(second.next));
  expect(second.next.epoch).toBe(2);
});

test("one commit per epoch: the loser of a race processes the winner's", async () => {
  const ana = await person("ana");
  const bia = await person("bia");
  const group = await ana.found(text("call/1"));
  const { commit, next: atBia } = await bia.enterByOwnCommit(await group.groupInfo());
  const atAna = await group.process(commit);
  const [one, other] = await Promise.all([
    atAna.commit({ add: [], remove: [] }),
    atBia.commit({ add: [], remove: [] }),
  ]);
  expect(await secrets(await atBia.process(one.commit))).toBe(await secrets(one.next));
  await expect(one.next.process(other.commit)).rejects.toThrow(BadKeys);
});

test("a device whose identity is not good is let in neither by others nor by itself", async () => {
  const ana = await person("ana");
  const eve = await person("eve");
  const group = await ana.found(text("call/1"));
  const { message } = await eve.keyPackage();
  await expect(group.commit({ add: [message], remove: [] })).rejects.toThrow(BadKeys);
  const own = await eve.enterByOwnCommit(await group.groupInfo()).catch(() => undefined);
  if (own !== undefined) await expect(group.process(own.commit)).rejects.toThrow(BadKeys);
  const trusting = new MLS(await signer("dora"), async () => true);
  const atDora = (await trusting.enterByOwnCommit(await group.groupInfo())).next;
  const ghost = await atDora.commit({ add: [message], remove: [] });
  const atAna = await group.process((await trusting.enterByOwnCommit(await group.groupInfo())).commit);
  await expect(atAna.process(ghost.commit)).rejects.toThrow(BadKeys);
});

describe("a call by a link with a secret", () => {
  const secret = new Uint8Array(32).fill(5);

  test("is entered by who knows the secret, added or by himself", async () => {
    const ana = await person("ana", secret);
    const bia = await person("bia", secret);
    const carlo = await person("carlo", secret);
    const group = await ana.found(text("call/1"));
    const mine = await bia.keyPackage();
    const added = await group.commit({ add: [mine.message], remove: [] });
    const atBia = await bia.enter(added.welcome as Bytes, added.groupInfo, mine);
    expect(await secrets(atBia)).toBe(await secrets(added.next));
    const own = await carlo.enterByOwnCommit(added.groupInfo);
    expect(await secrets(await atBia.process(own.commit))).toBe(await secrets(own.next));
  });

  test("is closed to whom the server lets in without it", async () => {
    const ana = await person("ana", secret);
    const bia = await person("bia", secret);
    const group = await ana.found(text("call/1"));
    for (const wrong of [undefined, new Uint8Array(32)]) {
      const ghost = await person("ghost", wrong);
      if (wrong === undefined) {
        const own = await ghost.enterByOwnCommit(await group.groupInfo()); // nothing in him asks for the secret
        await expect(group.process(own.commit)).rejects.toThrow("link's secret");
        await expect(bia.enterByOwnCommit(own.groupInfo)).rejects.toThrow("link's secret");
      } else {
        await expect(ghost.enterByOwnCommit(await group.groupInfo())).rejects.toThrow("link's secret");
      }
      const mine = await ghost.keyPackage();
      const added = await group.commit({ add: [mine.message], remove: [] });
      await expect(ghost.enter(added.welcome as Bytes, added.groupInfo, mine)).rejects.toThrow(BadKeys);
    }
    // Nor does a member who was talked into it add somebody without the secret.
    const { commit, next: atBia } = await bia.enterByOwnCommit(await group.groupInfo());
    const atAna = await group.process(commit);
    expect(await secrets(atAna)).toBe(await secrets(atBia));
  });
});

test("random bytes, and other messages in a message's place, are refused as bad keys", async () => {
  const ana = await person("ana");
  const group = await ana.found(text("call/1"));
  const mine = await ana.keyPackage();
  const info = await group.groupInfo();
  for (const bytes of [new Uint8Array(0), new Uint8Array(40), mine.message, info.slice(0, 90)]) {
    await expect(group.process(bytes)).rejects.toThrow(BadKeys);
    await expect(ana.enter(bytes, info, mine)).rejects.toThrow(BadKeys);
    await expect(ana.enterByOwnCommit(bytes)).rejects.toThrow(BadKeys);
    if (bytes !== mine.message)
      await expect(group.commit({ add: [bytes], remove: [] })).rejects.toThrow(BadKeys);
  }
});

test("through 40 random joins, leaves and renewals all members agree, and who left is outside", async () => {
  let state = 9_420;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const founder = await person("p0");
  const first: { mls: MLS; group: Group } = { mls: founder, group: await founder.found(text("c")) };
  const inside = new Map([["p0", first]]);
  for (let step = 1; step <= 40; step++) {
    const all = [...inside];
    const [committer, { group }] = all[below(all.length)] ?? ["p0", first];
    let commit: Bytes;
    const others = all.filter(([name]) => name !== committer);
    const what = below(10);
    const name = `p${step}`;
    if (inside.size < 8 && what < 4) {
      const mls = await person(name);
      const mine = await mls.keyPackage();
      const made = await group.commit({ add: [mine.message], remove: [] });
      commit = made.commit;
      inside.set(committer, { mls: inside.get(committer)?.mls as MLS, group: made.next });
      inside.set(name, { mls, group: await mls.enter(made.welcome as Bytes, made.groupInfo, mine) });
    } else if (inside.size < 8 && what < 6) {
      const mls = await person(name);
      const made = await mls.enterByOwnCommit(await group.groupInfo());
      commit = made.commit;
      inside.set(committer, { mls: inside.get(committer)?.mls as MLS, group: await group.process(commit) });
      inside.set(name, { mls, group: made.next });
    } else {
      const victim = others.length > 0 && what < 9 ? others[below(others.length)] : undefined;
      const made = await group.commit({
        add: [],
        remove: victim === undefined ? [] : [victim[1].group.leaf],
      });
      commit = made.commit;
      inside.set(committer, { mls: inside.get(committer)?.mls as MLS, group: made.next });
      if (victim !== undefined) {
        inside.delete(victim[0]);
        expect((await victim[1].group.process(commit)).removed).toBe(true);
      }
    }
    for (const [other, { mls, group: theirs }] of others)
      if (inside.has(other)) inside.set(other, { mls, group: await theirs.process(commit) });
    const agreed = new Set(await Promise.all([...inside.values()].map((one) => secrets(one.group))));
    expect(agreed.size).toBe(1);
  }
});
