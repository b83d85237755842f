import type { ProblemCode } from "../problem.ts";
import type { CallLogEntry, ClientFrame, Kind, Link, Media, Person, RequestType } from "../wire.gen.ts";
import { FakeCall } from "./call.ts";
import { LoopSocket } from "./socket.ts";

interface Here {
  readonly user?: string | undefined;
  readonly name: string;
  readonly contacts: readonly Person[];
}

interface Frame {
  readonly type: string;
  readonly serial: number;
  readonly body: object;
  readonly id?: string | undefined;
}

type Body<R extends RequestType> = Extract<ClientFrame, { type: R }>["body"];

/** FakeServer answers the client of a test: enough for calls, contacts and links; what it does not know is done. */
export class FakeServer {
  readonly asked: { type: string; body: unknown }[] = [];
  readonly #here: Here;
  readonly #calls = new Map<string, FakeCall>();
  readonly #ringing = new Map<string, { from: Person; kind: Kind }>();
  readonly #missed = new Map<string, CallLogEntry>();
  readonly #links = new Map<string, Link>();
  readonly #refused = new Map<string, { code: ProblemCode; detail: string }>();
  #contacts: Person[];
  #favourites: string[] = [];
  #blocked: Person[] = [];
  #socket: LoopSocket | undefined;
  readonly #seen = new Set<string>(); // requests: after a lost connection they come again
  readonly #sent: Frame[] = []; // all frames: what was lost is sent again
  #serial = 0;
  #made = 0;

  constructor(here: Here) {
    this.#here = here;
    this.#contacts = [...here.contacts];
  }

  readonly makeSocket = (): WebSocket => {
    this.#socket = new LoopSocket((frame, socket) => this.#take(frame, socket));
    return this.#socket as unknown as WebSocket;
  };

  call(id: string): FakeCall {
    const call = this.#calls.get(id);
    if (call === undefined) throw new Error("the fake knows no such call");
    return call;
  }

  ring({ from, name = from, kind = "voice" }: { from: string; name?: string; kind?: Kind }): string {
    const call = this.#id("cal");
    this.#ringing.set(call, { from: { user: from, name }, kind });
    this.#event("incoming", { call, kind, from, name, ringMs: 45_000 });
    return call;
  }

  stopRinging(call: string): void {
    this.#ringing.delete(call);
    this.#event("ringStopped", { call, reason: "cancelled" });
  }

  /** misses has somebody have rung us in vain: it is in the log. */
  misses(from: Person): CallLogEntry {
    const entry: CallLogEntry = {
      call: this.#id("cal"),
      kind: "voice",
      direction: "incoming",
      outcome: "missed",
      with: [from],
      startedMs: Date.now(),
      durationMs: 0,
    };
    this.#missed.set(entry.call, entry);
    return entry;
  }

  /** logNote tells that a note waits at such a call, or is gone. */
  logNote(call: string, waits: boolean): void {
    const { note, ...entry } = this.#missed.get(call) as CallLogEntry;
    const now = waits ? { ...entry, note: true } : entry;
    this.#missed.set(call, now);
    this.#event("logged", now);
  }

  /** rangInVain is whom a call of ours that is over has rung, if nobody has answered it. */
  rangInVain(id: string): string | undefined {
    return this.#calls.get(id)?.rangInVain;
  }

  refuse(type: string, code: ProblemCode, detail = "refused by the test"): void {
    this.#refused.set(type, { code, detail });
  }

  drop(): void {
    this.#socket?.drop(1006);
  }

  #take(frame: ClientFrame, socket: LoopSocket): void {
    if (this.#seen.has(frame.id ?? "")) return;
    this.#seen.add(frame.id ?? "");
    if (frame.type !== "ping") this.asked.push({ type: frame.type, body: frame.body });
    const refused = this.#refused.get(frame.type);
    if (refused !== undefined) {
      this.#refused.delete(frame.type);
      this.#reply(socket, frame, "problem", refused);
      return;
    }
    const [type, body, then] = this.#answer(frame);
    this.#reply(socket, frame, type, body);
    then?.();
  }

