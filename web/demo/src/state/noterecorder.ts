import { type ReadonlySignal, signal } from "@preact/signals";
import { Devices, type Kind, type LocalTracks, type Note } from "../../../sdk/src/index.ts";
import { type Cut, NoteRun } from "./noterun.ts";
import { deviceChoice, prefs } from "./prefs.ts";

/** NoteShot is a note to be left, at one moment. */
export type NoteShot =
  /** idle: nothing is recorded. problem is why a device cannot be had, or emptyNote. */
  | { readonly stage: "idle"; readonly problem?: string }
  /** opening: the browser may be asking for the devices. */
  | { readonly stage: "opening"; readonly kind: Kind }
  | { readonly stage: "recording"; readonly kind: Kind; readonly tracks: LocalTracks }
  /** recorded: to be heard, sent or discarded. failure is why sending it did not go well. */
  | {
      readonly stage: "recorded";
      readonly kind: Kind;
      readonly note: Note;
      readonly cut?: Cut;
      readonly failure?: unknown;
    }
  | { readonly stage: "sending"; readonly kind: Kind; readonly note: Note }
  | { readonly stage: "sent" };

/** small is what a picture of a note is: its 200 kbit/s carry no more. */
const small = {
  width: { ideal: 480 },
  height: { ideal: 360 },
  frameRate: { ideal: 15, max: 20 },
} satisfies MediaTrackConstraints;

/** NoteRecorder records one note at a time. The devices are open only while it does, and nothing is kept after close. */
export class NoteRecorder {
  readonly #makeDevices: () => Devices;
  readonly #shot = signal<NoteShot>({ stage: "idle" });
  readonly #elapsedMs = signal(0);
  #devices: Devices | undefined; // while opening or recording
  #run: NoteRun | undefined;
  #closed = false;

  /** shot is the note as it is now. */
  readonly shot: ReadonlySignal<NoteShot> = this.#shot;
  /** elapsedMs is how long has been recorded. */
  readonly elapsedMs: ReadonlySignal<number> = this.#elapsedMs;

  constructor(makeDevices: () => Devices = () => new Devices(deviceChoice(prefs.value))) {
    this.#makeDevices = makeDevices;
  }

  /** record opens the devices and records; what was recorded before is gone. */
  async record(kind: Kind): Promise<void> {
    if (this.#closed || this.#devices !== undefined || this.#run !== undefined) return;
    const devices = this.#makeDevices();
    let problem = "noDevice";
    devices.on("problem", ({ code }) => {
      problem = code;
    });
    this.#devices = devices;
    this.#shot.value = { stage: "opening", kind };
    await devices.start({ microphone: true, camera: kind === "video" });
    await devices.tracks.camera?.applyConstraints(small).catch(() => undefined); // else it is larger, and coarser
    if (this.#devices !== devices) return; // left meanwhile
    const { microphone, camera } = devices.tracks;
    if (microphone === undefined || (kind === "video" && camera === undefined)) this.#fail(problem);
    else this.#begin(kind, devices);
  }

  /** stop ends the recording, to be heard. */
  stop(): void {
    this.#run?.stop();
  }

  /** discard forgets what was recorded, or is being recorded. */
  discard(): void {
    this.#run?.drop();
    this.#run = undefined;
    this.#release();
    this.#set({ stage: "idle" });
  }

  /** send hands what was recorded to leave. If that fails it is kept, and may be sent again. */
  async send(leave: (note: Note) => Promise<void>): Promise<void> {
    const shot = this.#shot.value;
    if (shot.stage !== "recorded") return;
    const { kind, note } = shot;
    this.#set({ stage: "sending", kind, note });
    try {
      await leave(note);
      this.#set({ stage: "sent" });
    } catch (failure) {
      this.#set({ stage: "recorded", kind, note, failure });
    }
  }

  /** close lets go of the devices and of what was recorded. A note that is being sent is sent. */
  close(): void {
    this.discard();
    this.#closed = true;
  }

  #begin(kind: Kind, devices: Devices): void {
    const tracks = { ...devices.tracks };
    const both = [tracks.microphone, tracks.camera].filter((track) => track !== undefined);
    try {
      this.#run = new NoteRun(kind, new MediaStream(both), {
        elapsed: (ms) => {
          this.#elapsedMs.value = ms;
        },
        stopped: () => this.#release(),
        done: (note, cut) => {
          this.#run = undefined;
          if (note === undefined) this.#fail("emptyNote");
          else this.#set({ stage: "recorded", kind, note, ...(cut === undefined ? {} : { cut }) });
        },
      });
    } catch {
      this.#fail("other");
      return;
    }
    devices.on("change", () => {
      const { microphone, camera } = devices.tracks;
      if (microphone !== tracks.microphone || camera !== tracks.camera) this.#run?.stop("device"); // unplugged
    });
    this.#set({ stage: "recording", kind, tracks });
  }

  #fail(problem: string): void {
    this.#release();
    this.#set({ stage: "idle", problem });
  }

  #set(shot: NoteShot): void {
    if (!this.#closed) this.#shot.value = shot;
  }

  #release(): void {
    this.#devices?.close();
    this.#devices = undefined;
  }
}
