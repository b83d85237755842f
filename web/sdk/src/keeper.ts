import type { Keeper } from "./encryption.ts";
import { KeyWorker } from "./keyworker.ts";
import { ProntoError } from "./problem.ts";
import type { Signalling } from "./signalling.ts";
import type { WorkerURL } from "./trusted.ts";
import type { Device, RequestMap, RequestType } from "./wire.gen.ts";

/** encryptionVersion is what we say in a hello (wire.EncryptionVersion). */
export const encryptionVersion = 1;

/** ClientKeys has the worker of one client, from the first call on, and makes it known to the account. @internal */
export class ClientKeys implements Keeper {
  readonly worker: KeyWorker;
  readonly #signalling: Signalling;
  #account = "";
  #identified: Promise<void> | undefined;

  constructor(signalling: Signalling, url: WorkerURL | undefined) {
    this.#signalling = signalling;
    this.worker = new KeyWorker(url);
  }

  /** setAccount says whose device this is; empty for a guest. */
  setAccount(account: string): void {
    if (account === this.#account && this.#identified !== undefined) return;
    this.#account = account;
    this.#identified = this.#identify();
    this.#identified.catch(() => {
      this.#identified = undefined; // asked again with the next call
    });
  }

  identified(): Promise<void> {
    this.#identified ??= this.#identify();
    return this.#identified;
  }

  request<R extends RequestType>(type: R, body: RequestMap[R]["body"]): Promise<RequestMap[R]["reply"]> {
    return this.#signalling.request(type, body);
  }

  /** signDevice signs another device of the account, after a person has said that it is his. */
  async signDevice({ device, key }: Device): Promise<readonly Device[]> {
    if (key === undefined) throw new ProntoError("invalid", "the device has no key yet");
    await this.identified();
    const account = this.#account;
    const signature = await this.worker.ask<string>({ type: "signDevice", account, device, key });
    return (await this.#signalling.request("signDevice", { device, key, signature })).devices;
  }

  close(): void {
    this.worker.close();
  }

  async #identify(): Promise<void> {
    const account = this.#account;
    const { device } = this.#signalling;
    if (account === "") {
      await this.worker.identify({ type: "identify", account, device, devices: [] });
      return;
    }
    const { devices } = await this.#signalling.request("getDevices", {});
    const { key, signed } = await this.worker.identify({ type: "identify", account, device, devices });
    if (signed) return;
    const registered = await this.#signalling.request("setDeviceKey", { key });
    await this.worker.identify({ type: "identify", account, device, devices: registered.devices });
  }
}
