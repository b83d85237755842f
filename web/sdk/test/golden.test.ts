// The golden frames are written by Go (signalling/wire). Here they are read as
// the client reads them: against the schema and the types of the same source.
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import {
  callEvents,
  closeCodes,
  maxFrameBytes,
  peerEvents,
  type ServerFrame,
  sessionEvents,
} from "../src/wire.gen.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

interface Variant {
  readonly properties: { readonly type: { readonly const: string }; readonly id?: unknown };
  readonly required: readonly string[];
}

interface Schema {
  readonly $schema: string;
  readonly $defs: Readonly<Record<string, { readonly oneOf: readonly Variant[] }>>;
}

const wire = new URL("../../../signalling/wire/", import.meta.url);
const golden = new URL("testdata/golden/", wire);
const schema = JSON.parse(readFileSync(new URL("schema.gen.json", wire), "utf8")) as Schema;
const ajv = new Ajv2020({ strictTypes: false });
const frameOf = (side: "ClientFrame" | "ServerFrame") =>
  ajv.compile({ $schema: schema.$schema, $defs: schema.$defs, $ref: `#/$defs/${side}` });
const isClientFrame = frameOf("ClientFrame");
const isServerFrame = frameOf("ServerFrame");

const files = readdirSync(golden).map((name) => {
  const frame = JSON.parse(readFileSync(new URL(name, golden), "utf8")) as { readonly type: string } & Record<
    string,
    Json
  >;
  return { name, kind: name.slice(0, name.indexOf("-")), frame };
});

/** without returns frame once for every field, at any depth, with that field left out. */
function without(value: Json, path = ""): { readonly path: string; readonly value: Json }[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, i) =>
      without(item, `${path}[${i}]`).map((o) => ({ path: o.path, value: value.with(i, o.value) as Json })),
    );
  }
  if (value === null || typeof value !== "object") return [];
  const entries = Object.entries(value);
  return entries.flatMap(([name, inner]) => [
    { path: `${path}.${name}`, value: Object.fromEntries(entries.filter(([other]) => other !== name)) },
    ...without(inner, `${path}.${name}`).map((o) => ({ path: o.path, value: { ...value, [name]: o.value } })),
  ]);
}

