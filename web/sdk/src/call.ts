import { watchBattery } from "./battery.ts";
import { apply, type CallEvents, type Ended, inCall, isOlder, orderOf } from "./callstate.ts";
import type { DeviceChoice } from "./choice.ts";
import { Conduct } from "./conduct.ts";
import { Devices } from "./devices.ts";
import { downlinkBps, startBps } from "./downlink.ts";
import { Emitter } from "./emitter.ts";
import { CallEncryption, clearly, type Encryption, type FrameCounts, type Keeper } from "./encryption.ts";
import { Lobby } from "./lobby.ts";
import { CallMedia } from "./media.ts";
import type { Remembered } from "./memory.ts";
import {
  type LocalMedia,
  type Participant,
  type RemoteMedia,
  toParticipant,
  toRemoteMedia,
} from "./participant.ts";
import { ProntoError } from "./problem.ts";
import type { Signalling } from "./signalling.ts";
import type { CallStats } from "./stats.ts";
import type { Traffic } from "./traffic.ts";
import { View } from "./view.ts";
import type {
  CallEventFrame,
  CallPhase,
  CallState,
  DataUse,
  Kind,
  Media,
  PeerEventFrame,
  QueueState,
  RatingReason,
  ReportEnd,
  RequestMap,
  RequestType,
  SDPType,
  Topology,
  VideoCodec,
  ViewItem,
  Participant as WireParticipant,
} from "./wire.gen.ts";

const lastCountMs = 200; // how long a call that is over waits for its last counters

/** CallStart says how we came into a call. @internal */
export interface CallStart {
  readonly microphone: boolean;
  readonly camera: boolean;
  /** choice is which devices to open. */
  readonly choice?: DeviceChoice;
  /** devices may have been opened before there was a call. */
  readonly devices?: Devices;
  /** sinceMs is when the person wanted in, by performance.now(). */
  readonly sinceMs: number;
  /** resumed: the page was loaded again in the middle of the call. */
  readonly resumed: boolean;
  /** keeper has the keys, if this browser can encrypt. */
  readonly keeper?: Keeper | undefined;
  /** secret is that of the call's link. */
  readonly secret?: string | undefined;
  /** videoCodec is what pictures are sent in where all can decode it; "vp8" by default. */
  readonly videoCodec?: VideoCodec;
  /** noMedia makes no connections, for tests. */
  readonly noMedia?: boolean;
  /** recall is what is known of earlier calls with some accounts. */
  readonly recall?: (users: readonly string[]) => Remembered;
  /** telemetry: reports of quality may be sent. */
  readonly telemetry?: boolean;
}

/** Call is a call that this device is in. */
export class Call extends Emitter<CallEvents> {
  readonly id: string;
  /** lobby is who may come in, for the call of a link. */
  readonly lobby: Lobby;
  /** conduct is what people do to each other: hands, signs, hold, requests to switch to video. */
  readonly conduct: Conduct;
  readonly #signalling: Signalling;
  readonly #devices: Devices;
  readonly #media: CallMedia;
  readonly #encryption: CallEncryption | undefined;
  #described: Promise<void> = Promise.resolve(); // descriptions are signed and sent in order
  #signing = 0; // of them
  readonly #view: View;
  readonly #stopBattery: () => void;
  #state: CallState;
  #told: Media; // what the server was last told that we send
  #deviceError: ProntoError | undefined;
  #dataUse: DataUse | undefined;
  #held: CallEventFrame[] | undefined; // while the whole state is asked for
  #heardLines: Promise<void> = Promise.resolve(); // lines are told in the order they came
  #changing = false;
  #poor = false; // our network, as last told
  #unheard: ReadonlySet<string> = new Set(); // as last told
  #ended: Ended | undefined;
  #endedMs = 0;
  /** settled is resolved when the call is over and what it cost is counted. @internal */
  settled: Promise<void> = Promise.resolve();
  #reported = false; // the end was
  #telemetry: boolean;
  readonly #met = new Set<string>(); // accounts of the others
  #most = 0; // people at one time

