import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import {
  type Call,
  type CallLogEntry,
  type Devices,
  type Incoming,
  type Kind,
  type Participant,
  type Pronto,
  ProntoError,
} from "../../../sdk/src/index.ts";
import { speakOfAll, t } from "../lang/index.ts";
import type { ActiveCall } from "./activecall.ts";
import { CallList } from "./calllist.ts";
import { chatKey } from "./chatlines.ts";
import { DeviceList } from "./devicelist.ts";
import type { Ended, Why } from "./ended.ts";
import { GroupList } from "./grouplist.ts";
import { LinkList } from "./linklist.ts";
import { Lobbies } from "./lobbies.ts";
import { PeopleBook } from "./peoplebook.ts";
import { deviceChoice, prefs } from "./prefs.ts";
import { Watching } from "./presence.ts";
import { OwnProfile } from "./profile.ts";
import { Reminders } from "./reminders.ts";
import { OpenTerms } from "./terms.ts";
import { say, sayProblem } from "./toasts.ts";

/** ConnectionState is how the page stands with the server. */
export type ConnectionState = Pronto["state"];

/**
 * Phone is one signed-in identity or guest: its connection, what rings, the call it is in and the one that was last.
 * One call at a time is talked in: accepting another one leaves the first, or puts it on hold.
 */
export class Phone {
  readonly people: PeopleBook;
  readonly log: CallList;
  readonly links: LinkList;
  readonly groups: GroupList;
  readonly devices: DeviceList;
  readonly watching: Watching;
  readonly own: OwnProfile;
  readonly lobbies: Lobbies;
  readonly reminders: Reminders;
  readonly terms = new OpenTerms();
  readonly guest: boolean;
  readonly #pronto: Pronto;
  readonly #state = signal<ConnectionState>("idle");
  readonly #incoming = signal<readonly Incoming[]>([]);
  readonly #call = signal<ActiveCall | undefined>(undefined);
  readonly #held = signal<readonly ActiveCall[]>([]);
  #waits: ActiveCall | undefined; // is on hold for the next one
  readonly #ended = signal<Ended | undefined>(undefined);
  readonly #adopting = new Map<string, Promise<void>>();
  readonly #busy = signal(false);
  #closed = false;
  readonly #undo: (() => void)[] = [];

  constructor(pronto: Pronto, options: { guest: boolean }) {
    this.#pronto = pronto;
    this.guest = options.guest;
    this.people = new PeopleBook(pronto);
    this.log = new CallList(pronto);
    this.links = new LinkList(pronto);
    this.groups = new GroupList(pronto);
    this.devices = new DeviceList(pronto);
    this.watching = new Watching(pronto);
    this.own = new OwnProfile(pronto);
    this.lobbies = new Lobbies(pronto);
    this.reminders = new Reminders(pronto);
    this.#undo.push(
      pronto.on("state", (state) => {
        this.#state.value = state;
      }),
      pronto.on("incoming", (incoming) => this.#rings(incoming)),
      pronto.on("call", (call) => void this.#adopt(call).catch(sayProblem)),
      pronto.on("people", (people) => this.people.take(people)),
      pronto.on("privacy", (privacy) => this.people.takePrivacy(privacy)),
      pronto.on("logged", (entry) => this.log.take(entry)),
      pronto.on("callsForgotten", (calls) => this.log.takeForgotten(calls)),
      pronto.on("presence", (people) => this.watching.take(people)),
      pronto.on("profile", (profile) => this.own.take(profile)),
      pronto.on("devices", (devices) => this.devices.take(devices)),
      pronto.on("group", (group) => this.groups.take(group)),
      pronto.on("groupGone", (gone) => this.groups.takeGone(gone)),
      pronto.on("link", (link) => this.links.take(link)),
      pronto.on("groupCall", (call) => this.groups.takeCall(call)),
      pronto.on("preferences", (all) => this.people.takePreferences(all)),
      pronto.on("terms", (terms) => this.terms.take(terms)),
      effect(() => pronto.setDevices(deviceChoice(prefs.value))),
      effect(() => pronto.setTelemetry(prefs.value.reports)),
      effect(() => {
        const contacts = this.people.contacts.value;
        if (contacts !== undefined && !this.guest) void this.watching.watch(contacts.map(({ user }) => user));
      }),
    );
  }

  /** state is how we stand with the server. */
  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }
  /** incoming are the calls that ring here, oldest first. */
  get incoming(): ReadonlySignal<readonly Incoming[]> {
    return this.#incoming;
  }
  /** call is the call we are in. */
  get call(): ReadonlySignal<ActiveCall | undefined> {
    return this.#call;
  }
  /** held are the calls that wait for us, the latest last. */
  get held(): ReadonlySignal<readonly ActiveCall[]> {
    return this.#held;
  }
  /** ended is the call that was last, until the next one or until it is put away. */
  get ended(): ReadonlySignal<Ended | undefined> {
    return this.#ended;
  }
  /** elsewhere is the call that another device of ours is in, as far as the log says. */
  readonly elsewhere: ReadonlySignal<CallLogEntry | undefined> = computed(() =>
    this.#call.value === undefined
      ? this.log.entries.value?.find(
          ({ call, outcome }) =>
            outcome === "ongoing" && !this.#held.value.some((held) => held.call.id === call),
        )
      : undefined,
  );
  /** busy is true from the press of a call button to the server's answer. */
  get busy(): ReadonlySignal<boolean> {
    return this.#busy;
  }
  /** pronto is the client, for what belongs to one screen only. */
  get pronto(): Pronto {
    return this.#pronto;
  }
  /** name is what others see. */
  get name(): string {
    return this.own.profile.value?.name ?? this.#pronto.me?.name ?? "";
  }
  /** user is our account; empty for a guest. */
  get user(): string {
    return this.#pronto.me?.user ?? "";
  }

