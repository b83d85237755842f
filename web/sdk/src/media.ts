import { flowing, inCall } from "./callstate.ts";
import type { Devices } from "./devices.ts";
import { Emitter } from "./emitter.ts";
import { type Health, healthy } from "./healthy.ts";
import type { Hearing } from "./hearing.ts";
import type { Moments } from "./moments.ts";
import { type Peer, sources } from "./peer.ts";
import { DirectPeer } from "./peer-direct.ts";
import { SFUPeer } from "./peer-sfu.ts";
import type { Shown } from "./quality.ts";
import { Reporter } from "./reporter.ts";
import type { Sealing } from "./sealing.ts";
import {
  audioStats,
  type CallStats,
  isDecoding,
  type ParticipantStats,
  pathOf,
  videoStats,
} from "./stats.ts";
import type { Traffic } from "./traffic.ts";
import type {
  CallState,
  Candidate,
  DataUse,
  MediaFailed,
  MediaFailure,
  MediaFlows,
  Participant,
  Path,
  PausedPicture,
  PauseReason,
  PeerEventFrame,
  ReportConnection,
  ReportQuality,
  SDPType,
  Send,
  Source,
  VideoCodec,
  ViewItem,
} from "./wire.gen.ts";

/** Transport is what media needs of the signalling. */
export interface Transport {
  /** videoCodec is what pictures are sent in where all who receive can decode it. */
  readonly videoCodec: VideoCodec;
  /** knownCodec is what pictures were sent in in the last call with these people. */
  knownCodec(): VideoCodec | undefined;
  /** none is whether there are to be no connections. */
  readonly none: boolean;
  online(): boolean;
  describe(generation: number, to: string, type: SDPType, sdp: string): void;
  trickle(generation: number, candidates: Candidate[]): void;
  negotiate(generation: number, sdp: string, sends: Send[]): Promise<string>;
}

export interface MediaEvents {
  /** track: what flows from whom has changed. */
  track: undefined;
  /** speaking: others speak. */
  speaking: undefined;
  /** dataUse: the budget of data runs low, or is spent, or is there again. */
  dataUse: DataUse;
  flows: Omit<MediaFlows, "call">;
  failed: Omit<MediaFailed, "call">;
  /** quality and connection go to the server, to be counted. */
  quality: Omit<ReportQuality, "call">;
  connection: Omit<ReportConnection, "call">;
  /** health: the connection is better or worse than before, or broken, or works again. */
  health: undefined;
}

const firstPollMs = 20;
const laterPollMs = 100;
const idlePollMs = 500;
const overlapMs = 10_000;
const lingerMs = 2_000;
const speakingPollMs = 200;
const speakingLevel = 0.01; // of full scale, −40 dB
const speakingHoldMs = 500;

/**
 * CallMedia keeps the media of one call on the way that the call's state names,
 * and changes ways by making the new one before breaking the old one.
 */
export class CallMedia extends Emitter<MediaEvents> {
  readonly #transport: Transport;
  readonly #devices: Devices;
  readonly #sealing: Sealing | undefined;
  readonly #reporter: Reporter;
  #state: CallState;
  #peer: Peer | undefined;
  #key = ""; // of the peer: its generation, and whom it leads to
  #old: Peer | undefined; // carries media until the new one does
  #oldUntil = 0;
  readonly #carried = new WeakSet<RTCRtpReceiver>(); // of the new one, what came out of a decoder while there was an old one
  #lingering: Peer | undefined; // no longer shown here, but perhaps still at the other end
  #sinceMs: number; // when we came, or the other did
  #comesBack: boolean; // the page was loaded again in the middle of the call
  #heard = false; // the first sound of this way was told
  #way: Path | undefined;
  readonly #carriers = new Set<CallState["topology"]>(); // what sound was heard by
  #poller: ReturnType<typeof setTimeout> | undefined;
  #levels: ReturnType<typeof setInterval> | undefined;
  readonly #spokeMs = new Map<string, number>(); // direct: when each was last loud
  #speakers: ReadonlySet<string> = new Set();
  #paused: readonly PausedPicture[] = [];
  #health = healthy;
  #hearing: Hearing | undefined;
  #unheard: ReadonlySet<string> = new Set();
  #brokenMs: number | undefined;
  #shown: readonly ViewItem[] = []; // what the page shows

