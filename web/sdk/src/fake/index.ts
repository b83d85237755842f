/**
 * A Pronto without a server, a network or devices, for the tests of those who build with it. It is the real client
 * over a connection that ends in the same page: what the test says happens to it, the client hears as from a server.
 */

import type { Call } from "../call.ts";
import { Pronto } from "../index.ts";
import type { Note, OpenedNote } from "../notes.ts";
import type { ProblemCode } from "../problem.ts";
import type { CallLogEntry, EndReason, Kind, Media, Person } from "../wire.gen.ts";
import { FakeNotes, type LeftNote } from "./notes.ts";
import { FakeServer } from "./server.ts";

export type { LeftNote } from "./notes.ts";

/** FakeOptions are who is there. */
export interface FakeOptions {
  /** user is our account; undefined for a guest. "ana" by default. */
  readonly user?: string | undefined;
  /** name is what others see of us. */
  readonly name?: string;
  /** contacts are the people we know. */
  readonly contacts?: readonly Person[];
}

/** RingFake is a call that comes in. */
export interface RingFake {
  readonly from: string;
  readonly name?: string;
  readonly kind?: Kind;
}

/** LeaveFakeNote is a note that somebody has left us. */
export interface LeaveFakeNote extends Note {
  readonly from: string;
  readonly name?: string;
  /** trust is "known" by default. */
  readonly trust?: OpenedNote["trust"];
}

/** FakePronto is a client, and what may happen to it. */
export interface FakePronto {
  /** pronto is the client to hand to the code under test. */
  readonly pronto: Pronto;
  /** asked are the requests that the client has made, in order, by type. */
  readonly asked: readonly { readonly type: string; readonly body: unknown }[];
  /** rings has somebody ring, and returns the call's id. */
  rings(ring: RingFake): string;
  /** stopsRinging takes such a call back. */
  stopsRinging(call: string): void;
  /** answers has somebody whom we ring answer. Without a name whoever is rung first. */
  answers(call: Call, user?: string): void;
  /** declines has him decline; a call in which nobody else is left ends. */
  declines(call: Call, user?: string): void;
  /** leaves has somebody hang up. */
  leaves(call: Call, user: string): void;
  /** changes has somebody mute or unmute, or switch the camera. */
  changes(call: Call, user: string, media: Partial<Media>): void;
  /** takesNotes has somebody take notes to calls of ours that he does not answer. */
  takesNotes(user: string): void;
  /** notes are those that the client has left. */
  readonly notes: readonly LeftNote[];
  /** leavesNote has somebody have rung us in vain, and have left a note: the event logged tells of it. */
  leavesNote(note: LeaveFakeNote): CallLogEntry;
  /** ends ends a call for all. */
  ends(call: Call, reason?: EndReason): void;
  /** refuses makes the next request of a type fail with a code. */
  refuses(type: string, code: ProblemCode, detail?: string): void;
  /** losesNetwork cuts the connection; the client comes back by itself. */
  losesNetwork(): void;
}

/** createFakePronto makes a client without a server. Nothing leaves the page, no device is asked for, no timer outlives pronto.close(). */
export function createFakePronto(options: FakeOptions = {}): FakePronto {
  const server = new FakeServer({ user: "ana", name: "Ana", contacts: [], ...options });
  const pronto = new Pronto({
    token: "fake",
    url: "ws://fake.invalid/v1/ws",
    device: "fake",
    storage: { getItem: () => null, setItem: () => undefined },
    makeSocket: server.makeSocket,
    noMedia: true,
  });
  const notes = new FakeNotes(
    (call) => server.rangInVain(call),
    (call) => server.logNote(call, false),
  );
  Object.assign(pronto, { account: notes.over(pronto.account) });
  return {
    pronto,
    asked: server.asked,
    rings: (ring) => server.ring(ring),
    stopsRinging: (call) => server.stopRinging(call),
    answers: (call, user) => server.call(call.id).answer(user),
    declines: (call, user) => server.call(call.id).decline(user),
    leaves: (call, user) => server.call(call.id).leave(user),
    changes: (call, user, media) => server.call(call.id).change(user, media),
    takesNotes: (user) => notes.takenBy(user),
    notes: notes.left,
    leavesNote: ({ from, name = from, recording, durationMs, trust = "known" }) => {
      const entry = server.misses({ user: from, name });
      notes.wait(entry.call, { recording, durationMs, trust });
      server.logNote(entry.call, true);
      return { ...entry, note: true };
    },
    ends: (call, reason = "hangup") => server.call(call.id).end(reason),
    refuses: (type, code, detail) => server.refuse(type, code, detail),
    losesNetwork: () => server.drop(),
  };
}