  /** connect signs in and takes up the calls that this tab was in before a reload. */
  async connect(): Promise<void> {
    await this.#pronto.connect();
    this.#state.value = this.#pronto.state;
    for (const incoming of this.#pronto.incoming) this.#rings(incoming);
    if (this.#pronto.calls.length === 0) sessionStorage.removeItem(chatKey);
    for (const call of this.#pronto.calls) await this.#adopt(call);
  }

  /** close signs out. */
  close(): void {
    this.#end();
    this.#pronto.close();
  }

  /** stepAside leaves the account, and the calls it is in, to another tab of this browser. */
  stepAside(): void {
    this.#end();
    this.#pronto.stepAside();
  }

  /** closed: nothing more is heard here. */
  get closed(): boolean {
    return this.#closed;
  }

  #end(): void {
    this.#closed = true;
    for (const undo of this.#undo) undo();
    this.lobbies.close();
    this.reminders.close();
    for (const one of [...this.#held.value, this.#call.value]) one?.close();
    this.#held.value = [];
    this.#call.value = undefined;
    this.#incoming.value = [];
  }

  /** ring calls accounts. */
  async ring(users: readonly string[], kind: Kind): Promise<void> {
    if (this.terms.block()) return;
    await this.#begin(() =>
      this.#pronto.ring([...users], { kind, microphone: true, camera: kind === "video" }),
    );
  }

  /** ringGroup starts the call of a group, or joins the one it has. If somebody whom we have blocked is in it, blocked is told. */
  async ringGroup(
    group: string,
    kind: Kind,
    options: { confirmBlocked: boolean; blocked: () => void },
  ): Promise<void> {
    if (this.terms.block()) return;
    await this.#begin(async () => {
      try {
        return await this.#pronto.ringGroup(group, {
          kind,
          microphone: true,
          camera: kind === "video",
          ...(options.confirmBlocked ? { confirmBlocked: true } : {}),
        });
      } catch (error) {
        if (!(error instanceof ProntoError) || error.code !== "blockedInCall") throw error;
        options.blocked();
        return undefined;
      }
    });
  }

  /**
   * joinLink joins the call of a link with the devices of the preview; the camera stays on in a video call only.
   * Throws when the link is dead, or when nobody lets us in.
   */
  async joinLink(
    link: string,
    options: { devices: Devices; secret?: string; waiting?: () => void; signal?: AbortSignal },
  ): Promise<void> {
    const call = await this.#pronto.joinLink(link, options);
    if (call.kind === "voice") await call.setCamera(false);
    await this.#adopt(call);
  }