/** All that may be left out of the golden frames; a change here changes the protocol for every client. */
const optional = [
  "event callMoved: body.device",
  "event described: body.binding",
  "event devices: body.devices[].pending",
  "event discovery: body.numberEnding",
  "event group: body.by",
  "event group: body.call",
  "event group: body.createdMs",
  "event group: body.expiresMs",
  "event group: body.isolate",
  "event group: body.memberCount",
  "event group: body.members[].automated",
  "event group: body.members[].expiresMs",
  "event group: body.members[].role",
  "event group: body.role",
  "event handChanged: body.by",
  "event handChanged: body.raisedMs",
  "event incoming: body.automated",
  "event incoming: body.group",
  "event incoming: body.others",
  "event incoming: body.title",
  "event inviteUnanswered: body.busy",
  "event kindAnswered: body.participant",
  "event link: body.bookedFrom",
  "event link: body.revokedMs",
  "event lobby: body.link",
  "event lobby: body.rings",
  "event lobby: body.sealed",
  "event lobby: body.title",
  "event lobby: body.waiting[].automated",
  "event lobby: body.waiting[].guest",
  "event lobby: body.waiting[].user",
  "event lobbyChanged: body.crowded",
  "event logged: body.note",
  "event mediaChanged: body.device",
  "event participantInvited: body.participant.user",
  "event participantJoined: body.keyEpoch",
  "event participantJoined: body.participant.automated",
  "event participantJoined: body.participant.batteryLow",
  "event participantJoined: body.participant.device",
  "event participantJoined: body.participant.guest",
  "event phaseChanged: body.connectedMs",
  "event preferences: body.minor",
  "event preferences: body.terms",
  "event preferences: body.termsMs",
  "event presence: body.people[].online",
  "event profile: body.about",
  "event profile: body.avatar",
  "event reminder: body.bookedFrom",
  "event reminder: body.host",
  "event reminder: body.sealed",
  "event ringStopped: body.device",
  "event titleChanged: body.sealed",
  "event titleChanged: body.title",
  "reply callLog: body.next",
  "reply callState: body.askRating",
  "reply callState: body.connectedMs",
  "reply callState: body.host",
  "reply callState: body.ice.relayOnly",
  "reply callState: body.isolates",
  "reply callState: body.noReports",
  "reply callState: body.participants[].automated",
  "reply callState: body.participants[].batteryLow",
  "reply callState: body.participants[].device",
  "reply callState: body.participants[].guest",
  "reply callState: body.participants[].user",
  "reply callState: body.title",
  "reply callbacks: body.callbacks[].note",
  "reply decisions: body.entries[].call",
  "reply decisions: body.entries[].from",
  "reply decisions: body.next",
  "reply devices: body.devices[].credential",
  "reply devices: body.devices[].key",
  "reply devices: body.devices[].pending",
  "reply devices: body.this",
  "reply discovery: body.numberEnding",
  "reply group: body.by",
  "reply group: body.call",
  "reply group: body.createdMs",
  "reply group: body.expiresMs",
  "reply group: body.isolate",
  "reply group: body.memberCount",
  "reply group: body.members[].automated",
  "reply group: body.members[].expiresMs",
  "reply group: body.members[].role",
  "reply group: body.role",
  "reply groups: body.groups[].by",
  "reply groups: body.groups[].expiresMs",
  "reply link: body.endsMs",
  "reply link: body.hasHostLink",
  "reply link: body.hostLink",
  "reply link: body.terms.expiresMs",
  "reply link: body.terms.idleSeconds",
  "reply link: body.terms.joinMuted",
  "reply link: body.terms.lobby",
  "reply link: body.terms.maxParticipants",
  "reply link: body.terms.maxUses",
  "reply link: body.terms.opensMs",
  "reply link: body.terms.ringHost",
  "reply link: body.terms.sealed",
  "reply link: body.terms.title",
  "reply link: body.unencrypted",
  "reply link: body.usedMs",
  "reply linkDoor: body.books",
  "reply linkDoor: body.encrypted",
  "reply linkDoor: body.endsMs",
  "reply linkDoor: body.host",
  "reply linkDoor: body.joinMuted",
  "reply linkDoor: body.opensInMs",
  "reply linkDoor: body.sealed",
  "reply linkDoor: body.title",
  "reply linkDoor: body.waits",
  "reply linkSlots: body.slots[].booked",
  "reply links: body.links[].endsMs",
  "reply links: body.links[].revokedMs",
  "reply links: body.links[].terms.expiresMs",
  "reply links: body.links[].terms.maxUses",
  "reply links: body.links[].terms.title",
  "reply presence: body.people[].inCall",
  "reply presence: body.people[].lastSeenMs",
  "reply presence: body.people[].online",
  "reply privacy: body.doNotDisturb",
  "reply privacy: body.rejectInCall",
  "reply privacy: body.takeNotes",
  "reply problem: body.device",
  "reply problem: body.retryAfterMs",
  "reply problem: body.text",
  "reply problem: id",
  "reply profile: body.about",
  "reply profile: body.avatar",
  "reply profiles: body.profiles[].about",
  "reply profiles: body.profiles[].automated",
  "reply profiles: body.profiles[].avatar",
  "reply profiles: body.profiles[].noCalls",
  "reply profiles: body.profiles[].noCallsText",
  "reply push: body.key",
  "reply push: body.subscribed",
  "reply queue: body.hours",
  "reply waiting: body.admitted",
  "reply waiting: body.forMs",
  "reply welcome: body.calls[].host",
  "reply welcome: body.calls[].ice.relayOnly",
  "reply welcome: body.calls[].participants[].device",
  "reply welcome: body.calls[].participants[].user",
  "reply welcome: body.resumed",
  "reply welcome: body.terms",
  "reply welcome: body.terms.required",
  "reply welcome: body.user",
  "request cancel: body.participant",
  "request changeLink: body.terms.expiresMs",
  "request changeLink: body.terms.idleSeconds",
  "request changeLink: body.terms.joinMuted",
  "request changeLink: body.terms.lobby",
  "request changeLink: body.terms.maxParticipants",
  "request changeLink: body.terms.maxUses",
  "request changeLink: body.terms.opensMs",
  "request changeLink: body.terms.ringHost",
  "request changeLink: body.terms.sealed",
  "request commitKeys: body.welcome",
  "request createGroup: body.isolate",
  "request createLink: body.expiresInSeconds",
  "request createLink: body.hostLink",
  "request createLink: body.terms.expiresMs",
  "request createLink: body.terms.idleSeconds",
  "request createLink: body.terms.joinMuted",
  "request createLink: body.terms.lobby",
  "request createLink: body.terms.maxParticipants",
  "request createLink: body.terms.maxUses",
  "request createLink: body.terms.opensMs",
  "request createLink: body.terms.ringHost",
  "request createLink: body.terms.sealed",
  "request createLink: body.terms.title",
  "request createLink: body.unencrypted",
  "request describe: body.binding",
  "request enterKeys: body.keyPackage",
  "request getCallLog: body.before",
  "request getCallLog: body.limit",
  "request getDecisions: body.before",
  "request getDecisions: body.limit",
  "request hello: body.capabilities",
  "request hello: body.capabilities.battery",
  "request hello: body.capabilities.screen",
  "request hello: body.capabilities.simulcast",
  "request hello: body.capabilities.svc",
  "request hello: body.deviceName",
  "request hello: body.encryption",
  "request hello: body.resume",
  "request joinLink: body.browser",
  "request knock: body.browser",
  "request mediaFailed: body.cause",
  "request ping: body.rttMs",
  "request putKeyPackages: body.lastResort",
  "request removeFromGroup: body.ban",
  "request reportConnection: body.dtlsMs",
  "request reportConnection: body.family",
  "request reportConnection: body.iceMs",
  "request reportConnection: body.relayMs",
  "request reportEnd: body.moments",
  "request reportEnd: body.moments[].tookMs",
  "request reportQuality: body.moments",
  "request reportQuality: body.moments[].tookMs",
  "request reportQuality: body.path",
  "request reportQuality: body.rttMs",
  "request reportQuality: body.sent",
  "request reportQuality: body.sound",
  "request reportQuality: body.sound.repaired",
  "request reportQuality: body.switches",
  "request reportQuality: body.up",
  "request revokeLink: body.keepCall",
  "request ring: body.routed",
  "request ring: body.unencrypted",
  "request ringGroup: body.confirmBlocked",
  "request ringGroup: body.silent",
  "request ringGroup: body.unencrypted",
  "request setDataUse: body.budgetKB",
  "request setDataUse: body.low",
  "request setPreferences: body.acceptTerms",
  "request setPreferences: body.blocked",
  "request setPreferences: body.presence",
  "request setPreferences: body.presence.except",
  "request setPreferences: body.privacy",
  "request setPreferences: body.showProfileTo",
  "request setPresenceSetting: body.except",
  "request setPrivacy: body.doNotDisturb",
  "request setPrivacy: body.rejectInCall",
  "request setPrivacy: body.silenceUnknown",
  "request setPrivacy: body.takeNotes",
  "request setPrivacy: body.whoMayAdd",
  "request setProfile: body.name",
  "request setQueue: body.hours",
  "request transfer: body.operator",
  "request trickle: body.candidates[].usernameFragment",
  "request uploadContacts: body.complete",
  "request uploadContacts: body.start",
  "request view: body.items[].pinned",
];

