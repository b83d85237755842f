import type {
  CallEventFrame,
  Kind,
  KindAnswer,
  ParticipantID,
  Reaction,
  RequestMap,
  RequestType,
} from "./wire.gen.ts";

/** Proposal asks to switch the call to video, or to voice. */
export interface Proposal {
  /** by is who asks. */
  readonly by: ParticipantID;
  readonly kind: Kind;
  /** untilMs is when it expires, by Date.now(). */
  readonly untilMs: number;
}

/** ProposalAnswer is what became of a proposal. */
export interface ProposalAnswer {
  /** participant is who answered; absent if nobody did in time. */
  readonly participant?: ParticipantID;
  readonly kind: Kind;
  readonly answer: KindAnswer;
  /** ours: we had asked. */
  readonly ours: boolean;
}

/** Reacted is a sign that passes. */
export interface Reacted {
  readonly participant: ParticipantID;
  readonly reaction: Reaction;
}

/** ConductOptions are what Conduct needs of its call. @internal */
export interface ConductOptions {
  readonly call: string;
  request<R extends RequestType>(type: R, body: RequestMap[R]["body"]): Promise<unknown>;
  self(): ParticipantID;
  reacted(reacted: Reacted): void;
  answered(answer: ProposalAnswer): void;
}

/** Conduct is what people do to each other in a call: hands, signs, requests, and what the host may. */
export class Conduct {
  readonly #options: ConductOptions;
  #proposal: Proposal | undefined;

  /** @internal */
  constructor(options: ConductOptions) {
    this.#options = options;
  }

  /** proposal is the one that stands; undefined if none does. */
  get proposal(): Proposal | undefined {
    return (this.#proposal?.untilMs ?? 0) > Date.now() ? this.#proposal : undefined;
  }

  /** raiseHand raises our hand, or takes it down; Participant.handMs has when, for the order. */
  async raiseHand(on: boolean): Promise<void> {
    await this.#options.request("raiseHand", { call: this.#options.call, on });
  }

  /** lowerHand takes somebody's hand down, as the host may. */
  async lowerHand(participant: ParticipantID): Promise<void> {
    await this.#options.request("lowerHand", { call: this.#options.call, participant });
  }

  /** react shows all a sign that passes. */
  async react(reaction: Reaction): Promise<void> {
    await this.#options.request("react", { call: this.#options.call, reaction });
  }

  /**
   * hold interrupts our part in the call, or takes it up again: meanwhile nothing of ours is sent, our camera's light
   * is off, nothing of theirs comes, and they see that we are in another call.
   */
  async hold(on: boolean): Promise<void> {
    await this.#options.request("hold", { call: this.#options.call, on });
  }

  /** lock keeps newcomers out, or lets them in again, as the host may; Call.locked says which. */
  async lock(on: boolean): Promise<void> {
    await this.#options.request("lock", { call: this.#options.call, on });
  }

  /** proposeKind asks the others to switch to video or to voice. It touches nobody's camera; it stands for 30 s. */
  async proposeKind(kind: Kind): Promise<void> {
    await this.#options.request("proposeKind", { call: this.#options.call, kind });
  }

  /** answerKind answers the proposal; who made it takes it back by false. Turning a camera on is another thing: see setCamera. */
  async answerKind(accept: boolean): Promise<void> {
    await this.#options.request("answerKind", { call: this.#options.call, accept });
  }

  /** take takes an event of the call that is about conduct. @internal */
  take(frame: CallEventFrame): void {
    if (frame.type === "reacted") {
      this.#options.reacted(frame.body);
    } else if (frame.type === "kindProposed") {
      const { by, kind, forMs } = frame.body;
      this.#proposal = { by, kind, untilMs: Date.now() + forMs };
    } else if (frame.type === "kindAnswered") {
      const ours = this.#proposal?.by === this.#options.self();
      this.#proposal = undefined;
      this.#options.answered({ ...frame.body, ours });
    }
  }
}
