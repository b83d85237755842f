import { effect, type ReadonlySignal, signal } from "@preact/signals";
import {
  type Incoming,
  type Knocking,
  ProntoError,
  type Push,
  type PushState,
  type Reminder,
} from "../../../sdk/src/index.ts";
import { setMissed, writeMemo } from "../../worker/memo.ts";
import { type Clicked, clock, knockOf, noteOf, tagOf, talkPage } from "../../worker/note.ts";
import { language, t } from "../lang/index.ts";
import type { Phone } from "./phone.ts";
import { prefs } from "./prefs.ts";
import { open } from "./route.ts";
import { inDemo } from "./session.ts";
import { say, sayProblem } from "./toasts.ts";

/** wished is where this browser keeps which of its accounts want to be told of calls. */
const wished = "pronto.push";

/** ReachState is whether calls get here while the page is closed; undefined while that is not known. */
export type ReachState = PushState | undefined;

/** Rings is what the worker asks a page that is looked at. */
interface Rings {
  readonly pronto: "rings";
  readonly call: string;
}

/** Renew is what the worker asks of the pages when the subscription has changed. */
interface Renew {
  readonly pronto: "renew";
}

const reaches = new WeakMap<Phone, Reach>();

/** reachOf is the Reach of a phone. */
export function reachOf(phone: Phone): Reach {
  const made = reaches.get(phone) ?? new Reach(phone);
  reaches.set(phone, made);
  return made;
}

/** Reach is how calls are told of when the page is not looked at: by the page itself while it is open, else by push. */
export class Reach {
  readonly #phone: Phone;
  readonly #reached: Promise<Push>;
  readonly #on = signal(false);
  readonly #push = signal<ReachState>(undefined);
  readonly #known = new Map<string, Incoming>();
  readonly #knocked = new Map<string, ReadonlySet<string>>();
  readonly #reminded = new Set<string>();
  #turn: Promise<void> = Promise.resolve();
  #worker: Promise<ServiceWorkerRegistration | undefined> | undefined;

  constructor(phone: Phone) {
    this.#phone = phone;
    this.#reached = phone.pronto.push();
  }

  /** on says that this account wants notifications here, and that the browser shows them. */
  get on(): ReadonlySignal<boolean> {
    return this.#on;
  }
  /** push says whether calls also get here while the page is closed. */
  get push(): ReadonlySignal<ReachState> {
    return this.#push;
  }

