import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fromBlob, toBlob } from "../../src/e2ee/bytes.ts";
import { Opener } from "../../src/e2ee/opener.ts";
import { Generations, Sealer } from "../../src/e2ee/sealer.ts";
import { decodeHeader } from "../../src/e2ee/sframe.ts";
import { type Device, FakeDelivery } from "./fakedelivery.ts";

/** patience is how long a test waits for what must come, in milliseconds: machines may be busy. */
const patience = 30_000;

let delivery: FakeDelivery;

beforeEach(() => {
  delivery = new FakeDelivery();
});

afterEach(() => {
  for (const { keys } of delivery.devices.values()) keys.close();
});

async function enter(participant: string, psk?: Uint8Array<ArrayBuffer>): Promise<Device> {
  const device = await delivery.join(participant, participant, psk);
  device.keys.enter();
  await inside(device);
  return device;
}

async function inside(...devices: Device[]): Promise<void> {
  await vi.waitFor(() => {
    for (const { keys, participant } of devices)
      expect([participant, new TextDecoder().decode(keys.group?.id), keys.group?.epoch]).toEqual([
        participant,
        `${delivery.call}/${delivery.group}`,
        delivery.epoch,
      ]);
  }, patience);
  for (const { keys } of devices) await keys.settled();
}

async function agree(...devices: Device[]): Promise<void> {
  await inside(...devices);
  const codes = devices.map(({ keys }) => toBlob(keys.group?.authenticator ?? new Uint8Array(0)));
  expect(new Set(codes).size).toBe(1);
}

/** hears tells whether what one seals now is opened by another, and by whom it is. */
async function hears(listener: Device, speaker: Device): Promise<string> {
  const sealer = new Sealer("microphone", speaker.keyring, new Generations(), () => speaker.keys.sender);
  const sealed = await sealer.seal("opus", false, Uint8Array.of(1, 2, 3));
  if (sealed === undefined) return "not sealed";
  expect(decodeHeader(sealed)).toBeDefined();
  const holders: (string | undefined)[] = [];
  const opener = new Opener(listener.keyring, (_, holder) => {
    holders.push(holder?.participant);
    return "open";
  });
  const opened = await opener.open("opus", sealed);
  if (typeof opened === "string") return opened;
  return "fault" in opened ? opened.fault : `${holders[0]}`;
}

test("the first founds the group, the next are let in, and each opens the others' frames", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  const carlo = await enter("carlo");
  await agree(ana, bia, carlo);
  for (const [one, other] of [
    [ana, bia],
    [bia, carlo],
    [carlo, ana],
  ] as const) {
    await vi.waitFor(async () => expect(await hears(one, other)).toBe(other.participant), patience);
  }
  expect(delivery.ready).toContain("carlo 2");
});

test("two who come first at the same time end in one group", async () => {
  const [ana, bia] = [await delivery.join("ana"), await delivery.join("bia")];
  ana.keys.enter();
  bia.keys.enter();
  await agree(ana, bia);
  expect(delivery.holders).toHaveLength(2);
});

test("who leaves opens nothing that is sealed after, who comes nothing that was sealed before", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  const before = await new Sealer("camera", ana.keyring, new Generations(), () => ana.keys.sender).seal(
    "vp8",
    true,
    new Uint8Array(9),
  );
  delivery.devices.delete("bia");
  delivery.want([bia.keys.group?.leaf ?? -1]);
  await vi.waitFor(() => expect(ana.keys.group?.epoch).toBe(2), patience);
  const carlo = await enter("carlo");
  await agree(ana, carlo);
  ana.keys.switched({ group: 1, epoch: delivery.epoch });
  await ana.keys.settled();
  expect(await hears(carlo, ana)).toBe("ana");
  expect(await hears(bia, ana)).toBe("wait"); // for a key that never comes to her
  const opened = await new Opener(carlo.keyring, () => "open").open("vp8", before ?? new Uint8Array(0));
  expect(opened).toBe("before"); // and no trouble: it was not for him
  bia.keys.close();
});

test("a newcomer whom nobody lets in adds himself", async () => {
  const ana = await enter("ana");
  delivery.deaf.add("ana");
  const bia = await delivery.join("bia");
  bia.keys.enter();
  await inside(bia);
  delivery.deaf.clear();
  ana.keys.sync();
  await agree(ana, bia);
  expect(delivery.holders.map(({ participant }) => participant)).toEqual(["ana", "bia"]);
});

test("who is on the way in keeps his key package, however often he asks what he missed", async () => {
  await enter("ana");
  delivery.deaf.add("ana");
  const bia = await delivery.join("bia");
  bia.keys.enter();
  for (let i = 0; i < 3; i++) bia.keys.sync();
  await bia.keys.settled();
  expect(new Set(delivery.knocks).size).toBe(1);
  expect(delivery.knocks).toHaveLength(4);
});

test("who missed commits gets them, in order", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  delivery.deaf.add("bia");
  await enter("carlo");
  delivery.deaf.delete("bia");
  const dora = await enter("dora"); // whose commit shows bia the gap
  await agree(ana, bia, dora);
});

test("who missed commits that nobody has any more enters anew, on one leaf", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  delivery.deaf.add("bia");
  await enter("carlo");
  delivery.deaf.delete("bia");
  delivery.log = [];
  bia.keys.sync();
  await vi.waitFor(() => expect(delivery.epoch).toBe(3), patience);
  await agree(ana, bia);
  expect(delivery.holders).toHaveLength(3);
});

