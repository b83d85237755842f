import type { CallState, EndReason, Kind, Media, Participant } from "../wire.gen.ts";

const silent: Media = { microphone: true, camera: false, screen: false };

/** FakeCall is a call as a server has it. */
export class FakeCall {
  readonly id: string;
  readonly kind: Kind;
  readonly #say: (type: string, body: object, seq: number) => void;
  readonly #self: string;
  readonly #title: string | undefined;
  readonly #rung: string[] = [];
  #people: Participant[] = [];
  #seq = 1;
  #made = 0;
  #connectedMs = 0;
  #ended = false;

  constructor(
    id: string,
    kind: Kind,
    self: { user: string | undefined; name: string; media: Media },
    say: (type: string, body: object, seq: number) => void,
    title?: string,
  ) {
    this.id = id;
    this.kind = kind;
    this.#say = say;
    this.#title = title;
    this.#self = this.put(self.user, self.name, "joined", self.media).participant;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** rangInVain is the one account that was rung, if it is over and nobody has answered. */
  get rangInVain(): string | undefined {
    const [one, ...more] = this.#rung;
    return this.#ended && this.#connectedMs === 0 && more.length === 0 ? one : undefined;
  }

  /** state is what the client is told of it as a whole. */
  get state(): CallState {
    return {
      call: this.id,
      epoch: 1,
      seq: this.#seq,
      kind: this.kind,
      ...(this.#title === undefined ? {} : { title: this.#title }),
      phase: this.#ended ? "ended" : this.#connectedMs > 0 ? "active" : "ringing",
      topology: "direct",
      generation: 1,
      self: this.#self,
      host: this.#self,
      support: "FAKE-FAKE",
      ringTimeoutMs: 45_000,
      encrypted: false,
      participants: [...this.#people],
      ice: { servers: [] },
      ...(this.#connectedMs > 0 ? { connectedMs: this.#connectedMs } : {}),
    } as CallState;
  }

  /** put adds somebody without a word. */
  put(
    user: string | undefined,
    name: string,
    presence: Participant["presence"],
    media = silent,
  ): Participant {
    const one: Participant = {
      participant: `p${++this.#made}`,
      ...(user === undefined ? {} : { user }),
      name,
      presence,
      media,
    };
    this.#people.push(one);
    if (user !== undefined && presence === "invited") this.#rung.push(user);
    return one;
  }

  invite(user: string, name: string): void {
    const participant = this.put(user, name, "invited");
    this.#tell("participantInvited", { by: this.#self, participant });
  }

  /** rung has those who are invited ring. */
  rung(): void {
    for (const one of this.#people.filter(({ presence }) => presence === "invited")) {
      this.#set(one.participant, { presence: "ringing" });
      this.#tell("participantRinging", { participant: one.participant });
    }
  }

  answer(user?: string): void {
    const one = this.#pending(user);
    this.#join(one);
  }

  /** connect makes it a call in which people talk. */
  connect(): void {
    if (this.#connectedMs > 0) return;
    this.#connectedMs = Date.now();
    this.#tell("phaseChanged", { phase: "active", connectedMs: this.#connectedMs });
  }

  decline(user?: string): void {
    const { participant } = this.#pending(user);
    this.#remove(participant);
    this.#tell("inviteUnanswered", { participant });
    if (this.#people.length < 2) this.end("declined");
  }

  leave(user: string): void {
    const { participant } = this.#find(user);
    this.#remove(participant);
    this.#tell("participantLeft", { participant, reason: "hangup" });
    if (this.#people.length < 2) this.end("hangup");
  }

  change(user: string, media: Partial<Media>): void {
    const one = this.#find(user);
    const changed = { ...one.media, ...media };
    this.#set(one.participant, { media: changed });
    this.#tell("mediaChanged", { participant: one.participant, media: changed });
  }

  /** own takes what the client itself sends. */
  own(media: Media): void {
    this.#set(this.#self, { media });
    this.#tell("mediaChanged", { participant: this.#self, media });
  }

  end(reason: EndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    const durationMs = this.#connectedMs > 0 ? Date.now() - this.#connectedMs : 0;
    this.#tell("callEnded", { reason, durationMs });
  }

  #join(one: Participant): void {
    this.#set(one.participant, { presence: "joined" });
    this.#tell("participantJoined", { participant: { ...one, presence: "joined" } });
    this.connect();
  }

  #tell(type: string, body: object): void {
    this.#say(type, body, ++this.#seq);
  }

  #find(user: string): Participant {
    const found = this.#people.find((one) => one.user === user || one.name === user);
    if (found === undefined) throw new Error(`${user} is not in the fake call`);
    return found;
  }

  #pending(user?: string): Participant {
    const found = this.#people.find(
      ({ presence, ...one }) =>
        (presence === "invited" || presence === "ringing") && (user === undefined || one.user === user),
    );
    if (found === undefined) throw new Error(`${user ?? "nobody"} is not rung in the fake call`);
    return found;
  }

  #set(participant: string, change: Partial<Participant>): void {
    this.#people = this.#people.map((one) => (one.participant === participant ? { ...one, ...change } : one));
  }

  #remove(participant: string): void {
    this.#people = this.#people.filter((one) => one.participant !== participant);
  }
}