  /** start keeps the page for when there is no network, and tells of calls if that was wanted. It returns what ends that. */
  start(): () => void {
    this.#on.value = this.#wanted && granted(); // known at once: something may be ringing already
    const worker = this.#start();
    const ended = new AbortController();
    const { signal } = ended;
    navigator.serviceWorker?.addEventListener("message", (event) => this.#asked(event), { signal });
    navigator.serviceWorker?.startMessages();
    document.addEventListener("visibilitychange", () => this.#looked(), { signal });
    const undo = [
      effect(() => this.#follow(this.#phone.incoming.value)),
      effect(() => this.#followKnocks(this.#phone.lobbies.all.value)),
      effect(() => this.#followReminders(this.#phone.reminders.all.value)),
      effect(() => void badge(this.#phone.log.unseen.value)),
      effect(() => void this.#remember(language.value)),
    ];
    void this.#tidy();
    void worker.then(() => this.#renew());
    return () => {
      ended.abort();
      for (const each of undo) each();
    };
  }

  /** look finds out how it stands. */
  async look(): Promise<void> {
    try {
      this.#push.value = await (await this.#reached).state(await this.#start());
      this.#on.value = this.#wanted && granted();
    } catch (error) {
      if (!(error instanceof ProntoError)) throw error;
    }
  }

  /** turnOn asks the browser, and has calls told of from now on. */
  async turnOn(): Promise<void> {
    const worker = await this.#start();
    if (worker === undefined || typeof Notification === "undefined") {
      this.#push.value = "unsupported";
      return;
    }
    if ((await Notification.requestPermission()) !== "granted") {
      await this.look();
      return;
    }
    wish(this.#phone.user, true);
    this.#on.value = true;
    await this.#remember(language.value);
    try {
      this.#push.value = await (await this.#reached).subscribe(worker);
    } catch (error) {
      sayProblem(error);
      this.#push.value = "off";
    }
  }

  /** turnOff ends that. */
  async turnOff(): Promise<void> {
    wish(this.#phone.user, false);
    this.#on.value = false;
    try {
      const others = wishes().length > 0;
      this.#push.value = await (await this.#reached).unsubscribe(await this.#start(), { keep: others });
    } catch (error) {
      sayProblem(error);
    }
  }

  get #wanted(): boolean {
    return wishes().includes(this.#phone.user);
  }

  #start(): Promise<ServiceWorkerRegistration | undefined> {
    this.#worker ??= this.#reached
      .then((push) => push.startWorker("/sw.js", { scope: "/" }))
      .catch(() => undefined); // none in this browser, or forbidden
    return this.#worker;
  }

  /** renew tells the server where we are reached now: subscriptions expire, and a tab may be another device. */
  async #renew(): Promise<void> {
    this.#on.value = this.#wanted && granted();
    if (!this.#on.value) return;
    const worker = await navigator.serviceWorker.ready;
    try {
      this.#push.value = await (await this.#reached).subscribe(worker);
    } catch {
      this.#push.value = "off"; // the settings say so
    }
  }

  async #remember(spoken: string): Promise<void> {
    if (!this.#wanted || typeof caches === "undefined") return;
    await writeMemo(caches, { home: this.#home, language: spoken, texts: texts() });
  }

  /** home is the page that a notification opens: a tab of its own is nobody in the demo, unless its address says who. */
  get #home(): string {
    return inDemo() ? `/?as=${encodeURIComponent(this.#phone.user)}` : "/";
  }

  /** follow tells of what rings and is not looked at, and takes that back. */
  #follow(ringing: readonly Incoming[]): void {
    for (const incoming of ringing) {
      if (this.#known.has(incoming.call)) continue;
      this.#known.set(incoming.call, incoming);
      incoming.on("stopped", ({ reason }) => {
        if (reason === "cancelled" || reason === "timeout") void this.#tell(incoming, "missed");
      });
      void this.#tell(incoming, "incoming");
    }
    for (const [call] of this.#known) {
      if (ringing.some((one) => one.call === call)) continue;
      this.#known.delete(call);
      void this.#close(call, "incoming");
    }
  }

  /** looked: the page is looked at, or not any more; what rings then is told of. */
  #looked(): void {
    void this.#tidy();
    for (const [, incoming] of this.#known) void this.#tell(incoming, "incoming");
  }

  /**
   * inTurn does something to the notifications as soon as the worker can: a page that has just come may be told of a call
   * before. One thing after the other, because Chromium loses a notification that is asked for while it is being shown.
   */
  #inTurn(work: (worker: ServiceWorkerRegistration) => Promise<void>): Promise<void> {
    this.#turn = this.#turn
      .then(async () => {
        if ((await this.#worker) !== undefined) await work(await navigator.serviceWorker.ready);
      })
      .catch(() => undefined); // the permission was taken back, or the browser's data deleted
    return this.#turn;
  }

  async #tell(incoming: Incoming, type: "incoming" | "missed"): Promise<void> {
    if (!this.#on.value || document.visibilityState === "visible") return;
    const { call, kind, name } = incoming;
    const note = noteOf({ type, call, kind }, { home: this.#home, language: language.value, texts: texts() });
    const named = kind === "video" ? t("in.video", { name }) : t("in.voice", { name });
    const title = type === "missed" ? t("in.missed", { name }) : named;
    await this.#inTurn(async (worker) => {
      if (type === "incoming" && !this.#known.has(call)) return; // it has stopped meanwhile
      await worker.showNotification(prefs.value.names ? title : note.title, {
        ...note.options,
        ...(type === "incoming" ? actions() : {}),
      } as NotificationOptions);
    });
  }

  /** followKnocks tells of who waits at our links and is not looked at, and takes that back when nobody waits any more. */
  #followKnocks(lobbies: readonly Knocking[]): void {
    for (const { call, title, waiting } of lobbies) {
      const fresh = waiting.some(({ waiter }) => !this.#knocked.get(call)?.has(waiter));
      this.#knocked.set(call, new Set(waiting.map(({ waiter }) => waiter)));
      if (fresh) void this.#tellKnock(call, title, waiting.length);
    }
    for (const [call] of this.#knocked) {
      if (lobbies.some((one) => one.call === call)) continue;
      this.#knocked.delete(call);
      void this.#close(call, "knock", knockOf(call, "", "").options.tag);
    }
  }

  async #tellKnock(call: string, title: string, count: number): Promise<void> {
    if (!this.#on.value || document.visibilityState === "visible") return;
    const named = prefs.value.names && title !== "";
    const text = named ? t("lobby.waitingAt", { count, title }) : t("lobby.waiting", { count });
    const note = knockOf(call, text, language.value);
    await this.#inTurn((worker) => worker.showNotification(note.title, note.options));
  }

  /** followReminders tells of talks that begin soon and are not looked at, and takes that back when they are put away. */
  #followReminders(reminders: readonly Reminder[]): void {
    for (const reminder of reminders) {
      if (this.#reminded.has(reminder.link)) continue;
      this.#reminded.add(reminder.link);
      void this.#tellReminder(reminder);
    }
    for (const link of this.#reminded) {
      if (reminders.some((one) => one.link === link)) continue;
      this.#reminded.delete(link);
      void this.#close(link, "reminder");
    }
  }

  async #tellReminder({ link, kind, fromMs, host = false, title }: Reminder): Promise<void> {
    if (!this.#on.value || document.visibilityState === "visible") return;
    const message = { type: "reminder", call: link, kind, at: fromMs, host } as const;
    const note = noteOf(message, { home: this.#home, language: language.value, texts: texts() });
    const named = prefs.value.names && title !== "";
    const time = clock(fromMs, language.value);
    await this.#inTurn((worker) =>
      worker.showNotification(named ? t("remind.soonAt", { time, title }) : note.title, note.options),
    );
  }

  async #close(call: string, type: string, tag: string = tagOf(call)): Promise<void> {
    await this.#inTurn(async (worker) => {
      for (const note of await worker.getNotifications({ tag })) if (note.data?.type === type) note.close();
    });
  }

  /** tidy takes away what was told, once the page is looked at. */
  async #tidy(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    await this.#inTurn(async (worker) => {
      for (const note of await worker.getNotifications()) note.close();
    });
  }

  /** asked answers the worker: whether a call rings before somebody's eyes here, and whether a notification is ours. */
  #asked({ data, ports: [port] }: MessageEvent): void {
    const question = Object(data) as Rings | Clicked | Renew;
    if (question.pronto === "renew") {
      void this.#renew(); // the browser has ended our subscription
      return;
    }
    const incoming = this.#phone.incoming.value.find(({ call }) => call === question.call);
    const reminded = this.#phone.reminders.all.value.some(({ link }) => link === question.call);
    if (question.pronto === "rings") port?.postMessage(incoming !== undefined || reminded);
    if (question.pronto !== "clicked") return;
    const ours = incoming !== undefined || question.home === this.#home;
    port?.postMessage(ours);
    if (!ours) return;
    if (question.type === "missed") open("recents");
    else if (question.type === "reminder")
      location.assign(talkPage(question, location.pathname + location.search));
    else if (question.type === "knock")
      return; // who knocks is shown above everything
    else if (incoming === undefined && this.#phone.call.value?.call.id !== question.call)
      say(t("alerts.over"));
    else if (incoming !== undefined && question.action === "accept")
      void this.#phone.accept(incoming, incoming.kind === "video");
    else if (incoming !== undefined && question.action === "decline") void this.#phone.decline(incoming);
  }
}

function granted(): boolean {
  return typeof Notification !== "undefined" && Notification.permission === "granted";
}

/** badge is the number on the icon of an installed page (Badging API), where there is one. */
async function badge(count: number): Promise<void> {
  if (typeof caches !== "undefined") await setMissed(caches, count).catch(() => undefined);
  if (count === 0) await navigator.clearAppBadge?.().catch(() => undefined);
  else await navigator.setAppBadge?.(count).catch(() => undefined);
}

function actions(): object {
  return {
    actions: [
      { action: "accept", title: t("in.accept") },
      { action: "decline", title: t("in.decline") },
    ],
  };
}

function texts() {
  return {
    voice: t("push.voice"),
    video: t("push.video"),
    answer: t("push.answer"),
    missedVoice: t("push.missedVoice"),
    missedVideo: t("push.missedVideo"),
    missedBody: t("push.missedBody"),
    over: t("push.over"),
    soon: t("push.soon", { time: "{time}" }),
    soonBody: t("push.soonBody"),
  };
}

function wishes(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(wished) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function wish(user: string, on: boolean): void {
  const others = wishes().filter((one) => one !== user);
  try {
    localStorage.setItem(wished, JSON.stringify(on ? [...others, user] : others));
  } catch {
    // it counts until the page is closed
  }
}