  constructor(
    transport: Transport,
    devices: Devices,
    state: CallState,
    from: { sinceMs: number; resumed: boolean },
    sealing: Sealing | undefined,
  ) {
    super();
    this.#sealing = sealing;
    this.#transport = transport;
    this.#devices = devices;
    this.#state = state;
    this.#sinceMs = from.sinceMs;
    this.#comesBack = from.resumed;
    this.#reporter = new Reporter({
      shown: () => this.#incoming(),
      camera: () => devices.sent("camera"),
      quality: (report) => this.emit("quality", report),
      connection: (report) => this.emit("connection", report),
      health: (health) => {
        this.#health = health;
        this.emit("health", undefined);
      },
      broken: (broken) => {
        if (broken === (this.#brokenMs !== undefined)) return;
        this.#brokenMs = broken ? Date.now() : undefined;
        this.emit("health", undefined);
      },
    });
    devices.on("change", () => this.#replaceTracks());
    this.update(state);
  }

  /** update follows the call's state. */
  update(state: CallState): void {
    const before = this.#state;
    this.#state = state;
    if (this.#transport.none) return;
    const present = inCall(state);
    const other = present.find((p) => p.participant !== state.self);
    if (other !== undefined && inCall(before).length < 2 && present.length >= 2)
      this.#sinceMs = performance.now();
    const direct = state.topology === "direct";
    const key = direct ? `${state.generation} ${other?.participant ?? ""}` : `${state.generation}`;
    if (key === this.#key) return;
    if (direct && other === undefined) {
      this.#leavePeer(false);
      this.#key = "";
      return;
    }
    if (direct && this.#comesBack) {
      // The other still has the connection of the page that is gone: the server finds another way for both.
      this.#key = key;
      queueMicrotask(() => this.emit("failed", { generation: state.generation }));
      return;
    }
    const changesWay = before.generation !== state.generation;
    if (changesWay) this.#sinceMs = performance.now();
    this.#leavePeer(changesWay);
    this.#key = key;
    this.#setPeer(
      direct && other !== undefined ? this.#makeDirect(state, present, other) : this.#makeSFU(state),
    );
    this.#comesBack = false;
  }

  /** take takes an event for our connection; one of another way is dropped. */
  take(frame: PeerEventFrame): void {
    if (frame.type === "speakers") {
      this.#setSpeakers(new Set(frame.body.participants));
      return;
    }
    const peer = this.#peer;
    if (!("generation" in frame.body) || frame.body.generation !== peer?.generation) return;
    if (peer instanceof DirectPeer) {
      if (frame.type === "described") peer.described(frame.body.type, frame.body.sdp);
      if (frame.type === "trickled") peer.trickled(frame.body.candidates);
    } else if (peer instanceof SFUPeer) {
      if (frame.type === "slots") peer.setSlots(frame.body.slots);
      if (frame.type === "codecs") peer.setCodecs(frame.body.video);
      if (frame.type === "encodings") peer.setEncodings(frame.body.source, frame.body.active);
      if (frame.type === "paused") this.#setPaused(frame.body.pictures);
      if (frame.type === "dataUse") this.emit("dataUse", frame.body);
    }
  }

  /** track is a participant's track, from the way that carries it now. */
  track(participant: string, source: Source): MediaStreamTrack | undefined {
    return this.#receiver(participant, source)?.track;
  }

  /** paused tells why a picture that is shown does not come; undefined where it does. */
  paused(participant: string, source: Source): PauseReason | undefined {
    return this.#paused.find((one) => one.participant === participant && one.source === source)?.reason;
  }

  /** speaking tells whether a participant speaks. */
  speaking(participant: string): boolean {
    return this.#speakers.has(participant);
  }

  /** show takes what the page shows, and lets as many pictures come in. */
  show(items: readonly ViewItem[]): void {
    this.#shown = items;
    if (this.#peer instanceof SFUPeer) this.#peer.makeRoom(items.length);
  }

  /** other is who is at the other end of a direct way. */
  get other(): string | undefined {
    return this.#peer instanceof DirectPeer ? this.#peer.other : undefined;
  }

  /** offering: our offer for a new way is not made yet. */
  get offering(): boolean {
    return this.#peer?.offers === true && this.#peer.connection.localDescription === null;
  }

  /** abandon leaves a way that somebody has put himself into; the server finds another. */
  abandon(generation: number): void {
    if (this.#peer?.generation !== generation || !(this.#peer instanceof DirectPeer)) return;
    this.#peer.close();
    this.emit("failed", { generation });
  }

  /** nudge mends the connection at once, after the network or the server was away. */
  nudge(): void {
    this.#peer?.nudge();
  }

  /** traffic is what the call has carried. */
  get traffic(): Traffic {
    return this.#reporter.traffic;
  }

  /** last counts the traffic once more, before close. */
  last(): Promise<void> {
    return this.#reporter.last().catch(() => undefined);
  }

  /** health is how the connection has been of late. */
  get health(): Health {
    return this.#health;
  }

  /** unheard are those who should be heard at present, and do not come through. */
  get unheard(): ReadonlySet<string> {
    return this.#unheard;
  }

  /** brokenMs is since when the connection does not work, by Date.now(); undefined while it does. */
  get brokenMs(): number | undefined {
    return this.#brokenMs;
  }

  /** path is the way that first carried sound; undefined if none did. */
  get path(): Path | undefined {
    return this.#way;
  }

  /** carriers are what has carried sound until now. */
  get carriers(): ReadonlySet<CallState["topology"]> {
    return this.#carriers;
  }

  /** codec is what the camera was sent in last, through the SFU, where another than VP8 was wished for. */
  get codec(): VideoCodec | undefined {
    return this.#peer instanceof SFUPeer ? this.#peer.codec : undefined;
  }

  /** peakBps is the most that came in over ten seconds. */
  get peakBps(): number {
    return this.#reporter.peakBps;
  }

  /** moments are what happened once, for the reports. */
  get moments(): Moments {
    return this.#reporter.moments;
  }

  /** wire is the traffic with all headers. */
  get wire(): Traffic {
    return this.#reporter.wire;
  }

  /** stats sums up what comes in. */
  async stats(): Promise<CallStats> {
    const participants: ParticipantStats[] = [];
    for (const { participant } of inCall(this.#state)) {
      if (participant !== this.#state.self) participants.push(await this.#participantStats(participant));
    }
    const path = await this.#path(this.#peer);
    return path === undefined ? { participants } : { path, participants };
  }

  close(): void {
    clearTimeout(this.#poller);
    clearInterval(this.#levels);
    this.#reporter.close();
    this.#hearing?.close();
    for (const peer of [this.#peer, this.#old, this.#lingering]) peer?.close();
    this.#peer = this.#old = this.#lingering = undefined;
  }

  #makeDirect(state: CallState, present: readonly Participant[], other: Participant): DirectPeer {
    const { generation } = state;
    const last = present[present.length - 1]?.participant === state.self;
    return new DirectPeer({
      generation,
      other: other.participant,
      ice: state.ice,
      polite: last,
      offers: last,
      online: () => this.#transport.online(),
      describe: (type, sdp) => this.#transport.describe(generation, other.participant, type, sdp),
      sealing: this.#sealing,
      trickle: (candidates) => this.#transport.trickle(generation, candidates),
    });
  }

  #makeSFU(state: CallState): SFUPeer {
    const { generation } = state;
    return new SFUPeer({
      generation,
      ice: state.ice,
      sealing: this.#sealing,
      videoCodec: this.#transport.videoCodec,
      knownCodec: this.#transport.knownCodec(),
      online: () => this.#transport.online(),
      negotiate: (sdp, sends) => this.#transport.negotiate(generation, sdp, sends),
    });
  }

  #setPeer(peer: Peer): void {
    this.#peer = peer;
    this.#heard = false;
    this.#reporter.follow(peer);
    this.#hear(peer).catch(() => undefined); // where its file is missing the call goes on without
    this.#replaceTracks();
    peer.on("track", () => this.emit("track", undefined));
    peer.on("again", () => {
      if (peer !== this.#peer) return;
      peer.close();
      this.#setPeer(this.#makeSFU(this.#state));
    });
    peer.on("slow", () => {
      if (peer !== this.#peer || this.#old !== undefined) return; // what is heard by the old way need not hurry
      this.emit("failed", { generation: peer.generation, cause: "slow" });
    });
    peer.on("failed", () => {
      if (peer !== this.#peer) return;
      if (this.#heard) this.moments.note("restartFailed");
      this.emit("failed", { generation: peer.generation, cause: failureOf(peer.connection) });
    });
    clearInterval(this.#levels);
    if (peer instanceof DirectPeer) this.#levels = setInterval(() => this.#listen(peer), speakingPollMs);
    this.#poll(0);
    this.emit("track", undefined);
  }

  /** hear finds out who should be heard on a way and is not. */
  async #hear(peer: Peer): Promise<void> {
    const { Hearing } = await import("./judging.ts");
    if (peer !== this.#peer) return;
    this.#hearing ??= new Hearing({
      microphones: () =>
        flowing(this.#state)
          .filter(({ source }) => source === "microphone")
          .map(({ participant }) => participant),
      speaking: (participant) => this.#speakers.has(participant),
      unheard: (participants) => {
        this.#unheard = participants;
        this.emit("health", undefined);
      },
    });
    this.#hearing.follow(peer);
  }

  /** leavePeer lets the peer go: at once, or when the next one carries its media. */
  #leavePeer(overlap: boolean): void {
    clearTimeout(this.#poller);
    clearInterval(this.#levels);
    this.#hearing?.close();
    this.#spokeMs.clear();
    this.#setSpeakers(new Set());
    this.#paused = [];
    const peer = this.#peer;
    this.#peer = undefined;
    if (overlap && peer?.connection.connectionState === "connected") {
      this.#old?.close();
      this.#old = peer;
    } else {
      peer?.close();
    }
    if (overlap) this.#oldUntil = performance.now() + overlapMs;
  }

  #replaceTracks(): void {
    for (const peer of [this.#peer, this.#old, this.#lingering]) {
      for (const source of sources) peer?.setTrack(source, this.#devices.sent(source));
    }
  }

  /** receiver is where a source comes in: by the old way until the new one has brought some of it. */
  #receiver(participant: string, source: Source): RTCRtpReceiver | undefined {
    const receiver = this.#peer?.receiver(participant, source);
    if (receiver !== undefined && this.#carried.has(receiver)) return receiver;
    return this.#old?.receiver(participant, source) ?? receiver;
  }

  /** incoming are the tracks that should be flowing, for the reports. */
  #incoming(): Shown[] {
    return flowing(this.#state).flatMap(({ participant, source }) => {
      const track = this.#peer?.receiver(participant, source)?.track;
      if (track === undefined) return [];
      const item = this.#shown.find((s) => s.participant === participant && s.source === source);
      return [{ track: track.id, source, participant, ...(item && { height: item.height }) }];
    });
  }

  /** poll looks for the first sound of this way, and for the moment the old way may go. */
  #poll(elapsedMs: number): void {
    const wait = elapsedMs < 3_000 ? firstPollMs : elapsedMs < 15_000 ? laterPollMs : idlePollMs;
    const peer = this.#peer;
    this.#poller = setTimeout(async () => {
      if (!this.#heard) await this.#listenForFirst(peer);
      if (this.#old !== undefined) await this.#breakOld();
      if (peer === this.#peer && (!this.#heard || this.#old !== undefined)) this.#poll(elapsedMs + wait);
    }, wait);
  }

  async #listenForFirst(peer: Peer | undefined): Promise<void> {
    if (peer === undefined || !(await this.#hearsAnybody(peer))) return;
    const afterMs = Math.min(600_000, Math.max(0, Math.round(performance.now() - this.#sinceMs)));
    const path = await this.#path(peer);
    if (path === undefined || peer !== this.#peer || this.#heard) return;
    this.#heard = true;
    this.#way = path;
    this.#carriers.add(peer.direct ? "direct" : "sfu");
    this.emit("flows", { generation: peer.generation, path, afterMs });
  }

  async #hearsAnybody(peer: Peer): Promise<boolean> {
    for (const { participant } of inCall(this.#state)) {
      const receiver = peer.receiver(participant, "microphone");
      if (receiver !== undefined && (await decodes(receiver))) return true;
    }
    return false;
  }

  /**
   * breakOld closes the old way once the new one carries all that came by it, or has had 10 s for that. A new
   * way that is not there yet gets longer, as long as the old one works: it may come to nothing.
   */
  async #breakOld(): Promise<void> {
    const old = this.#old;
    const connected = this.#peer?.connection.connectionState === "connected";
    const carries = connected && (await this.#takeOver(old));
    if (old === undefined || old !== this.#old) return;
    const works = old.connection.connectionState === "connected";
    if (!carries && works && (!connected || performance.now() < this.#oldUntil)) return;
    this.#linger(old);
    this.#old = undefined;
    this.emit("track", undefined);
  }

  /** takeOver shows each source as soon as the new way brings it, and reports whether that is so of all. */
  async #takeOver(old: Peer | undefined): Promise<boolean> {
    let all = true;
    for (const { participant, media } of inCall(this.#state)) {
      for (const source of ["microphone", "camera", "screen"] as const) {
        if (!media[source] || old?.receiver(participant, source) === undefined) continue;
        const receiver = this.#peer?.receiver(participant, source);
        if (receiver !== undefined && this.#carried.has(receiver)) continue;
        if (receiver === undefined || !(await decodes(receiver))) {
          all = false;
          continue;
        }
        this.#carried.add(receiver);
        this.emit("track", undefined);
      }
    }
    return all;
  }

  /** linger closes a way a little later than we need it: the other may still need it. */
  #linger(old: Peer | undefined): void {
    this.#lingering?.close();
    this.#lingering = old;
    setTimeout(() => old?.close(), lingerMs);
  }

  async #path(peer: Peer | undefined): Promise<Path | undefined> {
    return peer === undefined ? undefined : pathOf(peer.connection).catch(() => undefined);
  }

  async #participantStats(participant: string): Promise<ParticipantStats> {
    const receiver = (source: Source) => this.#receiver(participant, source);
    const [microphone, camera, screen] = [receiver("microphone"), receiver("camera"), receiver("screen")];
    const audio = microphone && (await audioStats(microphone));
    const seen = camera && (await videoStats(camera));
    const shared = screen && (await videoStats(screen));
    return {
      participant,
      ...(audio === undefined ? {} : { audio }),
      ...(seen === undefined ? {} : { camera: seen }),
      ...(shared === undefined ? {} : { screen: shared }),
    };
  }

  /** listen tells who speaks in a direct call, where no server does. */
  #listen(peer: DirectPeer): void {
    const now = performance.now();
    for (const { participant, media } of inCall(this.#state)) {
      const source = media.microphone ? peer.receiver(participant, "microphone") : undefined;
      const level = source?.getSynchronizationSources()[0]?.audioLevel ?? 0;
      if (level >= speakingLevel) this.#spokeMs.set(participant, now);
    }
    const speakers = [...this.#spokeMs].filter(([, spoke]) => now - spoke < speakingHoldMs);
    this.#setSpeakers(new Set(speakers.map(([participant]) => participant)));
  }

  #setPaused(paused: readonly PausedPicture[]): void {
    this.#paused = paused;
    this.emit("track", undefined);
  }

  #setSpeakers(speakers: ReadonlySet<string>): void {
    const before = this.#speakers;
    if (speakers.size === before.size && [...speakers].every((one) => before.has(one))) return;
    this.#speakers = speakers;
    this.emit("speaking", undefined);
  }
}

/** failureOf tells what kept a connection from working: no way, or no handshake on one. */
function failureOf({ iceConnectionState }: RTCPeerConnection): MediaFailure {
  return iceConnectionState === "connected" || iceConnectionState === "completed" ? "dtls" : "ice";
}

async function decodes(receiver: RTCRtpReceiver): Promise<boolean> {
  return isDecoding(receiver).catch(() => false); // a connection that is just being closed
}
