import type {
  Bars,
  Call,
  CallPhase,
  DeviceClass,
  Encryption,
  Kind,
  Participant,
  Proposal,
} from "../../../sdk/src/index.ts";

/** Seat is one participant as the page shows him. */
export interface Seat {
  readonly participant: string;
  /** user is the account; absent for a guest. */
  readonly user?: string;
  readonly name: string;
  readonly self: boolean;
  readonly guest: boolean;
  /** automated: a program, no person. */
  readonly automated: boolean;
  readonly presence: Participant["presence"];
  /** device is the class of the device that he is on; absent while he is only rung. */
  readonly device?: DeviceClass;
  readonly muted: boolean;
  readonly speaking: boolean;
  readonly batteryLow: boolean;
  /** onHold: he is in another call for the moment. */
  readonly onHold: boolean;
  /** handMs is when he raised his hand, by the server's clock; absent while it is down. */
  readonly handMs?: number;
  /** notHeard: no sound of his reaches the others. */
  readonly notHeard: boolean;
  readonly poorNetwork: boolean;
  /** bars is how well he comes in: 3 is well, 1 badly; absent while nothing comes. */
  readonly bars?: Bars;
  /** paused: his picture does not come, because our connection or our budget of data does not carry it. */
  readonly paused: boolean;
  /** camera and screen are pictures to show; absent when he sends none. */
  readonly camera?: MediaStreamTrack;
  readonly screen?: MediaStreamTrack;
  /** audio and screenAudio are sounds to play; never our own. */
  readonly audio?: MediaStreamTrack;
  readonly screenAudio?: MediaStreamTrack;
}

/** CallShot is a call at one moment: plain values, so that a component may compare and draw them. */
export interface CallShot {
  readonly kind: Kind;
  readonly phase: CallPhase;
  readonly title?: string;
  /** connectedMs is when the call was answered, by the server's clock; absent before. */
  readonly connectedMs?: number;
  /** host is true when we may end the call for all. */
  readonly host: boolean;
  readonly seats: readonly Seat[];
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly encryption: Encryption;
  /** onHold: we are in another call for the moment. */
  readonly onHold: boolean;
  readonly locked: boolean;
  /** brokenMs is since when nothing passes, by Date.now(). */
  readonly brokenMs?: number;
  readonly cpuLimited: boolean;
  /** cameraFrozen: our camera is on and gives no picture. */
  readonly cameraFrozen: boolean;
  /** proposal asks to switch to video, or to voice. */
  readonly proposal?: Proposal;
}

/** present is who is in the call, as against those who are only being rung. */
export function present(seat: Seat): boolean {
  return seat.presence === "joined" || seat.presence === "reconnecting";
}

/** shoot reads a call. */
export function shoot(call: Call): CallShot {
  return {
    kind: call.kind,
    phase: call.phase,
    ...(call.title === undefined ? {} : { title: call.title }),
    ...(call.connectedMs === undefined ? {} : { connectedMs: call.connectedMs }),
    host: call.host === call.self || call.participants.some(({ self, host }) => self && host === true),
    seats: call.participants.map((participant) => seatOf(call, participant)),
    microphone: call.local.microphone,
    camera: call.local.camera,
    screen: call.local.screen,
    encryption: call.encryption,
    onHold: call.onHold,
    locked: call.locked,
    ...(call.brokenMs === undefined ? {} : { brokenMs: call.brokenMs }),
    cpuLimited: call.cpuLimited,
    cameraFrozen: call.cameraFrozen,
    ...(call.conduct.proposal === undefined ? {} : { proposal: call.conduct.proposal }),
  };
}

function seatOf(call: Call, from: Call["participants"][number]): Seat {
  const media = from.self ? ownMedia(call) : call.media(from.participant);
  const camera = from.media.camera ? media.camera : undefined;
  const screen = from.media.screen ? media.screen : undefined;
  return {
    participant: from.participant,
    ...(from.user === undefined ? {} : { user: from.user }),
    name: from.name,
    self: from.self,
    guest: from.guest ?? false,
    automated: from.automated ?? false,
    presence: from.presence,
    ...(from.device === undefined ? {} : { device: from.device }),
    muted: !from.media.microphone,
    speaking: from.speaking,
    batteryLow: from.batteryLow ?? false,
    onHold: from.onHold ?? false,
    ...(from.handMs ? { handMs: from.handMs } : {}),
    notHeard: from.notHeard ?? false,
    poorNetwork: from.poorNetwork ?? false,
    ...(from.bars === undefined ? {} : { bars: from.bars }),
    paused: media.cameraPaused !== undefined,
    ...(camera === undefined ? {} : { camera }),
    ...(screen === undefined ? {} : { screen }),
    ...(media.audio === undefined ? {} : { audio: media.audio }),
    ...(media.screenAudio === undefined ? {} : { screenAudio: media.screenAudio }),
  };
}

/** ownMedia are our own pictures, never our own sounds: nobody wants to hear himself. */
function ownMedia(call: Call): ReturnType<Call["media"]> {
  const { camera, screen } = call.local.tracks;
  return { ...(camera === undefined ? {} : { camera }), ...(screen === undefined ? {} : { screen }) };
}

/** Ringing is what an outgoing call may truthfully say. */
export type Ringing = "calling" | "ringing" | "connecting";

/** ringing is "ringing" only when a device of somebody has said that it rings. */
export function ringing(shot: CallShot): Ringing {
  if (shot.phase !== "ringing") return "connecting";
  return shot.seats.some((seat) => !seat.self && seat.presence === "ringing") ? "ringing" : "calling";
}

/** waitingAlone is true while nobody but us is in the call and somebody is being rung, or media is on its way to nobody. */
export function waitingAlone(shot: CallShot): boolean {
  const others = shot.seats.filter((seat) => !seat.self);
  return others.length > 0 && !others.some(present);
}

/** newlySharing are those whose screen is to be seen now and was not before. */
export function newlySharing(before: CallShot, now: CallShot): readonly Seat[] {
  const shared = new Set(
    before.seats.filter((seat) => seat.screen !== undefined).map((seat) => seat.participant),
  );
  return now.seats.filter((seat) => seat.screen !== undefined && !shared.has(seat.participant));
}

/** newlyRaised are the others who have raised a hand. */
export function newlyRaised(before: CallShot, now: CallShot): readonly Seat[] {
  const up = new Set(
    before.seats.filter((seat) => seat.handMs !== undefined).map((seat) => seat.participant),
  );
  return now.seats.filter((seat) => !seat.self && seat.handMs !== undefined && !up.has(seat.participant));
}
