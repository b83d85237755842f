import { type DeviceChoice, pictureOf, soundOf } from "./choice.ts";
import { Emitter } from "./emitter.ts";
import { ProntoError } from "./problem.ts";
import type { Media, Source } from "./wire.gen.ts";

/** LocalTracks are the tracks of our own devices; a muted microphone keeps its track. */
export interface LocalTracks {
  readonly microphone?: MediaStreamTrack;
  readonly camera?: MediaStreamTrack;
  readonly screen?: MediaStreamTrack;
  readonly screenAudio?: MediaStreamTrack;
}

/** Replaced is a device that went away, and what has taken its place. */
export interface Replaced {
  readonly source: "microphone";
  /** name is the new device's (MediaStreamTrack.label). */
  readonly name: string;
}

export interface DevicesEvents {
  /** change: what is sent is another track, or none. */
  change: undefined;
  /** problem: a device was refused, is not there, or went away. */
  problem: ProntoError;
  /** replaced: another device has taken the place of one that went away. */
  replaced: Replaced;
}

/** Devices are this page's microphone, camera and screen, for one call. */
export class Devices extends Emitter<DevicesEvents> {
  #tracks: { [S in Source]?: MediaStreamTrack } = {};
  #wanted: Media = { microphone: false, camera: false, screen: false };
  #choice: DeviceChoice;
  #closed = false;
  #held = false; // the person is in another call: all devices are let go
  #queue: Promise<unknown> = Promise.resolve(); // one change at a time
  readonly #real: boolean;

  /** choice is which devices to open; real is false where none is to be. */
  constructor(choice: DeviceChoice = {}, real = true) {
    super();
    this.#choice = choice;
    this.#real = real;
  }

  /** choice is which devices are opened. */
  get choice(): DeviceChoice {
    return this.#choice;
  }