describe("golden frames", () => {
  it.each(files)("$name is a frame of its side, and of that side only", ({ kind, frame }) => {
    const [own, other] = kind === "request" ? [isClientFrame, isServerFrame] : [isServerFrame, isClientFrame];
    expect(own(frame), ajv.errorsText(own.errors)).toBe(true);
    expect(other(frame)).toBe(false);
  });

  it("are refused without any field but the optional ones", () => {
    const accepted = files.flatMap(({ kind, frame }) => {
      const valid = kind === "request" ? isClientFrame : isServerFrame;
      return without(frame)
        .filter((o) => valid(o.value))
        .map((o) => `${kind} ${frame.type}: ${o.path.replaceAll(/\[\d+\]/g, "[]").slice(1)}`);
    });
    expect([...new Set(accepted)].sort()).toEqual(optional);
  });

  it.each(files)("$name may say more than we know", ({ kind, frame }) => {
    const valid = kind === "request" ? isClientFrame : isServerFrame;
    expect(valid({ ...frame, newer: { a: 1 } })).toBe(true);
  });

  it("has every type of frame that the schema knows", () => {
    const seen = (kinds: readonly string[]) =>
      new Set(files.filter((f) => kinds.includes(f.kind)).map((f) => f.frame.type));
    const known = (side: string) => new Set(schema.$defs[side]?.oneOf.map((v) => v.properties.type.const));
    expect(seen(["request"])).toEqual(known("ClientFrame"));
    expect(seen(["reply", "event"])).toEqual(known("ServerFrame"));
  });

  it("numbers each event as its scope says", () => {
    const scopes: Readonly<Record<string, readonly string[]>> = {
      ...Object.fromEntries(sessionEvents.map((e) => [e, ["type", "serial", "body"]])),
      ...Object.fromEntries(callEvents.map((e) => [e, ["type", "serial", "call", "epoch", "seq", "body"]])),
      ...Object.fromEntries(peerEvents.map((e) => [e, ["type", "serial", "call", "body"]])),
    };
    for (const { name, frame } of files.filter((f) => f.kind === "event")) {
      expect(Object.keys(frame), name).toEqual(scopes[frame.type]);
    }
  });
});

describe("generated types", () => {
  it("narrow a frame's body by its type, and a reply from an event by its id", () => {
    const read = (frame: ServerFrame): string => {
      if (frame.type === "problem") return `${frame.id ?? "nobody"} ${frame.body.code}`;
      if (frame.id !== undefined) return `reply ${frame.id}`;
      return "seq" in frame ? `event ${frame.call} ${frame.seq}` : `event ${frame.serial}`;
    };
    const frame = (name: string) => files.find((f) => f.name === name)?.frame as unknown as ServerFrame;
    expect(read(frame("reply-problem.json"))).toBe("7 answeredElsewhere");
    expect(read(frame("reply-problem.withoutId.json"))).toBe("nobody badFrame");
    expect(read(frame("reply-people.json"))).toBe("reply 7");
    expect(read(frame("event-people.json"))).toBe("event 5");
    expect(read(frame("event-callEnded.json"))).toBe("event c1 2");
  });

  it("carry the limits and close codes of the server", () => {
    expect(maxFrameBytes).toBe(128 * 1024);
    expect(closeCodes.unauthenticated).toBe(4001);
  });
});