  /** @internal */
  constructor(signalling: Signalling, state: CallState, start: CallStart) {
    super();
    this.id = state.call;
    this.#signalling = signalling;
    this.#telemetry = start.telemetry ?? true;
    this.#state = state;
    this.#told = selfOf(state)?.media ?? { microphone: false, camera: false, screen: false };
    this.#devices = start.devices ?? new Devices(start.choice, !start.noMedia);
    this.#devices.on("change", () => this.#tellMedia());
    this.#devices.on("problem", (problem) => {
      this.#deviceError = problem;
      if (problem.code === "permissionDenied") this.#media.moments.note("permissionDenied");
      if (problem.code === "noDevice") this.#media.moments.note("deviceLost");
      this.#change();
    });
    this.lobby = new Lobby(signalling, state, start.secret);
    this.lobby.on("change", () => this.#change());
    this.#devices.on("replaced", (replaced) => this.emit("deviceReplaced", replaced));
    this.conduct = new Conduct({
      call: this.id,
      request: (type, body) => this.#signalling.request(type, body),
      self: () => this.#state.self,
      reacted: (reacted) => this.emit("reacted", reacted),
      answered: (answer) => this.emit("proposalAnswered", answer),
    });
    this.#view = new View((items) => this.#sendView(items));
    this.#encryption = this.#encrypt(state, start);
    this.#media = this.#makeMedia(state, start);
    this.#meet(state);
    void this.#devices.hold(this.onHold); // the page was loaded again meanwhile
    if (start.devices === undefined) void this.#devices.start(start);
    else this.#tellMedia();
    this.#stopBattery = watchBattery((low) => this.#quietly("setBattery", { call: this.id, low }));
  }

  get kind(): Kind {
    return this.#state.kind;
  }

  /** title is the link's title, or the group's name. */
  get title(): string | undefined {
    return this.lobby.title;
  }

  /** description is what more the link says, to those who have its whole address. */
  get description(): string | undefined {
    return this.lobby.description;
  }

  get phase(): CallPhase {
    return this.#ended ? "ended" : this.#state.phase;
  }

  get topology(): Topology {
    return this.#state.topology;
  }

  /** connectedMs is when the call was answered, in milliseconds since 1970. */
  get connectedMs(): number | undefined {
    return this.#state.connectedMs;
  }

  /** queue is where the ringing of operators stands, in the call of a queue's visitor. */
  get queue(): QueueState | undefined {
    return this.#state.queue;
  }

  /** transfer hands a visitor of our queue on, to another operator or to any; we leave when one answers. */
  async transfer(operator?: string): Promise<void> {
    await this.#signalling.request("transfer", {
      call: this.id,
      ...(operator === undefined ? {} : { operator }),
    });
  }

  /** self is our own id in the call. */
  get self(): string {
    return this.#state.self;
  }

  /** host is who started the call and may end it for all; in the call of a link see Participant.host too. */
  get host(): string | undefined {
    return this.#state.host;
  }

  /** support is a short code to read to an engineer, who finds by it, for seven days, what happened in this call. */
  get support(): string {
    return this.#state.support;
  }

  /** askRating says to ask, when the call is over, how it was; see rate. */
  get askRating(): boolean {
    return this.#state.askRating ?? false;
  }

  /** participants are all who are in the call or rung, in order of arrival, ourselves included. */
  get participants(): readonly Participant[] {
    return this.#state.participants.map((p) =>
      toParticipant(
        p,
        p.participant === this.#state.self,
        this.#devices.wanted,
        (id) => this.#media.speaking(id),
        this.#media.health.bars.get(p.participant),
      ),
    );
  }

  /** media are the tracks that come in from a participant. */
  media(participant: string): RemoteMedia {
    const one = this.#state.participants.find((p) => p.participant === participant);
    if (one === undefined || participant === this.#state.self || one.onHold || this.onHold) return {};
    return toRemoteMedia(
      one.media,
      (source) => this.#media.track(participant, source),
      (source) => this.#media.paused(participant, source),
    );
  }

  /** onHold: we are in another call for the moment; see Conduct.hold. */
  get onHold(): boolean {
    return selfOf(this.#state)?.onHold ?? false;
  }

  /** locked: nobody comes in by the link, and only the host may call others in; see Conduct.lock. */
  get locked(): boolean {
    return this.#state.locked ?? false;
  }

  /** cpuLimited: this machine has been too slow for the picture that we send. */
  get cpuLimited(): boolean {
    return this.#media.health.cpuLimited;
  }

  /** cameraFrozen: our camera is on and gives no picture; the others see it stand still. */
  get cameraFrozen(): boolean {
    return this.#media.health.cameraFrozen;
  }

  /** brokenMs is since when sound and pictures cannot pass, by Date.now(); undefined while they can. It is being mended. */
  get brokenMs(): number | undefined {
    return this.#media.brokenMs;
  }

  /** ended is why the call is over; undefined while it is not. A call may be over before ring returns it. */
  get ended(): Ended | undefined {
    return this.#ended;
  }

  /**
   * offering: our offer for a new connection has not left yet, or a description of ours is just being signed. A page that
   * has much to draw does so when that is over, which change tells, and while the other answers.
   */
  get offering(): boolean {
    return this.#ended === undefined && (this.#signing > 0 || this.#media.offering);
  }

  /** local is what we send. */
  get local(): LocalMedia {
    return { ...this.#devices.wanted, tracks: this.#devices.tracks };
  }

  /** deviceError says why microphone or camera cannot be had; the call goes on without. */
  get deviceError(): ProntoError | undefined {
    return this.#deviceError;
  }

  /** encryption is where the call's end-to-end encryption stands. */
  get encryption(): Encryption {
    return this.#encryption?.now ?? clearly;
  }

  /** safetyNumber is what to compare with a participant, once: it lasts for as long as both keep their devices' keys. */
  safetyNumber(participant: string): Promise<string> {
    return this.#encrypted().safetyNumber(participant);
  }

  /**
   * say sends a line of text, of at most 2,000 bytes, to all who are in the call now. It is sealed with the call's keys,
   * and kept nowhere: who comes later does not get it. Only an encrypted call has text.
   */
  say(line: string): Promise<void> {
    return this.#encrypted().say(line);
  }

  /** trust takes a participant's identity for his; verified says that the safety number was compared. */
  trust(participant: string, verified: boolean): Promise<void> {
    return this.#encrypted().trust(participant, verified);
  }

  /** frames counts what was sealed and opened, for tests and for the curious. */
  frames(): Promise<readonly FrameCounts[]> {
    return this.#encryption?.sealing.counts() ?? Promise.resolve([]);
  }

  /** setMicrophone mutes or unmutes; muted, no sound leaves this device. */
  setMicrophone(on: boolean): Promise<void> {
    return this.#changeDevice(() => this.#devices.setMicrophone(on));
  }

  /** setCamera switches the camera. */
  setCamera(on: boolean): Promise<void> {
    return this.#changeDevice(() => this.#devices.setCamera(on));
  }

  /** choice is which microphone and camera are open, as far as anybody chose. */
  get choice(): DeviceChoice {
    return this.#devices.choice;
  }

  /** chooseDevices takes other devices, or the other camera of a phone, in place of those that are open. */
  chooseDevices(choice: DeviceChoice): Promise<void> {
    return this.#changeDevice(() => this.#devices.choose(choice));
  }

  /** shareScreen has the browser ask for a screen to share, or stops sharing. Call it from a click. */
  shareScreen(on: boolean): Promise<void> {
    return this.#changeDevice(() => this.#devices.shareScreen(on));
  }

  /** view says whose pictures the page shows, most important first, and how high, in device pixels. */
  view(items: readonly ViewItem[]): void {
    if (!this.#ended) this.#view.show(items);
  }

  /** dataUse is how far the budget of data has been used, as told last. */
  get dataUse(): DataUse | undefined {
    return this.#dataUse;
  }

  /**
   * setDataUse says how much data the call may use here: low asks for small pictures both ways; of a
   * budget, in kilobytes of 1,000 bytes from now on, dataUse warns at four fifths, and when it is
   * spent only sound is left. It holds while the call goes through the server.
   */
  async setDataUse(use: { readonly low?: boolean; readonly budgetKB?: number }): Promise<void> {
    await this.#signalling.request("setDataUse", { call: this.id, ...use });
    this.#dataUse = undefined;
    this.#change();
  }

  /** invite rings more accounts into the call. */
  async invite(users: string[]): Promise<void> {
    await this.#signalling.request("invite", { call: this.id, users });
  }

  /** cancel takes back an invitation of ours, or all of them. */
  async cancel(participant?: string): Promise<void> {
    await this.#signalling.request("cancel", {
      call: this.id,
      ...(participant === undefined ? {} : { participant }),
    });
  }

  /** asyncDispose is leave, for "await using". */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  /** leave hangs up. The call is over for us at once, also without the server. */
  async leave(): Promise<void> {
    if (this.#ended) return;
    const told = this.#signalling.request("leave", { call: this.id });
    this.#finish({
      reason: this.connectedMs === undefined ? "cancelled" : "hangup",
      durationMs: this.#talkedMs(),
    });
    await told.catch(() => undefined); // if it cannot be told, the session's end will tell
  }

  /** muteParticipant turns somebody's microphone off, as the host may; he may turn it on again. */
  async muteParticipant(participant: string): Promise<void> {
    await this.#signalling.request("muteParticipant", { call: this.id, participant });
  }

  /** removeParticipant puts somebody out for good, as the host may; by a link he does not come back. */
  async removeParticipant(participant: string): Promise<void> {
    await this.#signalling.request("removeParticipant", { call: this.id, participant });
  }

  /** end ends the call for all; only the host may. */
  async end(): Promise<void> {
    await this.#signalling.request("end", { call: this.id });
  }

  /** rate says how the call was, from 1 to 5, once it is over. It is counted, and nobody can tell whose word it was. */
  async rate(stars: number, reasons: readonly RatingReason[] = []): Promise<void> {
    await this.#signalling.request("rateCall", { call: this.id, stars, reasons: [...reasons] });
  }

  /** iceServers are those of this call, with passwords that hold for it only; for a test of the network. */
  get iceServers(): RTCIceServer[] {
    return this.#state.ice.servers.map(({ urls, ...rest }) => ({ urls: [...urls], ...rest }));
  }

  /** setTelemetry says whether reports may be sent. @internal */
  setTelemetry(on: boolean): void {
    this.#telemetry = on;
  }

  /** stats sums up what comes in, for tests and for the curious. */
  stats(): Promise<CallStats> {
    return this.#media.stats();
  }

  /** traffic is how much the call has sent and received so far; a second or two behind. It is to be read when the call is over, too. */
  get traffic(): Traffic {
    return this.#media.traffic;
  }

  /**
   * note counts something that the page has noticed, without saying who: somebody speaks while muted
   * (mutedSpeaking), the microphone gives no sound (noMicrophone).
   */
  note(what: "mutedSpeaking" | "noMicrophone"): void {
    this.#media.moments.note(what);
  }

  /** pageGoes is told when the page is about to be closed: the last report goes out without waiting. @internal */
  pageGoes(): void {
    const body = this.#lastReport();
    if (body !== undefined) this.#signalling.beacon("reportEnd", body);
  }

  /** wire is the traffic with the headers of UDP and IP. @internal */
  get wire(): Traffic {
    return this.#media.wire;
  }

  /** worked is what the next call with the same people may begin with; with nobody if nothing was learnt. @internal */
  get worked(): Remembered & { readonly with: readonly string[] } {
    const { others, heard, by } = { others: this.#met, heard: this.#media.path, by: this.#media.carriers };
    if (heard === undefined) return { with: [] };
    // Also if the call ended while the direct way was tried once more.
    const routed = by.has("sfu") && !by.has("direct") && others.size === 1 && this.#most <= 2;
    const { peakBps, codec } = this.#media;
    return {
      with: [...others],
      path: heard,
      ...(routed ? { routed } : {}),
      ...(peakBps > 0 ? { downlinkBps: peakBps } : {}),
      ...(codec === undefined ? {} : { codec }),
    };
  }

  /** take takes an event of the call. @internal */
  take(frame: CallEventFrame | PeerEventFrame): void {
    if (this.#ended) return;
    if (!("seq" in frame)) {
      this.#takeOfPeers(frame);
    } else if (this.#held !== undefined && frame.type !== "callEnded") {
      this.#held.push(frame);
    } else {
      this.#takeInTurn(frame);
    }
  }

  /** adopt takes the whole state, unless ours is newer. @internal */
  adopt(state: CallState): void {
    if (this.#ended || isOlder(state, this.#state)) return;
    this.#told = selfOf(state)?.media ?? this.#told;
    this.#setState(state);
    this.#tellMedia();
  }

  /** back is told when the server can be reached again, in the same session or in a new one. @internal */
  back(resumed: boolean): void {
    this.#media.moments.note(resumed ? "resumed" : "resumeFailed");
    if (this.#held !== undefined) void this.#sync();
    this.#encryption?.back();
    this.#media.nudge();
  }

  /** lost ends the call for us, because the server knows nothing of it any more. @internal */
  lost(): void {
    this.#finish({ reason: "failed", durationMs: this.#talkedMs() });
  }

  /** moved ends the call here, because another device of ours has it now. @internal */
  moved(device = ""): void {
    const to = device === "" ? {} : { device };
    this.#finish({ reason: "moved", ...to, durationMs: this.#talkedMs() });
  }

  #makeMedia(state: CallState, start: CallStart): CallMedia {
    const { id: call } = this;
    const known = () => start.recall?.([...this.#people()]) ?? {};
    const media = new CallMedia(
      {
        videoCodec: start.videoCodec ?? "vp8",
        none: start.noMedia ?? false,
        knownCodec: () => known().codec,
        online: () => this.#signalling.state === "online",
        describe: (generation, to, type, sdp) => this.#describe(generation, to, type, sdp),
        trickle: (generation, candidates) => this.#quietly("trickle", { call, generation, candidates }),
        negotiate: async (generation, sdp, sends) => {
          const downlink = startBps(known().downlinkBps, downlinkBps());
          const answered = this.#signalling.request("negotiate", {
            call,
            generation,
            sdp,
            sends,
            ...(downlink === undefined ? {} : { downlinkBps: downlink }),
          });
          this.#change();
          const { sdp: answer } = await answered;
          this.#view.again();
          return answer;
        },
      },
      this.#devices,
      state,
      start,
      this.#encryption?.sealing,
    );
    media.on("track", () => {
      this.emit("track", undefined);
      this.#change();
    });
    media.on("speaking", () => this.#change());
    media.on("dataUse", (use) => {
      this.#dataUse = use;
      this.#change();
    });
    media.on("health", () => {
      this.#tellHealth();
      this.#change();
    });
    media.on("flows", (flows) => this.#quietly("mediaFlows", { call, ...flows }));
    media.on("quality", (report) => this.#reports && this.#quietly("reportQuality", { call, ...report }));
    media.on(
      "connection",
      (report) => this.#reports && this.#quietly("reportConnection", { call, ...report }),
    );
    media.on("failed", (failed) => this.#quietly("mediaFailed", { call, ...failed }));
    return media;
  }

  #encrypt(state: CallState, { keeper, secret, sinceMs }: CallStart): CallEncryption | undefined {
    if (!state.encrypted || keeper === undefined) return undefined;
    const encryption = new CallEncryption(keeper, state, secret, sinceMs);
    encryption.on("change", () => this.#change());
    encryption.on("fingerprint", (generation) => this.#media.abandon(generation));
    return encryption;
  }

  #encrypted(): CallEncryption {
    if (this.#encryption === undefined) throw new ProntoError("invalid", "the call is not encrypted");
    return this.#encryption;
  }

  /** describe sends a description, signed in an encrypted call. */
  #describe(generation: number, to: string, type: SDPType, sdp: string): void {
    const encryption = this.#encryption;
    if (encryption === undefined) {
      this.#quietly("describe", { call: this.id, generation, type, sdp });
      this.#change();
      return;
    }
    this.#signing++;
    this.#described = this.#described.then(async () => {
      const binding = await encryption.bind(generation, type, sdp, to).catch(() => undefined);
      if (binding !== undefined) this.#quietly("describe", { call: this.id, generation, type, sdp, binding });
      this.#signing--;
      this.#change();
    });
  }

  /** What is for the connection, and for the keys of it, has no place in the call's order. */
  #takeOfPeers(frame: PeerEventFrame): void {
    switch (frame.type) {
      case "keysWanted":
      case "keysCommitted":
      case "keysWelcomed":
      case "keysSwitch":
      case "keysRestarted":
        this.#encryption?.take(frame);
        return;
      case "said": {
        const { body } = frame;
        this.#heardLines = this.#heardLines.then(async () => {
          const text = await this.#encryption?.hear(body).catch(() => undefined);
          if (text !== undefined && !this.#ended) this.emit("line", { from: body.from, text });
        });
        return;
      }
      case "described": {
        const { generation, type, sdp, binding } = frame.body;
        const { other } = this.#media;
        if (other !== undefined) void this.#encryption?.check(generation, type, sdp, other, binding);
        break;
      }
      default:
    }
    this.#media.take(frame);
  }

  #takeInTurn(frame: CallEventFrame): void {
    const order = orderOf(this.#state, frame);
    if (order === "sync") {
      this.#held = [frame];
      void this.#sync();
    }
    if (order !== "apply") return;
    const { state, notice, ended } = apply(this.#state, frame);
    this.conduct.take(frame);
    const gone = frame.type === "participantLeft" && frame.body.participant === this.#state.self;
    this.#setState(state);
    if (frame.type === "mediaChanged" && frame.body.participant === state.self && frame.body.by !== undefined)
      this.#muteBecauseToldTo(frame.body.media);
    if (notice !== undefined) this.emit("notice", notice);
    if (ended !== undefined) this.#finish({ reason: ended.reason, durationMs: ended.durationMs });
    else if (gone) {
      const { reason } = frame.body; // "moved": it goes on elsewhere
      this.#finish({
        reason: reason === "lost" ? "failed" : reason === "removed" ? reason : "hangup",
        durationMs: this.#talkedMs(),
      });
    }
  }

  /** tellHealth tells the others of our bad connection, and whom of them we do not hear. */
  #tellHealth(): void {
    if (this.#ended) return;
    const { unheard } = this.#media;
    const { poorNetwork } = this.#media.health;
    const { id: call } = this;
    if (poorNetwork !== this.#poor)
      this.#quietly("setTrouble", { call, trouble: "poorNetwork", on: poorNetwork });
    this.#poor = poorNetwork;
    for (const { participant } of this.#state.participants) {
      const on = unheard.has(participant);
      if (on === this.#unheard.has(participant)) continue;
      this.#quietly("cannotHear", { call, participant, on });
    }
    this.#unheard = unheard;
  }

  /** The host has turned our microphone off; we may turn it on again. */
  #muteBecauseToldTo(media: Media): void {
    this.#told = media;
    void this.#devices.setMicrophone(false).catch(() => undefined); // off is off, also without a device
  }

  /** sync asks for the whole state after a gap, and then takes what came meanwhile. */
  async #sync(): Promise<void> {
    let state: CallState;
    try {
      state = await this.#signalling.request("sync", { call: this.id });
    } catch (error) {
      const { code } = ProntoError.of(error);
      if (code === "notFound" || code === "callEnded") this.lost();
      return; // anything else: tried again when the server is back
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    this.adopt(state);
    for (const frame of held) this.take(frame);
  }

  /** people are the accounts that the call is or was with, those who are being rung too. */
  #people(): ReadonlySet<string> {
    const people = new Set(this.#met);
    for (const { participant, user } of this.#state.participants) {
      if (participant !== this.#state.self && user !== undefined) people.add(user);
    }
    return people;
  }

  /** meet remembers whom the call was with. */
  #meet(state: CallState): void {
    const present = inCall(state);
    this.#most = Math.max(this.#most, present.length);
    for (const { participant, user } of present) {
      if (participant !== state.self && user !== undefined) this.#met.add(user);
    }
  }

  #setState(state: CallState): void {
    this.#meet(state);
    this.#state = state;
    this.lobby.update(state);
    this.#encryption?.update(state);
    if (state.phase !== "ended") this.#media.update(state);
    void this.#devices.hold(this.onHold);
    this.#change();
  }

  #finish(ended: Ended): void {
    if (this.#ended) return;
    // A connection that is closed answers no more: it is counted first, if that does not take long.
    const counted = Promise.race([this.#media.last(), new Promise((done) => setTimeout(done, lastCountMs))]);
    this.settled = counted.then(() => {
      this.#media.close();
      this.#reportEnd();
    });
    this.#ended = ended;
    this.#endedMs = Date.now();
    this.#stopBattery();
    this.#view.close();
    this.#encryption?.close();
    this.#devices.close();
    this.emit("ended", ended);
    this.#change();
  }

  /** reportEnd sends the last report, once. */
  #reportEnd(): void {
    const body = this.#lastReport();
    if (body !== undefined) this.#quietly("reportEnd", body);
  }

  #lastReport(): ReportEnd | undefined {
    if (this.#reported || !this.#reports) return undefined;
    this.#reported = true;
    const { sentBytes, receivedBytes } = this.#media.wire;
    const cost = { sentKB: Math.round(sentBytes / 1_000), receivedKB: Math.round(receivedBytes / 1_000) };
    return { call: this.id, ...cost, ...this.#media.moments.take(cost, true) };
  }

  /** reports tells whether the operator and the person want reports. */
  get #reports(): boolean {
    return this.#telemetry && this.#state.noReports !== true;
  }

  /** change tells of a change when the present work is done, once for many. */
  #change(): void {
    if (this.#changing) return;
    this.#changing = true;
    queueMicrotask(() => {
      this.#changing = false;
      this.emit("change", undefined);
    });
  }

  async #changeDevice(change: () => Promise<void>): Promise<void> {
    if (this.#ended) throw new ProntoError("callEnded", "the call is over");
    this.#deviceError = undefined;
    await change();
  }

  #tellMedia(): void {
    const media = this.#devices.wanted;
    const told = this.#told;
    this.#change();
    if (this.#ended) return;
    if (media.microphone === told.microphone && media.camera === told.camera && media.screen === told.screen)
      return;
    this.#told = media;
    this.#quietly("setMedia", { call: this.id, media });
  }

  #sendView(items: readonly ViewItem[]): void {
    this.#media.show(items);
    if (this.#state.topology === "sfu") this.#quietly("view", { call: this.id, items });
  }

  #talkedMs(): number {
    return this.connectedMs === undefined ? 0 : Math.max(0, (this.#endedMs || Date.now()) - this.connectedMs);
  }

  /** quietly sends what nobody waits for. Refused, it is of an earlier state of the call, which the next one mends. */
  #quietly<R extends RequestType>(type: R, body: RequestMap[R]["body"]): void {
    this.#signalling.request(type, body).catch(() => undefined);
  }
}

function selfOf(state: CallState): WireParticipant | undefined {
  return inCall(state).find((p) => p.participant === state.self);
}
