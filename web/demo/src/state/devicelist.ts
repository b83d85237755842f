import { type ReadonlySignal, signal } from "@preact/signals";
import type { Device, DeviceCode, Pronto } from "../../../sdk/src/index.ts";
import { attempt } from "./toasts.ts";

/** patienceMs is how long signing out waits for the server. */
const patienceMs = 3000;

/** DeviceList is the devices that are signed in to our account. */
export class DeviceList {
  readonly #pronto: Pronto;
  readonly #devices = signal<readonly Device[] | undefined>(undefined);
  readonly #code = signal<DeviceCode | undefined>(undefined);

  /** devices are the most recently used first; undefined until known. */
  readonly devices: ReadonlySignal<readonly Device[] | undefined> = this.#devices;
  /** code lets one more device in, while it is shown. */
  readonly code: ReadonlySignal<DeviceCode | undefined> = this.#code;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** take is called with what the server tells unasked. A device that has come has used the code up. */
  take(devices: readonly Device[]): void {
    if (devices.some(({ pending }) => pending)) this.#code.value = undefined;
    this.#devices.value = devices;
  }

  async load(): Promise<void> {
    await attempt(async () => this.take(await this.#pronto.devices()));
  }
  async confirm(device: Device, accept: boolean): Promise<void> {
    await attempt(async () => this.take(await this.#pronto.confirmDevice(device.device, accept)));
  }
  async revoke(device: Device): Promise<void> {
    await attempt(async () => this.take(await this.#pronto.revokeDevice(device.device)));
  }

  /** revokeThis signs this very device out. The connection ends with it, so that its answer may not come. */
  async revokeThis(device: string): Promise<void> {
    await Promise.race([
      this.#pronto.revokeDevice(device).catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, patienceMs)),
    ]);
  }

  /** show asks for a code; it is taken away when it is no longer good. */
  async show(): Promise<void> {
    await attempt(async () => {
      const code = await this.#pronto.linkDevice();
      this.#code.value = code;
      setTimeout(() => {
        if (this.#code.value === code) this.#code.value = undefined;
      }, code.expiresMs);
    });
  }
  /** hide takes the code from the screen. */
  hide(): void {
    this.#code.value = undefined;
  }
}
