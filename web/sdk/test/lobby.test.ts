import { expect, test, vi } from "vitest";
import { toKnocking } from "../src/knocking.ts";
import { newLinkSecret } from "../src/linkaddress.ts";
import { sealDetails } from "../src/linksecret.ts";
import { Lobby } from "../src/lobby.ts";
import type { Signalling } from "../src/signalling.ts";
import type { CallState, Lobby as WireLobby } from "../src/wire.gen.ts";

const secret = newLinkSecret();
const waiting = {
  call: "c1",
  link: "l1",
  waiting: [{ waiter: "w1", name: "Zoe", sinceMs: 1 }],
} as unknown as WireLobby;

/** state is a call of a link, as its host sees it. */
function state(more: Partial<CallState> = {}): CallState {
  return { call: "c1", self: "p1", participants: [{ participant: "p1", host: true }], ...more } as CallState;
}

function server() {
  const request = vi.fn(async (_type: string, _body: unknown) => ({}));
  return { signalling: { request } as unknown as Signalling, asked: () => request.mock.calls };
}

test("a host lets in, sends away, and switches the lobby", async () => {
  const { signalling, asked } = server();
  const lobby = new Lobby(signalling, state({ lobby: "guests" }), undefined);
  expect([lobby.mode, lobby.hosting, lobby.waiting]).toEqual(["guests", true, []]);
  await lobby.admit("w1");
  await lobby.deny("w2");
  await lobby.setMode("everyone");
  expect(asked()).toEqual([
    ["answerKnock", { call: "c1", waiter: "w1", admit: true }],
    ["answerKnock", { call: "c1", waiter: "w2", admit: false }],
    ["setLobby", { call: "c1", lobby: "everyone" }],
  ]);
});

test("only the participant that we are makes us a host", () => {
  const { signalling } = server();
  const others = [
    { participant: "p1" },
    { participant: "p2", host: true },
  ] as unknown as CallState["participants"];
  const lobby = new Lobby(signalling, state({ participants: others }), undefined);
  expect([lobby.mode, lobby.hosting]).toEqual(["off", false]);
  lobby.update(state());
  expect(lobby.hosting).toBe(true);
});

test("who waits is told, the last word counts", () => {
  const { signalling } = server();
  const lobby = new Lobby(signalling, state(), undefined);
  const changes = vi.fn();
  lobby.on("change", changes);
  lobby.take(waiting);
  expect(lobby.waiting).toEqual(waiting.waiting);
  lobby.take({ ...waiting, waiting: [] });
  expect(lobby.waiting).toEqual([]);
  expect(changes).toHaveBeenCalledTimes(2);
});

test("what the call is about is read with the secret, also when it changes, and never with another", async () => {
  const { signalling } = server();
  const [tea, milk] = await Promise.all(
    ["Tea", "Milk"].map((title) => sealDetails(secret, { title, description: "" })),
  );
  const lobby = new Lobby(signalling, state({ sealed: `${tea}` }), secret);
  await vi.waitFor(() => expect(lobby.title).toBe("Tea"));
  expect(lobby.description).toBeUndefined();
  lobby.update(state({ sealed: `${tea}` }));
  lobby.update(state({ sealed: `${milk}` }));
  await vi.waitFor(() => expect(lobby.title).toBe("Milk"));
  const changes = vi.fn();
  const stranger = new Lobby(signalling, state({ sealed: `${tea}`, title: "Call" }), newLinkSecret());
  stranger.on("change", changes);
  await vi.waitFor(() => expect(changes).toHaveBeenCalled());
  expect(stranger.title).toBe("Call"); // what the server knows
});

test("a knock at a link of ours is answered without being in its call", async () => {
  const { signalling, asked } = server();
  const sealed = await sealDetails(secret, { title: "Tea", description: "green" });
  const knocking = await toKnocking(signalling, { ...waiting, sealed }, secret);
  expect(knocking).toMatchObject({ ...waiting, title: "Tea", description: "green" });
  await knocking.admit("w1");
  await knocking.deny("w1");
  expect(asked()).toEqual([
    ["answerKnock", { call: "c1", waiter: "w1", admit: true }],
    ["answerKnock", { call: "c1", waiter: "w1", admit: false }],
  ]);
  expect(await toKnocking(signalling, { ...waiting, sealed }, undefined)).toMatchObject({ title: "" });
});