  /** choose opens other devices in place of those that are open. It rejects if one cannot be had; then it is off. */
  choose(choice: DeviceChoice): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#choice;
      this.#choice = choice;
      const sound =
        choice.microphone !== before.microphone ||
        choice.noiseSuppression !== before.noiseSuppression ||
        choice.voiceIsolation !== before.voiceIsolation;
      const picture =
        choice.camera !== before.camera ||
        choice.facing !== before.facing ||
        choice.backgroundBlur !== before.backgroundBlur;
      if (sound && this.#tracks.microphone !== undefined) await this.#reopen("microphone");
      if (picture && this.#tracks.camera !== undefined) await this.#reopen("camera");
    });
  }

  /** wanted is what the person wants to send, whether or not the device has answered yet. */
  get wanted(): Media {
    return this.#wanted;
  }

  get tracks(): LocalTracks {
    return this.#tracks;
  }

  /** sent is the track that goes out for a source, or null. */
  sent(source: Source): MediaStreamTrack | null {
    const on = source === "screenAudio" ? this.#wanted.screen : this.#wanted[source];
    return (on && !this.#held && this.#tracks[source]) || null;
  }

  /**
   * start opens microphone and camera, with one question to the person. It
   * never rejects: a call goes on without what cannot be had.
   */
  start(wanted: { microphone: boolean; camera: boolean }): Promise<void> {
    this.#want({ microphone: wanted.microphone, camera: wanted.camera });
    return this.#inTurn(async () => {
      if (wanted.microphone && wanted.camera) {
        const both = await this.#tryCapture({ audio: soundOf(this.#choice), video: pictureOf(this.#choice) });
        if (both !== undefined) {
          this.#adopt(both, "microphone", "camera");
          return;
        }
      }
      // One of two devices may be missing: each is asked for on its own.
      for (const source of ["microphone", "camera"] as const) {
        if (wanted[source]) await this.#open(source).catch((error) => this.#miss(source, error));
      }
    });
  }

  /** setMicrophone mutes or unmutes. It rejects if there is no microphone to be had. */
  setMicrophone(on: boolean): Promise<void> {
    this.#want({ microphone: on });
    return this.#inTurn(async () => {
      if (on && !this.#held && this.#wanted.microphone && this.#tracks.microphone === undefined)
        await this.#openOrMiss("microphone");
    });
  }

  /** setCamera switches the camera: off stops it, light included. */
  setCamera(on: boolean): Promise<void> {
    this.#want({ camera: on });
    return this.#inTurn(async () => {
      if (!this.#wanted.camera) this.#stop("camera");
      else if (!this.#held && this.#tracks.camera === undefined) await this.#openOrMiss("camera");
    });
  }

  /** shareScreen asks the person for a screen, or stops sharing. */
  shareScreen(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!on) {
        this.#unshare();
      } else if (this.#tracks.screen === undefined) {
        const stream = await captureScreen();
        this.#wanted = { ...this.#wanted, screen: true };
        for (const track of stream.getVideoTracks()) track.contentHint = "detail"; // text must stay sharp
        this.#adopt(stream, "screenAudio", "screen");
      }
    });
  }

  /** hold lets all devices go for the time of another call, or opens again what was on. A shared screen is not shared again. */
  hold(on: boolean): Promise<void> {
    if (this.#held === on) return Promise.resolve();
    this.#held = on;
    if (on) {
      for (const source of ["microphone", "camera"] as const) this.#stop(source);
      this.#unshare();
    }
    return this.#inTurn(async () => {
      if (this.#held || this.#closed) return;
      for (const source of ["microphone", "camera"] as const)
        if (this.#wanted[source]) await this.#open(source).catch((error) => this.#miss(source, error));
    });
  }

  /** close stops all devices. */
  close(): void {
    this.#closed = true;
    for (const source of ["microphone", "camera", "screen", "screenAudio"] as const) this.#stop(source);
  }

  #want(change: Partial<Media>): void {
    this.#wanted = { ...this.#wanted, ...change };
    this.emit("change", undefined);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => (this.#real ? work() : undefined));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #openOrMiss(source: "microphone" | "camera"): Promise<void> {
    try {
      await this.#open(source);
    } catch (error) {
      this.#miss(source, error);
      throw ProntoError.of(error);
    }
  }

  async #open(source: "microphone" | "camera"): Promise<void> {
    const stream = await capture(
      source === "microphone" ? { audio: soundOf(this.#choice) } : { video: pictureOf(this.#choice) },
    );
    this.#adopt(stream, "microphone", "camera");
  }

  /** reopen opens another device. A phone gives away one camera at a time: the old one is closed first. */
  async #reopen(source: "microphone" | "camera"): Promise<void> {
    if (source === "camera") this.#stop(source);
    await this.#openOrMiss(source);
  }

  async #tryCapture(constraints: MediaStreamConstraints): Promise<MediaStream | undefined> {
    try {
      return await capture(constraints);
    } catch {
      return undefined;
    }
  }

  #miss(source: "microphone" | "camera", error: unknown): void {
    if (this.#closed) return;
    this.#want({ [source]: false });
    this.emit("problem", ProntoError.of(error));
  }

  #adopt(stream: MediaStream, audioSource: Source, videoSource: Source): void {
    for (const track of stream.getTracks()) {
      const source = track.kind === "audio" ? audioSource : videoSource;
      const on = source === "screenAudio" ? this.#wanted.screen : this.#wanted[source];
      if (this.#closed || this.#held || (!on && source !== "microphone")) {
        track.stop(); // switched off, or hung up, while the browser was asking
        continue;
      }
      this.#stop(source);
      this.#tracks[source] = track;
      track.onended = () => this.#gone(source);
    }
    if (!this.#closed) this.emit("change", undefined);
  }

  /** gone is told when a device was unplugged or the browser's own button ended sharing. */
  #gone(source: Source): void {
    this.#stop(source);
    if (source === "screen") this.#unshare();
    if (source === "microphone" && this.#wanted.microphone) void this.#inTurn(() => this.#another());
    if (source === "camera") void lost(source).then((why) => this.#miss(source, why));
  }

  /** another opens the microphone that is left when one was unplugged. A camera that looks elsewhere is not ours to turn on. */
  async #another(): Promise<void> {
    if (this.#closed || !this.#wanted.microphone || this.#tracks.microphone !== undefined) return;
    try {
      await this.#open("microphone");
      this.emit("replaced", { source: "microphone", name: this.tracks.microphone?.label ?? "" });
    } catch (error) {
      this.#miss("microphone", error);
    }
  }

  #unshare(): void {
    this.#stop("screen");
    this.#stop("screenAudio");
    this.#want({ screen: false });
  }

  #stop(source: Source): void {
    const track = this.#tracks[source];
    if (track === undefined) return;
    delete this.#tracks[source];
    track.onended = null;
    track.stop();
  }
}

/** lost says why a camera that was on is so no more: it was unplugged, or the person took the permission back. */
async function lost(source: "camera"): Promise<ProntoError> {
  const status = await navigator.permissions
    ?.query({ name: source as PermissionName })
    .catch(() => undefined); // Firefox before 131 does not tell
  return status?.state === "denied" || status?.state === "prompt"
    ? new ProntoError("permissionDenied", "the permission to use the camera was taken back")
    : new ProntoError("noDevice", "the camera went away");
}

function mediaDevices(): MediaDevices {
  const devices = globalThis.navigator?.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) {
    throw new ProntoError("insecureOrigin", "this page has no access to devices; serve it by https");
  }
  return devices;
}

async function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = mediaDevices();
  try {
    return await devices.getUserMedia(constraints);
  } catch (error) {
    throw ProntoError.fromDevice(error);
  }
}

async function captureScreen(): Promise<MediaStream> {
  const devices = mediaDevices();
  if (devices.getDisplayMedia === undefined)
    throw new ProntoError("noDevice", "this browser cannot share a screen");
  try {
    return await devices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true });
  } catch (error) {
    throw ProntoError.fromDevice(error);
  }
}
