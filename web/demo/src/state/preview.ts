import { type ReadonlySignal, signal } from "@preact/signals";
import { type DeviceChoice, Devices, type LocalTracks, ProntoError } from "../../../sdk/src/index.ts";
import { listDevices } from "./mediadevices.ts";
import { deviceChoice, prefs } from "./prefs.ts";

/** Wish is what to send from the start. */
export interface Wish {
  readonly microphone: boolean;
  readonly camera: boolean;
}

/** PreviewShot is a preview at one moment. */
export interface PreviewShot {
  readonly wish: Wish;
  readonly tracks: LocalTracks;
  /** opened is false until the devices have been asked for. */
  readonly opened: boolean;
  /** problem is why one of them cannot be had. */
  readonly problem?: string;
}

/** Preview is our microphone and camera before a call. What is open is handed to the call, so that nothing is opened twice. */
export class Preview {
  readonly #shot = signal<PreviewShot>({
    wish: { microphone: true, camera: true },
    tracks: {},
    opened: false,
  });
  #devices: Devices;

  /** shot is the preview as it is now. */
  readonly shot: ReadonlySignal<PreviewShot> = this.#shot;

  constructor() {
    this.#devices = this.#make();
  }

  /** openIfAllowed opens the devices unless the browser would have to ask: that waits for a press. */
  async openIfAllowed(): Promise<void> {
    const granted = await Promise.all(["microphone", "camera"].map(isGranted));
    if (granted.every(Boolean)) await this.open();
  }

  /** open asks for the devices. */
  async open(): Promise<void> {
    const { wish } = this.#shot.value;
    this.#set({ opened: true });
    await this.#devices.start(wish);
    await listDevices();
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.#change({ microphone: on }, () => this.#devices.setMicrophone(on));
  }
  setCamera(on: boolean): Promise<void> {
    return this.#change({ camera: on }, () => this.#devices.setCamera(on));
  }

  /** choose takes other devices. */
  async choose(choice: DeviceChoice): Promise<void> {
    await this.#quietly(() => this.#devices.choose(choice));
  }

  /** hand gives the devices away, for a call; close does nothing to them afterwards. */
  hand(): Devices {
    const { wish, opened } = this.#shot.value;
    const devices = this.#devices;
    if (!opened) void devices.start(wish);
    return devices;
  }

  /** handed is told when the call has them. */
  handed(): void {
    this.#devices = this.#make();
    this.#set({ tracks: {}, opened: false });
  }

  close(): void {
    this.#devices.close();
    this.#devices = this.#make();
    this.#set({ tracks: {}, opened: false });
  }

  #make(): Devices {
    const devices = new Devices(deviceChoice(prefs.value));
    devices.on("change", () => {
      if (devices === this.#devices) this.#set({ tracks: { ...devices.tracks } });
    });
    devices.on("problem", (problem) => {
      if (devices !== this.#devices) return;
      const { microphone, camera } = devices.wanted;
      this.#set({ wish: { microphone, camera }, problem: problem.code });
    });
    return devices;
  }

  #set(change: Partial<PreviewShot>): void {
    this.#shot.value = { ...this.#shot.value, ...change };
  }

  async #change(wish: Partial<Wish>, act: () => Promise<void>): Promise<void> {
    const { problem: _, ...shot } = this.#shot.value;
    this.#shot.value = { ...shot, wish: { ...shot.wish, ...wish } };
    if (shot.opened) await this.#quietly(act);
  }

  /** quietly carries out what tells its problem by the event. */
  async #quietly(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
    }
  }
}

async function isGranted(name: string): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === "granted";
  } catch {
    return false; // a browser that cannot say it will ask
  }
}