  /** answer is the reply to a request, and what happens after it. */
  #answer(frame: ClientFrame): [type: string, body: object, then?: () => void] {
    switch (frame.type) {
      case "hello":
        return this.#welcome(frame.body);
      case "ring":
        return this.#start(frame.body.kind, frame.body.users);
      case "joinLink":
        return this.#join(frame.body);
      case "accept":
        return this.#accept(frame.body);
      case "decline":
        this.#ringing.delete(frame.body.call);
        return ["done", {}];
      case "invite":
        return ["done", {}, () => this.#invite(frame.body.call, frame.body.users)];
      case "setMedia":
        return ["done", {}, () => this.#calls.get(frame.body.call)?.own(frame.body.media)];
      case "sync":
        return ["callState", this.call(frame.body.call).state];
      case "leave":
      case "end":
        return ["done", {}, () => this.#calls.get(frame.body.call)?.end("hangup")];
      default:
        return this.#answerAccount(frame);
    }
  }

  #answerAccount(frame: ClientFrame): [type: string, body: object] {
    switch (frame.type) {
      case "addContact":
        this.#contacts = [...without(this.#contacts, frame.body.user), this.#person(frame.body.user)];
        break;
      case "removeContact":
        this.#contacts = without(this.#contacts, frame.body.user);
        break;
      case "setFavourite": {
        const { user, favourite } = frame.body;
        this.#favourites = [...this.#favourites.filter((one) => one !== user), ...(favourite ? [user] : [])];
        break;
      }
      case "block":
        this.#blocked = [...without(this.#blocked, frame.body.user), this.#person(frame.body.user)];
        break;
      case "unblock":
        this.#blocked = without(this.#blocked, frame.body.user);
        break;
      case "getPeople":
        break;
      case "getCallLog":
        return ["callLog", { entries: [...this.#missed.values()].reverse() }];
      case "getDevices":
        return ["devices", { devices: [] }];
      case "getLinks":
        return ["links", { links: [...this.#links.values()].reverse() }];
      case "lookAtLink": {
        const known = this.#links.get(frame.body.link);
        const { title, sealed } = known?.terms ?? {};
        return ["linkDoor", { kind: known?.kind ?? "voice", title, sealed }];
      }
      case "createLink":
        return ["link", this.#link(frame.body)];
      case "revokeLink":
        return ["link", this.#revoke(frame.body.link)];
      default:
        return ["done", {}];
    }
    return ["people", { contacts: this.#contacts, blocked: this.#blocked, favourites: this.#favourites }];
  }

  #welcome({ resume }: Body<"hello">): [string, object, () => void] {
    const { user, name } = this.#here;
    const last = this.#serial;
    const again = (): void => {
      for (const frame of this.#sent)
        if (resume !== undefined && frame.serial > resume.serial && frame.serial <= last)
          this.#socket?.receive(frame);
    };
    const calls = [...this.#calls.values()].filter(({ ended }) => !ended).map(({ state }) => state);
    return [
      "welcome",
      {
        session: "fake",
        secret: "fake",
        graceMs: 30_000,
        ...(user === undefined ? {} : { user }),
        name,
        calls,
        incoming: [],
        ...(resume === undefined ? {} : { resumed: true }),
      },
      again,
    ];
  }

  #start(kind: Kind, users: readonly string[]): [string, object, () => void] {
    const call = this.#open(kind, { microphone: true, camera: kind === "video", screen: false });
    for (const user of users) call.put(user, this.#person(user).name, "invited");
    return ["callState", call.state, () => call.rung()];
  }

  #join({ link, media }: Body<"joinLink">): [string, object] {
    const known = this.#links.get(link);
    const call = this.#open(known?.kind ?? (media.camera ? "video" : "voice"), media, known?.terms.title);
    const { sealed } = known?.terms ?? {};
    return ["callState", { ...call.state, ...(sealed === undefined ? {} : { sealed }) }];
  }

  #accept({ call: id, media }: Body<"accept">): [string, object, (() => void)?] {
    const ring = this.#ringing.get(id);
    if (ring === undefined) return ["problem", { code: "callEnded", detail: "the call is over" }];
    this.#ringing.delete(id);
    const call = this.#open(ring.kind, media, undefined, id);
    call.put(ring.from.user, ring.from.name, "joined");
    return ["callState", call.state, () => call.connect()];
  }

  #invite(id: string, users: readonly string[]): void {
    const call = this.call(id);
    for (const user of users) call.invite(user, this.#person(user).name);
    call.rung();
  }

  #open(kind: Kind, media: Media, title?: string, id = this.#id("cal")): FakeCall {
    const { user, name } = this.#here;
    const say = (type: string, body: object, seq: number): void =>
      this.#event(type, body, { call: id, epoch: 1, seq });
    const call = new FakeCall(id, kind, { user, name, media }, say, title);
    this.#calls.set(id, call);
    return call;
  }

  #link({ kind, terms }: Body<"createLink">): Link {
    const link: Link = { link: this.#id("lnk"), kind, terms, createdMs: Date.now(), uses: 0, sequence: 0 };
    this.#links.set(link.link, link);
    return link;
  }

  #revoke(id: string): Link {
    const link = this.#links.get(id);
    if (link === undefined) throw new Error("the fake knows no such link");
    const revoked = { ...link, revokedMs: Date.now() };
    this.#links.set(id, revoked);
    return revoked;
  }

  #person(user: string): Person {
    return this.#here.contacts.find((one) => one.user === user) ?? { user, name: user };
  }

  #id(kind: string): string {
    return `${kind}_fake${++this.#made}`;
  }

  #reply(socket: LoopSocket, { id }: ClientFrame, type: string, body: object): void {
    this.#send(socket, { type, id, serial: ++this.#serial, body });
  }

  #event(type: string, body: object, more: object = {}): void {
    this.#send(this.#socket, { type, serial: ++this.#serial, body, ...more });
  }

  #send(socket: LoopSocket | undefined, frame: Frame): void {
    this.#sent.push(frame);
    socket?.receive(frame);
  }
}

function without(people: readonly Person[], user: string): Person[] {
  return people.filter((one) => one.user !== user);
}
