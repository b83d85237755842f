import type { ProposalAnswer, Reacted } from "./conduct.ts";
import type { Replaced } from "./devices.ts";
import type { CallEventFrame, CallState, EndReason, LeaveReason, Participant } from "./wire.gen.ts";

/** Notice is something that happened in a call and is worth a word to the person. */
export interface Notice {
  /** type: "busy" is who did not come because he is in another call, and wants no other ring meanwhile. */
  readonly type:
    | "invited"
    | "joined"
    | "left"
    | "unanswered"
    | "busy"
    | "batteryLow"
    | "reconnecting"
    | "back";
  /** participant is whom it is about, as last known. */
  readonly participant: Participant;
  /** by is who invited him. */
  readonly by?: Participant | undefined;
  /** reason is why he left. */
  readonly reason?: LeaveReason;
}

/** Ended says why a call is over, here. */
export interface Ended {
  /** reason is why; moved when it goes on, on another device or in another page of ours, removed when we were put out of it. */
  readonly reason: EndReason | "moved" | "removed";
  /** device is the name of the device that has it now, if it moved and the device has one. */
  readonly device?: string;
  readonly durationMs: number;
}

/** CallEvents are what a call tells. */
export interface CallEvents {
  /** change: anything about the call; told once for all changes of a moment. */
  change: undefined;
  /** track: media() has other tracks. */
  track: undefined;
  /** notice: somebody came, went, did not answer … */
  notice: Notice;
  /** reacted: somebody, perhaps we, showed a sign that passes. */
  reacted: Reacted;
  /** line: somebody else wrote a line of text, which was sealed with the call's keys; see Call.say. */
  line: { readonly from: string; readonly text: string };
  /** proposalAnswered: what became of Conduct.proposal. */
  proposalAnswered: ProposalAnswer;
  /** deviceReplaced: a device went away, and another one has taken its place. */
  deviceReplaced: Replaced;
  /** ended is the last event. */
  ended: Ended;
}

/** Step is what one event did to the state of a call. */
export interface Step {
  readonly state: CallState;
  readonly notice?: Notice;
  readonly ended?: Ended;
}

/** Order is what to do with an event, by its number. */
export type Order = "apply" | "drop" | "sync";

/**
 * orderOf says what to do with an event: one of an earlier owner or one that
 * the state includes is dropped; after a gap, and under a new owner, the whole
 * state is asked for. The last event of a call needs no other.
 */
export function orderOf(state: CallState, frame: CallEventFrame): Order {
  if (frame.epoch < state.epoch) return "drop";
  if (frame.type === "callEnded") return "apply";
  if (frame.epoch > state.epoch) return "sync";
  if (frame.seq <= state.seq) return "drop";
  return frame.seq === state.seq + 1 ? "apply" : "sync";
}

/** isOlder tells whether a is of an earlier moment than b. */
export function isOlder(a: CallState, b: CallState): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);
}

