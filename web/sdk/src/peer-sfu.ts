import { camera, preferCodecs, screen, sendCodec, sendEncodings, slim } from "./codecs.ts";
import { Emitter } from "./emitter.ts";
import { configurationOf, type Peer, type PeerEvents, swap } from "./peer.ts";
import { type ProblemCode, ProntoError } from "./problem.ts";
import { Recovery } from "./recovery.ts";
import type { Sealing } from "./sealing.ts";
import type { ICE, Send, Slot, Source, VideoCodec } from "./wire.gen.ts";

export interface SFUPeerOptions {
  readonly generation: number;
  readonly ice: ICE;
  /** sealing seals what is sent, in an encrypted call. */
  readonly sealing: Sealing | undefined;
  /** videoCodec is what pictures are sent in where all who receive can decode it; else it is VP8. */
  readonly videoCodec: VideoCodec;
  /** knownCodec is one that all could decode in the last call with these people, until the server says what they can in this one. */
  readonly knownCodec: VideoCodec | undefined;
  online(): boolean;
  /** negotiate sends an offer and returns the SFU's answer. */
  negotiate(sdp: string, sends: Send[]): Promise<string>;
}

const audioSlots = 6;
const retryMs = 1_000;
/** videoSteps are how many pictures can come in; more are opened when a larger grid asks. */
const videoSteps = [9, 16, 25] as const;

/** passing are the problems that time may cure. */
const passing: ReadonlySet<ProblemCode> = new Set(["unavailable", "rateLimited", "internal", "offline"]);

/**
 * SFUPeer is the one connection to the SFU. It is negotiated once; who flows in
 * which of its receive slots is said by slots.
 */
