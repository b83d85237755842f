import { afterEach, describe, expect, test } from "vitest";
import { createFakePronto, type FakePronto } from "../src/fake/index.ts";
import type { Incoming } from "../src/index.ts";

let fake: FakePronto;

function connected(options: Parameters<typeof createFakePronto>[0] = {}) {
  fake = createFakePronto(options);
  return fake.pronto.connect();
}

/** soon waits until a condition is true: the fake's network is a turn of the loop. */
async function soon(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve));
  expect(condition()).toBe(true);
}

afterEach(() => fake.pronto.close());

describe("the fake", () => {
  test("knows who we are, an account or a guest", async () => {
    expect(await connected({ user: "dora", name: "Dora" })).toEqual({ user: "dora", name: "Dora" });
    fake.pronto.close();
    expect(await connected({ user: undefined, name: "Zoe" })).toEqual({ name: "Zoe" });
  });

  test("rings, is answered, mutes, and hangs up", async () => {
    await connected({ contacts: [{ user: "bia", name: "Bia" }] });
    const call = await fake.pronto.ring(["bia"], { kind: "voice" });
    await soon(() =>
      call.participants.some(({ name, presence }) => name === "Bia" && presence === "ringing"),
    );
    fake.answers(call);
    await soon(() => call.phase === "active");
    fake.changes(call, "bia", { microphone: false });
    await soon(() => call.participants.some(({ user, media }) => user === "bia" && !media.microphone));
    const ended = new Promise((resolve) => call.on("ended", resolve));
    fake.leaves(call, "bia");
    expect(await ended).toMatchObject({ reason: "hangup" });
    expect(fake.pronto.calls).toEqual([]);
  });

  test("is declined", async () => {
    await connected();
    const call = await fake.pronto.ring(["bia"], { kind: "video" });
    const ended = new Promise((resolve) => call.on("ended", resolve));
    fake.declines(call, "bia");
    expect(await ended).toMatchObject({ reason: "declined" });
  });

  test("has calls come in, which are accepted, declined or taken back", async () => {
    await connected();
    const shown: Incoming[] = [];
    fake.pronto.on("incoming", (incoming) => shown.push(incoming));
    fake.rings({ from: "bia", name: "Bia", kind: "video" });
    await soon(() => shown.length === 1);
    const call = await shown[0]?.accept({ camera: false });
    expect(call?.participants.map(({ name }) => name)).toEqual(["Ana", "Bia"]);
    await soon(() => call?.phase === "active");
    expect(call?.deviceError).toBeUndefined();

    const taken = fake.rings({ from: "carlo" });
    await soon(() => fake.pronto.incoming.length === 1);
    fake.stopsRinging(taken);
    await soon(() => fake.pronto.incoming.length === 0);

    fake.rings({ from: "dora" });
    await soon(() => fake.pronto.incoming.length === 1);
    await fake.pronto.incoming[0]?.decline();
    expect(fake.asked.map(({ type }) => type)).toContain("decline");
  });

  test("refuses what the test wants refused, once", async () => {
    await connected();
    fake.refuses("ring", "rateLimited");
    await expect(fake.pronto.ring(["bia"], { kind: "voice" })).rejects.toMatchObject({ code: "rateLimited" });
    await fake.pronto.ring(["bia"], { kind: "voice" });
  });

  test("loses the network and comes back to the same call", async () => {
    await connected();
    const call = await fake.pronto.ring(["bia"], { kind: "voice" });
    fake.losesNetwork();
    await soon(() => fake.pronto.state === "reconnecting");
    await soon(() => fake.pronto.state === "online");
    fake.answers(call);
    await soon(() => call.phase === "active");
  });

  test("keeps contacts, blocks and links", async () => {
    await connected();
    await fake.pronto.addContact("bia");
    await fake.pronto.block("ezio");
    expect(await fake.pronto.people()).toMatchObject({
      contacts: [{ user: "bia" }],
      blocked: [{ user: "ezio" }],
    });
    const { link } = await fake.pronto.links.create({ kind: "video", title: "Sales" });
    const call = await fake.pronto.joinLink(link);
    expect(call.kind).toBe("video");
    await expect.poll(() => call.title).toBe("Sales"); // opened with the secret, which is this browser's
    expect((await fake.pronto.links.revoke(link)).revokedMs).toBeGreaterThan(0);
    expect(await fake.pronto.links.list()).toHaveLength(1);
  });

  test("is left a note when nobody answers, and has one left for it", async () => {
    await connected();
    const { account } = fake.pronto;
    const note = { recording: new Blob(["hello"], { type: "audio/webm" }), durationMs: 1_000 };
    const call = await fake.pronto.ring(["bia"], { kind: "voice" });
    await call.leave();
    expect(await account.canLeaveNote(call.id)).toBe(false);
    await expect(account.leaveNote(call.id, note)).rejects.toMatchObject({ code: "noNotes" });
    fake.takesNotes("bia");
    expect(await account.canLeaveNote(call.id, { to: "bia" })).toBe(true);
    await account.leaveNote(call.id, note);
    expect(fake.notes).toEqual([{ call: call.id, to: "bia", ...note }]);
    const answered = await fake.pronto.ring(["bia"], { kind: "voice" });
    fake.answers(answered);
    fake.ends(answered);
    expect(await account.canLeaveNote(answered.id)).toBe(false);

    const logged: unknown[] = [];
    fake.pronto.on("logged", ({ with: [who], note: waits }) => logged.push([who?.name, waits]));
    const entry = fake.leavesNote({ ...note, from: "bia", name: "Bia" });
    expect((await fake.pronto.callLog()).entries).toEqual([entry]);
    expect(await account.openNote(entry)).toEqual({ ...note, trust: "known" });
    await expect(account.openNote(entry)).rejects.toMatchObject({ code: "notFound" });
    await soon(() => logged.length === 2);
    expect(logged).toEqual([
      ["Bia", true],
      ["Bia", undefined],
    ]);
    await account.disable(); // the rest of the account is the client's
    expect(fake.asked.at(-1)).toEqual({ type: "disableAccount", body: {} });
  });
});