/** apply makes the state after an event that is its turn. It changes nothing in place. */
export function apply(before: CallState, frame: CallEventFrame): Step {
  const state: CallState = { ...before, epoch: frame.epoch, seq: frame.seq };
  const find = (id: string) => before.participants.find((p) => p.participant === id);
  const change = (id: string, changed: Partial<Participant>): CallState => ({
    ...state,
    participants: before.participants.map((p) => (p.participant === id ? { ...p, ...changed } : p)),
  });
  switch (frame.type) {
    case "participantInvited":
      return about("invited", put(state, frame.body.participant), frame.body.participant, {
        by: find(frame.body.by),
      });
    case "participantRinging":
      return { state: change(frame.body.participant, { presence: "ringing" }) };
    case "inviteUnanswered":
      return about(
        frame.body.busy ? "busy" : "unanswered",
        without(state, frame.body.participant),
        find(frame.body.participant),
      );
    case "inviteWithdrawn": // by his own act, or the host's: nobody failed to answer
      return { state: without(state, frame.body.participant) };
    case "participantJoined": {
      const { participant } = frame.body;
      const joined = put(state, participant);
      const hosted = participant.host === true && joined.host === undefined;
      return about("joined", hosted ? { ...joined, host: participant.participant } : joined, participant);
    }
    case "participantLeft":
      return about("left", without(state, frame.body.participant), find(frame.body.participant), {
        reason: frame.body.reason,
      });
    case "presenceChanged": {
      const { participant, presence } = frame.body;
      return about(
        presence === "reconnecting" ? "reconnecting" : "back",
        change(participant, { presence }),
        find(participant),
      );
    }
    case "mediaChanged": {
      const { participant, media, device } = frame.body;
      return { state: change(participant, { media, ...(device && { device }) }) };
    }
    case "batteryChanged": {
      const { participant, low } = frame.body;
      const changed = change(participant, { batteryLow: low });
      return low ? about("batteryLow", changed, find(participant)) : { state: changed };
    }
    case "holdChanged":
      return { state: change(frame.body.participant, { onHold: frame.body.on }) };
    case "handChanged":
      return { state: change(frame.body.participant, { handMs: frame.body.raisedMs ?? 0 }) };
    case "troubleChanged": {
      const { participant, trouble, on } = frame.body;
      return { state: change(participant, trouble === "notHeard" ? { notHeard: on } : { poorNetwork: on }) };
    }
    case "queueChanged":
      return { state: { ...state, queue: frame.body.state } };
    case "hostChanged":
      return { state: { ...state, host: frame.body.host } };
    case "lockChanged":
      return { state: { ...state, locked: frame.body.on } };
    case "lobbyChanged":
      return { state: { ...state, lobby: frame.body.lobby } };
    case "titleChanged": {
      const { title: _, sealed: __, ...rest } = state;
      return { state: { ...rest, ...frame.body } };
    }
    case "phaseChanged": {
      const { phase, connectedMs } = frame.body;
      return { state: { ...state, phase, ...(connectedMs === undefined ? {} : { connectedMs }) } };
    }
    case "topologyChanged":
      return {
        state: { ...state, topology: frame.body.topology, generation: frame.body.generation },
      };
    case "callEnded":
      return { state: { ...state, phase: "ended" }, ended: frame.body };
    default:
      return { state }; // an event of a newer server: its number counts, its meaning is not known here
  }
}

function about(
  type: Notice["type"],
  state: CallState,
  participant: Participant | undefined,
  more: { by?: Participant | undefined; reason?: LeaveReason } = {},
): Step {
  if (participant === undefined || participant.participant === state.self) return { state };
  return {
    state,
    notice: { type, participant, ...more },
  };
}

/** put adds a participant, or replaces him where he stands. */
function put(state: CallState, one: Participant): CallState {
  const known = state.participants.some((p) => p.participant === one.participant);
  return {
    ...state,
    participants: known
      ? state.participants.map((p) => (p.participant === one.participant ? one : p))
      : [...state.participants, one],
  };
}

function without(state: CallState, id: string): CallState {
  const { host, ...rest } = state;
  return {
    ...rest,
    ...(host === undefined || host === id ? nextHost(state, id) : { host }),
    participants: state.participants.filter((p) => p.participant !== id),
  };
}

/** nextHost is another host of a link's call, after one has left. */
function nextHost(state: CallState, left: string): Pick<CallState, "host"> {
  const host = state.participants.find((p) => p.host === true && p.participant !== left)?.participant;
  return host === undefined ? {} : { host };
}

/** inCall are the participants who are in the call, not rung. */
export function inCall(state: CallState): Participant[] {
  return state.participants.filter((p) => p.presence === "joined" || p.presence === "reconnecting");
}

/** Flow is something that should be coming in. */
export interface Flow {
  readonly participant: string;
  readonly source: "microphone" | "camera" | "screen";
}

/** flowing lists what should be coming in: nothing of who is on hold, and nothing at all while we are. */
export function flowing(state: CallState): Flow[] {
  const all = inCall(state);
  if (all.some(({ participant, onHold }) => participant === state.self && onHold)) return [];
  return all
    .filter(({ participant, onHold }) => participant !== state.self && !onHold)
    .flatMap(({ participant, media }) =>
      (["microphone", "camera", "screen"] as const)
        .filter((source) => media[source])
        .map((source) => ({ participant, source })),
    );
}
