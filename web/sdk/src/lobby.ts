import { Emitter } from "./emitter.ts";
import type { LinkDetails } from "./linkdetails.ts";
import { readDetails } from "./linksecret.ts";
import type { Signalling } from "./signalling.ts";
import type { CallState, LobbyMode, Waiter, Lobby as WireLobby } from "./wire.gen.ts";

/**
 * Knocking is the lobby of a link of ours, wherever we are: admit and deny work without being in the call. rings says
 * to ring, because somebody has just come and no host is there.
 */
export interface Knocking extends WireLobby, LinkDetails {
  readonly title: string;
  admit(waiter: string): Promise<void>;
  /** deny does not let somebody in; the second time he cannot come again by this link. */
  deny(waiter: string): Promise<void>;
}

/** Lobby is the part of a link's call that is about who may come in, and what the call is about. */
export class Lobby extends Emitter<{ change: undefined }> {
  readonly #signalling: Signalling;
  readonly #call: string;
  readonly #secret: string | undefined;
  #state: CallState;
  #sealed: string | undefined;
  #details: LinkDetails | undefined;
  #waiting: readonly Waiter[] = [];

  /** @internal */
  constructor(signalling: Signalling, state: CallState, secret: string | undefined) {
    super();
    this.#signalling = signalling;
    this.#call = state.call;
    this.#state = state;
    this.#secret = secret;
    this.update(state);
  }

  /** mode says who has to wait until a host lets him in. */
  get mode(): LobbyMode {
    return this.#state.lobby ?? "off";
  }

  /** hosting says that we may admit, deny and switch the lobby: we are a host of the call. */
  get hosting(): boolean {
    return this.#state.participants.some((p) => p.participant === this.#state.self && p.host === true);
  }

  /** waiting are those who wait, the longest first; only hosts are told. */
  get waiting(): readonly Waiter[] {
    return this.#waiting;
  }

  /** title is what the call is about, read with the link's secret if there is one. @internal */
  get title(): string | undefined {
    return this.#details?.title || this.#state.title;
  }

  /** description is what more the link says. @internal */
  get description(): string | undefined {
    return this.#details?.description || undefined;
  }

  /** admit lets somebody in who waits. */
  async admit(waiter: string): Promise<void> {
    await this.#signalling.request("answerKnock", { call: this.#call, waiter, admit: true });
  }

  /** deny does not; the second time he cannot come again by this link. */
  async deny(waiter: string): Promise<void> {
    await this.#signalling.request("answerKnock", { call: this.#call, waiter, admit: false });
  }

  /** setMode switches the lobby of this call and of its link. Who waits and need not any more is let in. */
  async setMode(lobby: LobbyMode): Promise<void> {
    await this.#signalling.request("setLobby", { call: this.#call, lobby });
  }

  /** update follows the call's state. @internal */
  update(state: CallState): void {
    this.#state = state;
    const { sealed } = state;
    if (sealed === this.#sealed || this.#secret === undefined) return;
    this.#sealed = sealed;
    void readDetails(this.#secret, { ...(sealed === undefined ? {} : { sealed }) }).then((details) => {
      if (sealed !== this.#sealed) return; // changed again meanwhile
      this.#details = details;
      this.emit("change", undefined);
    });
  }

  /** take takes who waits. @internal */
  take(lobby: WireLobby): void {
    this.#waiting = lobby.waiting;
    this.emit("change", undefined);
  }
}
