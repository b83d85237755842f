import { fromBlob, toBlob } from "./e2ee/bytes.ts";
import type { Client } from "./later.ts";
import type { Signalling } from "./signalling.ts";
import type { WorkerURL } from "./trusted.ts";
import type { Push as PushReply } from "./wire.gen.ts";

/**
 * PushState is how this device can be reached while its page is closed: unsupported by the browser, unavailable at this
 * server, denied by its user in the browser, off, or on.
 */
export type PushState = "unsupported" | "unavailable" | "denied" | "off" | "on";

/** PushMessage is what the service worker gets as the data of a push event, as JSON. It names nobody. */
export interface PushMessage {
  /** v is 1. */
  readonly v: number;
  /**
   * type: a call rings, does not ring any more, or was missed; or a booked talk begins soon. One takes the place of the
   * one before about the same call.
   */
  readonly type: "incoming" | "cancel" | "missed" | "reminder";
  /** call is the call; of a talk, its link. */
  readonly call: string;
  readonly kind: "voice" | "video";
  /** exp is until when it means anything, in Unix milliseconds. */
  readonly exp: number;
  /** at is when a talk begins, in Unix milliseconds. */
  readonly at?: number;
  /** host says that the talk is by a link of ours. */
  readonly host?: boolean;
}

/** answerWithinMs is how long a browser's push service may take to answer. */
const answerWithinMs = 30_000;

/** Push is how this device is reached while its page is closed, through the push service of its browser. */
export class Push {
  readonly #signalling: Signalling;
  readonly #client: Client;

  /** @internal */
  constructor(signalling: Signalling, client: Client) {
    this.#signalling = signalling;
    this.#client = client;
  }

  /**
   * startWorker registers the service worker of a page, also where the page demands trusted types. It rejects with what
   * the browser says is wrong with the file, and with invalid where there are no service workers.
   */
  async startWorker(url: WorkerURL, options?: RegistrationOptions): Promise<ServiceWorkerRegistration> {
    const container = globalThis.navigator?.serviceWorker;
    const { ProntoError, trusted } = this.#client;
    if (container === undefined)
      throw new ProntoError("invalid", "this browser has no service workers on this page");
    return container.register(trusted(url), options);
  }

  /** state says how it stands, and asks nobody's permission. */
  async state(worker: ServiceWorkerRegistration | undefined): Promise<PushState> {
    if (worker?.pushManager === undefined || typeof Notification === "undefined") return "unsupported";
    const { key, subscribed = false } = await this.#signalling.request("getPush", {});
    if (key === undefined) return "unavailable";
    if (Notification.permission === "denied") return "denied";
    const here = await worker.pushManager.getSubscription();
    return subscribed && here !== null && madeFor(here, key) ? "on" : "off";
  }

  /**
   * subscribe has this device reached from now on. The browser asks for permission, if it has none yet: call it when
   * somebody has pressed something. To be called again whenever the page is loaded, because subscriptions expire. It
   * rejects with unavailable if the browser's push service does not answer.
   */
  async subscribe(worker: ServiceWorkerRegistration): Promise<PushState> {
    if (worker.pushManager === undefined || typeof Notification === "undefined") return "unsupported";
    if ((await Notification.requestPermission()) !== "granted")
      return Notification.permission === "denied" ? "denied" : "off";
    const { key } = await this.#signalling.request("getPush", {});
    if (key === undefined) return "unavailable";
    const { endpoint, p256dh, auth } = await this.#within(
      answerWithinMs,
      this.#subscription(worker.pushManager, key),
    );
    await this.#signalling.request("setPush", { endpoint, p256dh, auth });
    return "on";
  }

  /** unsubscribe ends that. keep leaves the browser's own subscription to the other accounts of this browser. */
  async unsubscribe(
    worker: ServiceWorkerRegistration | undefined,
    { keep = false }: { readonly keep?: boolean } = {},
  ): Promise<PushState> {
    const reply: PushReply = await this.#signalling.request("clearPush", {});
    if (!keep) await (await worker?.pushManager?.getSubscription())?.unsubscribe();
    return reply.key === undefined ? "unavailable" : "off";
  }

  /** subscription is the browser's for a server's key; one that was made for another key can reach nobody and is ended. */
  async #subscription(manager: PushManager, key: string): Promise<Subscription> {
    let found = await manager.getSubscription();
    if (found !== null && !madeFor(found, key)) {
      await found.unsubscribe();
      found = null;
    }
    found ??= await manager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBlob(key) });
    const [p256dh, auth] = [found.getKey("p256dh"), found.getKey("auth")];
    if (p256dh === null || auth === null)
      throw new this.#client.ProntoError(
        "invalid",
        "this browser's push subscription has no keys, so nothing can be encrypted",
      );
    return {
      endpoint: found.endpoint,
      p256dh: toBlob(new Uint8Array(p256dh)),
      auth: toBlob(new Uint8Array(auth)),
    };
  }

  /** within rejects when a push service does not answer; browsers wait for it without end. */
  async #within<T>(ms: number, asked: Promise<T>): Promise<T> {
    const { ProntoError } = this.#client;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new ProntoError("unavailable", "the browser's push service does not answer; try again later"),
          ),
        ms,
      );
    });
    try {
      return await Promise.race([asked, late]);
    } catch (error) {
      if (error instanceof ProntoError) throw error;
      throw new ProntoError("unavailable", `the browser's push service refused: ${error}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

interface Subscription {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

function madeFor(subscription: PushSubscription, key: string): boolean {
  const made = subscription.options?.applicationServerKey;
  return made !== null && made !== undefined && toBlob(new Uint8Array(made)) === key;
}
