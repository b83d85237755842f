import { signal } from "@preact/signals";
import type { Reacted } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import type { ActiveCall } from "../state/activecall.ts";
import { keepLines, keptLines, type Line } from "../state/chatlines.ts";
import { say } from "../state/toasts.ts";

/** Layout is how the person wants to see a group. */
export type Layout = "grid" | "speaker";

/** Sign is a reaction on its way over the screen. */
export interface Sign extends Reacted {
  readonly id: number;
}

/** mostLines is how many the page remembers. */
const mostLines = 500;
/** signMs is how long a reaction is to be seen. */
const signMs = 4_000;
/** mostSigns is how many are to be seen at a time. */
const mostSigns = 12;

/** Desk is how this person has arranged a call for himself: nobody else learns of it. */
export class Desk {
  readonly layout = signal<Layout>("grid");
  /** pinned is who is always shown large. */
  readonly pinned = signal<string | undefined>(undefined);
  /** volumes are those that were changed, from 0 to 1, by participant. */
  readonly volumes = signal<ReadonlyMap<string, number>>(new Map());
  readonly signs = signal<readonly Sign[]>([]);
  /** replaced is the device that has just taken the place of another one. */
  readonly replaced = signal<string | undefined>(undefined);
  readonly chat;
  /** unread is how many lines came since the chat was last looked at. */
  readonly unread = signal(0);
  /** chatting: the chat is open. */
  readonly chatting = signal(false);
  /** choosing: the dialog of devices is open. */
  readonly choosing = signal(false);
  readonly #call: string;
  #made: number;

  constructor({ call }: ActiveCall) {
    this.#call = call.id;
    this.chat = signal(keptLines(call.id));
    this.#made = this.chat.value.at(-1)?.id ?? 0;
    call.on("ended", () => keepLines(call.id, []));
    call.on("line", ({ from, text }) => {
      const name = call.participants.find(({ participant }) => participant === from)?.name ?? "";
      this.#add({ name, mine: false, text });
      if (!this.chatting.value) this.unread.value++;
    });
    call.on("reacted", (reacted) => this.#show(reacted));
    call.on("deviceReplaced", ({ name }) => {
      this.replaced.value = name;
    });
    call.on("proposalAnswered", ({ kind, answer, ours }) => {
      if (!ours) return;
      if (answer === "accepted" && kind === "video") void call.setCamera(true).catch(() => undefined); // its button says why
      if (answer === "accepted" && kind === "voice") void call.setCamera(false);
      if (answer === "declined") say(t("kind.declined"));
      if (answer === "expired") say(t("kind.expired"));
    });
  }

  /** setVolume makes somebody louder or softer here, from 0 to 1. */
  setVolume(participant: string, volume: number): void {
    this.volumes.value = new Map(this.volumes.value).set(participant, volume);
  }

  /** pin shows somebody large, or takes that back. */
  pin(participant: string | undefined): void {
    this.pinned.value = participant;
  }

  /** wrote adds a line of our own. */
  wrote(text: string): void {
    this.#add({ name: "", mine: true, text });
  }

  #add(line: Omit<Line, "id" | "atMs">): void {
    const added = { ...line, id: ++this.#made, atMs: Date.now() };
    this.chat.value = [...this.chat.value, added].slice(-mostLines);
    keepLines(this.#call, this.chat.value);
  }

  #show(reacted: Reacted): void {
    const sign = { ...reacted, id: ++this.#made };
    this.signs.value = [...this.signs.value, sign].slice(-mostSigns);
    setTimeout(() => {
      this.signs.value = this.signs.value.filter(({ id }) => id !== sign.id);
    }, signMs);
  }
}

const desks = new WeakMap<ActiveCall, Desk>();

/** deskOf is the desk of a call; it lasts as long as the call, also while that waits. */
export function deskOf(active: ActiveCall): Desk {
  const desk = desks.get(active) ?? new Desk(active);
  desks.set(active, desk);
  return desk;
}
