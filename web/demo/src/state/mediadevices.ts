import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** DeviceKind is what a device is for. */
export type DeviceKind = "microphone" | "camera" | "speaker";

const kinds: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

/** Listed is one device; its name is empty until the person has let the page use one of its kind. */
export interface Listed {
  readonly kind: DeviceKind;
  readonly id: string;
  readonly name: string;
}

const all = signal<readonly Listed[]>([]);
let listening = false;

/** mediaDevices are what this machine has, as far as the browser tells; see listDevices. */
export const mediaDevices: ReadonlySignal<readonly Listed[]> = all;

/** severalCameras is true on a phone: there is a camera to flip to. */
export const severalCameras: ReadonlySignal<boolean> = computed(
  () => all.value.filter(({ kind }) => kind === "camera").length > 1,
);

/** listDevices asks the browser, now and whenever something is plugged in or out. */
export async function listDevices(): Promise<void> {
  const media = navigator.mediaDevices as MediaDevices | undefined; // absent on insecure pages
  if (media === undefined) return;
  if (!listening) {
    listening = true;
    media.addEventListener("devicechange", () => void listDevices());
  }
  const found = await media.enumerateDevices();
  all.value = found
    .filter(({ deviceId }) => deviceId !== "")
    .map(({ kind, deviceId, label }) => ({ kind: kinds[kind], id: deviceId, name: label }));
}