  /** accept answers a call; one that we are in is left first, or waits. */
  async accept(incoming: Incoming, camera: boolean, hold = false): Promise<void> {
    if (this.terms.block()) return;
    const previous = this.#call.value;
    await this.#begin(async () => {
      this.#waits = hold ? previous : undefined;
      if (hold) await previous?.call.conduct.hold(true);
      else await previous?.leave();
      try {
        return await incoming.accept({ microphone: true, camera });
      } catch (error) {
        if (hold) await previous?.call.conduct.hold(false).catch(() => undefined);
        throw error;
      }
    });
    this.#quiet(incoming);
  }

  /** resume takes up a call that waits; the one we are in waits then. */
  async resume(active: ActiveCall): Promise<void> {
    const current = this.#call.value;
    try {
      if (current !== active) await current?.call.conduct.hold(true);
      await active.call.conduct.hold(false);
    } catch (error) {
      sayProblem(error);
      return;
    }
    if (current === active) return;
    this.#held.value = [
      ...this.#held.value.filter((one) => one !== active),
      ...(current === undefined ? [] : [current]),
    ];
    this.#call.value = active;
  }

  /** moveHere takes over the call that another device of ours is in. */
  async moveHere(entry: CallLogEntry): Promise<void> {
    const camera = entry.kind === "video";
    await this.#begin(() => this.#pronto.moveHere(entry.call, { microphone: true, camera }));
    if (this.#call.value === undefined) void this.log.load(); // it is over there
  }

  /** decline refuses a call on all our devices. */
  async decline(incoming: Incoming): Promise<void> {
    this.#quiet(incoming);
    try {
      await incoming.decline();
    } catch (error) {
      sayProblem(error);
    }
  }

  /** putAway closes the page about the last call. */
  putAway(): void {
    this.#ended.value = undefined;
  }

  async #begin(open: () => Promise<Call | undefined>): Promise<void> {
    if (this.#busy.value) return;
    this.#busy.value = true;
    try {
      const call = await open();
      if (call !== undefined) await this.#adopt(call);
    } catch (error) {
      sayProblem(error);
    } finally {
      this.#busy.value = false;
    }
  }

  /** adopt shows a call. Its code is here already, or comes with its screen: the first screen needs neither. */
  #adopt(call: Call): Promise<void> {
    const known = this.#adopting.get(call.id);
    if (known !== undefined) return known;
    const others = call.participants.filter(({ self }) => !self);
    const adopting = import("./activecall.ts")
      .then(async ({ ActiveCall }) => {
        await ActiveCall.ready(call);
        if (call.ended === undefined) this.#show(call, ActiveCall);
        else this.#showEnd(call, ActiveCall, call.ended, others); // before it was shown: who is called may be busy
      })
      .finally(() => this.#adopting.delete(call.id));
    this.#adopting.set(call.id, adopting);
    return adopting;
  }

  #showEnd(call: Call, Active: typeof ActiveCall, why: Why, others: readonly Participant[]): void {
    if (this.#call.value !== undefined) return;
    const active = new Active(call, { outgoing: call.host === call.self, finished: () => undefined });
    const names = others.map(({ name }) => name);
    const users = others.flatMap(({ user }) => (user === undefined ? [] : [user]));
    this.#ended.value = active.aftermath(why, { users, names });
    active.close();
  }

  #show(call: Call, Active: typeof ActiveCall): void {
    const current = this.#call.value;
    if (current?.call.id === call.id || call.phase === "ended") return;
    if (this.#held.value.some((one) => one.call.id === call.id)) return;
    void speakOfAll(); // for what is said in it
    const aside = current !== undefined && call.onHold; // after a reload, in any order
    if (current !== undefined && (current === this.#waits || current.call.onHold))
      this.#held.value = [...this.#held.value, current];
    else if (!aside) current?.close();
    this.#ended.value = undefined;
    if (prefs.value.dataSaver) call.setDataUse({ low: true }).catch(() => undefined); // it is a wish, not a condition
    const next = new Active(call, {
      outgoing: call.host === call.self,
      finished: (active, why) => {
        this.#held.value = this.#held.value.filter((one) => one !== active);
        if (this.#call.value !== active) return;
        this.#call.value = undefined;
        const waiting = this.#held.value.at(-1);
        if (waiting !== undefined) {
          void this.resume(waiting);
          return;
        }
        if (why.reason === "moved") void this.log.load(); // so that it can be had back
        this.#ended.value = active.aftermath(why);
      },
    });
    if (aside && current?.call.onHold === false) this.#held.value = [...this.#held.value, next];
    else this.#call.value = next;
  }

  #rings(incoming: Incoming): void {
    if (incoming.state === "stopped" || this.#incoming.value.some((other) => other.call === incoming.call))
      return;
    this.#incoming.value = [...this.#incoming.value, incoming];
    incoming.on("stopped", ({ reason, device }) => {
      if (!this.#incoming.value.includes(incoming)) return; // answered or declined here
      this.#quiet(incoming);
      if (reason === "answeredElsewhere") void this.log.load();
      const unnamed = device === undefined || device === "";
      if (reason === "answeredElsewhere")
        say(unnamed ? t("in.answeredElsewhereUnnamed") : t("in.answeredElsewhere", { device }));
      else if (reason === "declinedElsewhere")
        say(unnamed ? t("in.declinedElsewhereUnnamed") : t("in.declinedElsewhere", { device }));
      else say(t("in.missed", { name: incoming.name }));
    });
  }

  #quiet(incoming: Incoming): void {
    this.#incoming.value = this.#incoming.value.filter((other) => other !== incoming);
  }
}
