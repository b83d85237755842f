import { Emitter } from "./emitter.ts";
import { configurationOf, kindOf, type Peer, type PeerEvents, sources, swap } from "./peer.ts";
import { Recovery } from "./recovery.ts";
import type { Sealing } from "./sealing.ts";
import { type Candidate, type ICE, maxCandidates, type SDPType, type Source } from "./wire.gen.ts";

export interface DirectPeerOptions {
  readonly generation: number;
  /** other is the participant at the other end. */
  readonly other: string;
  readonly ice: ICE;
  /** polite gives way when both offer at once (W3C webrtc-pc, section 10.7). */
  readonly polite: boolean;
  /** offers makes the first offer. */
  readonly offers: boolean;
  /** sealing seals what is sent, in an encrypted call. */
  readonly sealing: Sealing | undefined;
  online(): boolean;
  describe(type: SDPType, sdp: string): void;
  trickle(candidates: Candidate[]): void;
}

/** trickleEveryMs gathers the candidates of a moment into one message, behind the description they belong to. */
const trickleEveryMs = 5;

/**
 * DirectPeer is the connection of a call of two, by perfect negotiation. It has
 * four media sections from the start: later changes only replace tracks.
 */
export class DirectPeer extends Emitter<PeerEvents> implements Peer {
  readonly #options: DirectPeerOptions;
  readonly #tracks = new Map<Source, MediaStreamTrack | null>();
  readonly connection: RTCPeerConnection;
  readonly direct = true;
  readonly #recovery: Recovery;
  #transceivers: RTCRtpTransceiver[] = []; // in the order of sources; empty until there is a description
  #offering = false;
  #waiting: Candidate[] = []; // candidates that came before a description
  #gathered: Candidate[] = [];
  #trickling: ReturnType<typeof setTimeout> | undefined;
  #queue: Promise<void> = Promise.resolve(); // what the other sends is taken in order
  #closed = false;

  constructor(options: DirectPeerOptions) {
    super();
    this.#options = options;
    this.connection = this.#connect();
    this.#recovery = new Recovery({
      online: options.online,
      restart: () => this.connection.restartIce(),
      failed: () => this.emit("failed", undefined),
      searching: () => this.#searches(),
      slow: () => this.emit("slow", undefined),
    });
    if (options.offers) this.#openSections();
  }

  get generation(): number {
    return this.#options.generation;
  }

  get offers(): boolean {
    return this.#options.offers;
  }

  get other(): string {
    return this.#options.other;
  }

  setTrack(source: Source, track: MediaStreamTrack | null): void {
    if (this.#tracks.get(source) === track) return;
    this.#tracks.set(source, track);
    const transceiver = this.#transceivers[sources.indexOf(source)];
    if (transceiver !== undefined) swap(transceiver, track);
  }

  receiver(participant: string, source: Source): RTCRtpReceiver | undefined {
    if (participant !== this.#options.other) return undefined;
    return this.#transceivers[sources.indexOf(source)]?.receiver;
  }

  /** described takes a description from the other. */
  described(type: SDPType, sdp: string): void {
    this.#inTurn(() => this.#describe(type, sdp));
  }

  /** trickled takes candidates from the other. */
  trickled(candidates: readonly Candidate[]): void {
    this.#inTurn(async () => {
      if (this.connection.remoteDescription === null) this.#waiting.push(...candidates);
      else await this.#addCandidates(candidates);
    });
  }

  nudge(): void {
    this.#recovery.nudge();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#trickling);
    this.#recovery.close();
    this.#options.sealing?.forget(this.connection);
    this.connection.close();
  }

  /** searches tells whether both ends have described themselves and no pair of candidates works yet. */
  #searches(): boolean {
    const { remoteDescription, signalingState, iceConnectionState: ice } = this.connection;
    return (
      remoteDescription !== null && signalingState === "stable" && ice !== "connected" && ice !== "completed"
    );
  }

  #connect(): RTCPeerConnection {
    const connection = new RTCPeerConnection(
      configurationOf(
        this.#options.ice,
        this.#options.ice.relayOnly === true,
        this.#options.sealing !== undefined,
      ),
    );
    connection.onnegotiationneeded = () => void this.#offer();
    connection.onicecandidate = ({ candidate }) => {
      if (candidate !== null && candidate.candidate !== "") this.#gather(candidate);
    };
    connection.onconnectionstatechange = () => {
      this.#recovery.heard(connection.connectionState);
    };
    return connection;
  }

  /** openSections adds the media sections, which asks for an offer. */
  #openSections(): void {
    for (const source of sources) {
      const transceiver = this.connection.addTransceiver(kindOf(source), { direction: "sendrecv" });
      this.#seal(transceiver, source);
      swap(transceiver, this.#tracks.get(source) ?? null);
      this.#transceivers.push(transceiver);
    }
  }

  /** adoptSections takes the media sections of the other's offer for our own. */
  #adoptSections(): void {
    const known = new Set(this.#transceivers);
    this.#transceivers = this.connection.getTransceivers().slice(0, sources.length);
    for (const [i, transceiver] of this.#transceivers.entries()) {
      const source = sources[i];
      if (source === undefined) continue;
      if (!known.has(transceiver)) this.#seal(transceiver, source);
      transceiver.direction = "sendrecv";
      swap(transceiver, this.#tracks.get(source) ?? null);
    }
  }

  /** seal comes before there is a track: nothing is sent that was not sealed. */
  #seal({ sender, receiver }: RTCRtpTransceiver, source: Source): void {
    this.#options.sealing?.seal(sender, source);
    this.#options.sealing?.open(receiver, { participant: this.#options.other, source });
  }

  async #offer(): Promise<void> {
    this.#offering = true;
    try {
      await this.connection.setLocalDescription();
      this.#send();
    } catch (error) {
      if (!this.#closed) reportError(error);
    } finally {
      this.#offering = false;
    }
  }

  #send(): void {
    const description = this.connection.localDescription;
    if (this.#closed || description === null) return;
    if (description.type === "offer" || description.type === "answer") {
      this.#options.describe(description.type, description.sdp);
    }
  }

  async #describe(type: SDPType, sdp: string): Promise<void> {
    const collides = type === "offer" && (this.#offering || this.connection.signalingState !== "stable");
    if (collides && !this.#options.polite) return;
    if (type === "answer" && this.connection.signalingState !== "have-local-offer") return;

    const { connection } = this;
    await connection.setRemoteDescription({ type, sdp });
    if (type === "offer") {
      this.#adoptSections();
      await connection.setLocalDescription();
      this.#send();
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    await this.#addCandidates(waiting);
    this.emit("track", undefined);
  }

  async #addCandidates(candidates: readonly Candidate[]): Promise<void> {
    for (const candidate of candidates) {
      try {
        await this.connection.addIceCandidate(candidate);
      } catch {
        // Of an offer that we refused, or of a user name fragment that is gone: others will do.
      }
    }
  }

  #gather({ candidate, sdpMid, usernameFragment }: RTCIceCandidate): void {
    this.#gathered.push({
      candidate,
      sdpMid: sdpMid ?? "0",
      ...(usernameFragment === null ? {} : { usernameFragment }),
    });
    this.#trickling ??= setTimeout(() => {
      this.#trickling = undefined;
      while (this.#gathered.length > 0) this.#options.trickle(this.#gathered.splice(0, maxCandidates));
    }, trickleEveryMs);
  }

  #inTurn(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#closed) return;
      try {
        await work();
      } catch (error) {
        if (!this.#closed) reportError(error);
      }
    });
  }
}
