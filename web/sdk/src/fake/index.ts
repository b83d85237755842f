/**
 * A Pronto without a server, a network or devices, for the tests of those who build with it. It is the real client
 * over a connection that ends in the same page: what the test says happens to it, the client hears as from a server.
 */

import type { Call } from "../call.ts";
import { Pronto } from "../index.ts";
import type { ProblemCode } from "../problem.ts";
import type { EndReason, Kind, Media, Person } from "../wire.gen.ts";
import { FakeServer } from "./server.ts";

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
  return {
    pronto,
    asked: server.asked,
    rings: (ring) => server.ring(ring),
    stopsRinging: (call) => server.stopRinging(call),
    answers: (call, user) => server.call(call.id).answer(user),
    declines: (call, user) => server.call(call.id).decline(user),
    leaves: (call, user) => server.call(call.id).leave(user),
    changes: (call, user, media) => server.call(call.id).change(user, media),
    ends: (call, reason = "hangup") => server.call(call.id).end(reason),
    refuses: (type, code, detail) => server.refuse(type, code, detail),
    losesNetwork: () => server.drop(),
  };
}