export class SFUPeer extends Emitter<PeerEvents> implements Peer {
  readonly connection: RTCPeerConnection;
  readonly direct = false;
  readonly offers = true;
  readonly #options: SFUPeerOptions;
  readonly #recovery: Recovery;
  readonly #senders = new Map<Source, RTCRtpTransceiver>();
  readonly #tracks = new Map<Source, MediaStreamTrack | null>();
  #slots: readonly Slot[] = [];
  #videoSlots = 0;
  #common: readonly VideoCodec[]; // what all who receive can decode
  readonly #sent = new Map<Source, VideoCodec>(); // since it was changed
  #codec: VideoCodec | undefined; // of the camera
  readonly #active = new Map<Source, readonly boolean[]>(); // encodings that are needed
  #queue: Promise<void> = Promise.resolve(); // one offer at a time
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: SFUPeerOptions) {
    super();
    this.#options = options;
    this.#common = options.knownCodec === undefined ? [] : [options.knownCodec];
    // The SFU is the relay's own neighbour and shows nobody our address: relaying to it would hide nothing.
    this.connection = new RTCPeerConnection(
      configurationOf(options.ice, false, options.sealing !== undefined),
    );
    this.#recovery = new Recovery({
      online: options.online,
      restart: () => this.#restart(),
      failed: () => this.emit("failed", undefined),
    });
    this.connection.onconnectionstatechange = () => this.#recovery.heard(this.connection.connectionState);
    this.#openSenders();
    for (let i = 0; i < audioSlots; i++) this.#addSlot("audio");
    this.#openVideoSlots(videoSteps[0]);
    this.#negotiate();
  }

  get generation(): number {
    return this.#options.generation;
  }

  setTrack(source: Source, track: MediaStreamTrack | null): void {
    const transceiver = this.#senders.get(source);
    if (transceiver === undefined || this.#tracks.get(source) === track) return;
    this.#tracks.set(source, track);
    swap(transceiver, track);
  }

  receiver(participant: string, source: Source): RTCRtpReceiver | undefined {
    const slot = this.#slots.find((s) => s.participant === participant && s.source === source);
    if (slot === undefined) return undefined;
    return this.connection.getTransceivers().find((t) => t.mid === slot.mid)?.receiver;
  }

  /** setSlots takes the whole list of slots in use. */
  setSlots(slots: readonly Slot[]): void {
    this.#slots = slots;
    this.#expect();
    this.emit("track", undefined);
  }

  /** codec is what the camera is sent in; undefined if that was never changed. */
  get codec(): VideoCodec | undefined {
    return this.#codec;
  }

  /** setCodecs takes the codecs that all who receive can decode. */
  setCodecs(common: readonly VideoCodec[]): void {
    this.#common = common;
    this.#sendCodecs();
  }

  /** setEncodings takes which encodings of a picture are needed, from lowest to highest. */
  setEncodings(source: Source, active: readonly boolean[]): void {
    this.#active.set(source, active);
    this.#queue = this.#queue.then(() => this.#switchEncodings(source));
  }

  /** makeRoom opens more slots if a page shows more pictures than there are. */
  makeRoom(pictures: number): void {
    const wanted = videoSteps.find((step) => step >= pictures) ?? videoSteps[videoSteps.length - 1] ?? 0;
    if (wanted <= this.#videoSlots) return;
    this.#openVideoSlots(wanted);
    this.#negotiate();
  }

  nudge(): void {
    this.#recovery.nudge();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#recovery.close();
    this.#options.sealing?.forget(this.connection);
    this.connection.close();
  }

  #openSenders(): void {
    const send = (source: Source, kind: "audio" | "video", sendEncodings?: RTCRtpEncodingParameters[]) => {
      const init: RTCRtpTransceiverInit = { direction: "sendonly" };
      if (sendEncodings !== undefined) init.sendEncodings = sendEncodings;
      const transceiver = this.#add(kind, init);
      this.#options.sealing?.seal(transceiver.sender, source);
      this.#senders.set(source, transceiver);
    };
    send("microphone", "audio");
    send("camera", "video", [...camera]);
    send("screen", "video", [...screen]);
    send("screenAudio", "audio");
  }

  #add(kind: "audio" | "video", init: RTCRtpTransceiverInit): RTCRtpTransceiver {
    const transceiver = this.connection.addTransceiver(kind, init);
    preferCodecs(transceiver, kind, init.direction === "recvonly");
    return transceiver;
  }

  /** sendCodecs has pictures sent in the codec that is wished for, as long as all can decode it. */
  #sendCodecs(): void {
    this.#queue = this.#queue.then(async () => {
      const { videoCodec } = this.#options;
      for (const source of ["camera", "screen"] as const) {
        const sender = this.#senders.get(source)?.sender;
        const now = this.#sent.get(source) ?? "vp8";
        const wanted = this.#common.includes(videoCodec) ? videoCodec : "vp8";
        if (this.#closed || sender === undefined || wanted === now) continue;
        if (this.connection.currentRemoteDescription === null) continue; // after the answer again
        this.#sent.set(source, wanted); // if it cannot, it will not be able to later
        const sends = await sendCodec(sender, wanted);
        if (!sends) await sendCodec(sender, "vp8");
        if (source === "camera") this.#codec = sends ? wanted : "vp8";
        await this.#switchEncodings(source); // all are on with a new codec
      }
    });
  }

  async #switchEncodings(source: Source): Promise<void> {
    const sender = this.#senders.get(source)?.sender;
    const active = this.#active.get(source);
    if (this.#closed || sender === undefined || active === undefined) return;
    await sendEncodings(sender, active);
  }

  #openVideoSlots(wanted: number): void {
    for (; this.#videoSlots < wanted; this.#videoSlots++) {
      this.#addSlot("video");
    }
  }

  #addSlot(kind: "audio" | "video"): void {
    const { receiver } = this.#add(kind, { direction: "recvonly" });
    this.#options.sealing?.open(receiver);
  }

  /** expect tells whose frames come in by which slot: what is sealed by others is not played. */
  #expect(): void {
    const { sealing } = this.#options;
    if (sealing === undefined) return;
    for (const { mid, receiver } of this.connection.getTransceivers()) {
      const slot = this.#slots.find((one) => one.mid === mid);
      sealing.expect(receiver, slot && { participant: slot.participant, source: slot.source });
    }
  }

  #restart(): void {
    this.connection.restartIce();
    this.#negotiate();
  }

  #negotiate(): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return;
      try {
        await this.#offer();
      } catch (error) {
        await this.#takeBack(error);
      }
    });
  }

  async #offer(): Promise<void> {
    const { connection } = this;
    await connection.setLocalDescription();
    const sends: Send[] = [];
    for (const [source, { mid }] of this.#senders) if (mid !== null) sends.push({ mid, source });
    const offer = slim(connection.localDescription?.sdp ?? "", this.#options.videoCodec);
    const sdp = await this.#options.negotiate(offer, sends);
    if (this.#closed) return;
    await connection.setRemoteDescription({ type: "answer", sdp });
    this.#expect();
    this.emit("track", undefined);
    this.#sendCodecs();
  }

  /**
   * takeBack offers again if the server only cannot at the moment, and else leaves the connection as it was. What is
   * offered again is not rolled back before: its media sections would get other mids, and the server may have
   * answered, and only the answer been lost. A connection that never had an answer is not used again.
   */
  async #takeBack(error: unknown): Promise<void> {
    if (this.#closed) return;
    if (!(error instanceof ProntoError)) reportError(error);
    const first = this.connection.currentRemoteDescription === null;
    if (!(error instanceof ProntoError) || !passing.has(error.code)) {
      if (this.connection.signalingState === "have-local-offer")
        await this.connection.setLocalDescription({ type: "rollback" }).catch(reportError);
      return;
    }
    const again = () => (first ? this.emit("again", undefined) : this.#negotiate());
    this.#retry = setTimeout(again, Math.max(retryMs, error.retryAfterMs ?? 0));
  }
}