test("a commit that was changed on its way is found, counted and mended by entering anew", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  delivery.tamper = (commit) => {
    const bytes = fromBlob(commit);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    return toBlob(bytes);
  };
  const carlo = await delivery.join("carlo");
  carlo.keys.enter();
  await vi.waitFor(() => expect(bia.failures).toContain("commit"), patience);
  delivery.tamper = (commit) => commit;
  await agree(ana, bia, carlo);
});

test("a group that is replaced is entered by all, and frames' epochs go on", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  await agree(ana, bia);
  const before = ana.keys.frameEpoch;
  const spare = await delivery.join("dora");
  delivery.groupInfo = toBlob(new Uint8Array(9)); // what nobody can enter by
  delivery.deaf.add("ana").add("bia");
  spare.keys.enter();
  await vi.waitFor(() => expect(delivery.group).toBe(2), patience);
  delivery.deaf.clear();
  await agree(ana, bia, spare);
  expect(spare.failures).toContain("welcome");
  expect(ana.keys.frameEpoch).toBeGreaterThan(before);
});

test("a device with a bad key package is left out, and the others are let in", async () => {
  const ana = await enter("ana");
  await delivery.join("eve");
  const bia = await delivery.join("bia");
  ana.keys.wanted({
    group: 1,
    epoch: 0,
    add: [{ participant: "eve", keyPackage: toBlob(new Uint8Array(40)) }],
    remove: [],
  });
  bia.keys.enter();
  await agree(ana, bia);
  expect(ana.failures).toEqual(["identity"]);
});

test("a call by a link with a secret lets nobody in without it", async () => {
  const secret = new Uint8Array(32).fill(1);
  const ana = await enter("ana", secret);
  const bia = await enter("bia", secret);
  await agree(ana, bia);
  const ghost = await delivery.join("ghost");
  ghost.keys.enter();
  // He makes a group of his own, which the server takes; the others neither follow him nor enter it to repair theirs.
  await vi.waitFor(() => expect(ghost.keys.group).toBeDefined(), patience);
  await vi.waitFor(() => expect(bia.failures).toContain("commit"), patience);
  ghost.keys.close();
  delivery.devices.delete("ghost");
  await vi.waitFor(() => expect(delivery.group).toBe(2), patience);
  await agree(ana, bia);
  await vi.waitFor(async () => expect(await hears(bia, ana)).toBe("ana"), patience);
  expect(ana.keys.group?.members).toHaveLength(2);
  expect(await hears(ghost, ana)).not.toBe("ana");
});

test("the old keys seal until the switch, for a second at most", async () => {
  const ana = await enter("ana");
  await enter("bia");
  await vi.waitFor(() => expect(ana.keys.sender?.epoch).toBe(1), patience);
  await enter("carlo");
  await vi.waitFor(() => expect(ana.sealed).toHaveLength(3), patience);
  expect(ana.sealed).toEqual([0, 0, 1]); // with what, when the keys of each epoch came
  await vi.waitFor(() => expect(ana.keys.sender?.epoch).toBe(2), patience);
});

test("a server that says commits twice, or in another order, changes nothing", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  await agree(ana, bia);
  delivery.deaf.add("bia");
  const [carlo, dora] = [await enter("carlo"), await enter("dora")];
  delivery.deaf.delete("bia");
  const [first, second] = delivery.log.slice(-2);
  if (first === undefined || second === undefined) throw new Error("there are no two commits");
  for (const committed of [second, first, second, first, first]) bia.keys.committed(committed);
  await agree(ana, bia, carlo, dora);
  const { epoch } = delivery;
  for (const device of [ana, bia, carlo, dora]) {
    for (const committed of delivery.log) device.keys.committed(committed);
    await device.keys.settled();
  }
  await agree(ana, bia, carlo, dora);
  expect(delivery.epoch).toBe(epoch);
  expect([ana, bia, carlo, dora].flatMap(({ failures }) => failures)).toEqual([]);
});

test("a server that gives an old commit for a new one is found out, and the device enters anew", async () => {
  const ana = await enter("ana");
  const bia = await enter("bia");
  await agree(ana, bia);
  const [old] = delivery.log;
  if (old === undefined) throw new Error("there is no commit");
  bia.keys.committed({ ...old, epoch: delivery.epoch + 1 });
  await vi.waitFor(() => expect(bia.failures).toContain("commit"), patience);
  await vi.waitFor(() => expect(delivery.epoch).toBe(2), patience);
  await agree(ana, bia);
  expect(delivery.holders).toHaveLength(2);
});

test("keys are renewed every quarter of an hour", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const ana = await delivery.join("ana");
    const until = async (epoch: number) => {
      for (let i = 0; i < 1_000 && ana.keys.group?.epoch !== epoch; i++)
        await new Promise((resolve) => setImmediate(resolve));
      await ana.keys.settled();
      return ana.keys.group?.epoch;
    };
    ana.keys.enter();
    expect(await until(0)).toBe(0);
    const code = ana.keys.group?.authenticator;
    for (const epoch of [1, 2, 3]) {
      vi.advanceTimersByTime(15 * 60_000 - 1);
      await ana.keys.settled();
      expect(ana.keys.group?.epoch).toBe(epoch - 1);
      vi.advanceTimersByTime(1.5 * 60_000 + 1);
      expect(await until(epoch)).toBe(epoch);
    }
    expect(ana.keys.group?.authenticator).not.toEqual(code);
    expect(ana.keys.sender?.epoch).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});

test("a closed device seals nothing", async () => {
  const ana = await enter("ana");
  ana.keys.close();
  expect(await hears(ana, ana)).toBe("not sealed");
});
