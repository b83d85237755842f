import type { Account } from "./account.ts";
import { Call, type CallStart } from "./call.ts";
import { capabilities } from "./capabilities.ts";
import type { DeviceChoice } from "./choice.ts";
import type { Store } from "./device.ts";
import { Devices } from "./devices.ts";
import { Emitter } from "./emitter.ts";
import type { Groups } from "./groups.ts";
import { type AcceptOptions, Incoming } from "./incoming.ts";
import { Journal, type JournalStep } from "./journal.ts";
import { ClientKeys, encryptionVersion } from "./keeper.ts";
import { canEncrypt } from "./keyworker.ts";
import type { Knocks } from "./knock.ts";
import { client, lately, later } from "./later.ts";
import type { CallLink, Links, Reminder } from "./links.ts";
import { browserStorage, LinkStore } from "./linkstore.ts";
import type { Knocking } from "./lobby.ts";
import { Memory } from "./memory.ts";
import { lastingStorage, pageStorage, pageURL, socketURL, watchPage } from "./page.ts";
import { ProntoError } from "./problem.ts";
import { whole } from "./profile.ts";
import type { Push } from "./push.ts";
import type { Queues } from "./queues.ts";
import type { Abortable, RequestOptions } from "./requests.ts";
import { Signalling, type State } from "./signalling.ts";
import type { MakeSocket } from "./socket.ts";
import type { TokenSource } from "./token.ts";
import type { WorkerURL } from "./trusted.ts";
import { Usage } from "./usage.ts";
import type {
  CallLog,
  CallLogEntry,
  CallState,
  Decisions,
  Device,
  DeviceCode,
  Discovery,
  EventFrame,
  GetCallLog,
  GetDecisions,
  Group,
  GroupCall,
  GroupGone,
  Kind,
  Media,
  People,
  PersonPresence,
  Preferences,
  Privacy,
  Profile,
  SetPrivacy,
  Terms,
  VideoCodec,
  Welcome,
  Incoming as WireIncoming,
} from "./wire.gen.ts";

/** Me is who the server says we are. */
export interface Me {
  /** user is the account; absent for a guest. */
  readonly user?: string;
  /** name is what others see. */
  readonly name: string;
}

export interface ProntoOptions {
  /** token says who this is. */
  readonly token: TokenSource;
  /** url is the server's address, such as https://calls.example.com, or its WebSocket; the page's own server by default. */
  readonly url?: string;
  /** device is this device's id, the same after every reload: 1 to 64 of A-Z a-z 0-9 _ -. Made and kept in storage by default. */
  readonly device?: string;
  /** deviceName is what the account's other devices call this one. */
  readonly deviceName?: string;
  /**
   * videoCodec is what camera and screen are sent in to three or more, where everybody in the call can decode
   * it; "vp8" by default, which all can and which costs the least power. "vp9" and "av1" look better at the same
   * bitrate; this browser must be able to make them in layers (Chromium is), else it goes on with "vp8".
   */
  readonly videoCodec?: VideoCodec;
  /** devices are the microphone and camera that calls open; the browser's own choice by default. See setDevices. */
  readonly devices?: DeviceChoice;
  /** storage keeps the device's id over a reload, and so its calls; sessionStorage by default. */
  readonly storage?: Store;
  /** linkStorage keeps the secrets of links made here, and what links know this browser by; localStorage by default. */
  readonly linkStorage?: Store;
  /** keyWorker is where pronto-keys.js is: on the page's own origin, beside this file by default. */
  readonly keyWorker?: WorkerURL;
  /**
   * memory keeps, on this device, what worked in calls with whom, for the next one, and what calls have cost;
   * localStorage by default, null for none.
   */
  readonly memory?: Store | null;
  /** telemetry: false sends the server no reports of how calls are; true by default. Nothing of them names anybody. */
  readonly telemetry?: boolean;
  /** makeSocket opens the WebSocket, for tests. @internal */
  readonly makeSocket?: MakeSocket;
  /** noMedia leaves devices and connections alone, for tests. @internal */
  readonly noMedia?: boolean;
}

export interface ProntoEvents {
  state: State;
  /** incoming: a call rings here. */
  incoming: Incoming;
  /** call: this device is in a call, by its own act or by one before the page was loaded again. */
  call: Call;
  people: People;
  privacy: Privacy;
  /** profile: another device has changed what others see of us. */
  profile: Profile;
  /** preferences: another device has changed what we prefer. */
  preferences: Preferences;
  /** terms: which terms there are to accept now; undefined if there are none, or this device or another one has. */
  terms: Terms | undefined;
  /** presence: what has changed of those whom watchPresence named. */
  presence: readonly PersonPresence[];
  /** discovery: another device has changed whether and by which number we are found. */
  discovery: Discovery;
  /** devices: a device of ours came, was let in, or was put out. */
  devices: readonly Device[];
  /** group: a group that we are in or invited to has changed. */
  group: Group;
  /** groupGone: we are not in a group any more, or not invited. */
  groupGone: GroupGone;
  /** groupCall: a group of ours has a call that does not ring here, or has none any more. */
  groupCall: GroupCall;
  /** logged: the call log has a new or changed entry. */
  logged: CallLogEntry;
  /** callsForgotten: another device has deleted these calls from our log; none named means all that were over. */
  callsForgotten: readonly string[];
  /** link: another device, or a booking, has made, changed or revoked a link of ours. */
  link: CallLink;
  /** reminder: a talk that was booked with us, or by us, begins soon. After a restart of the server it may come twice. */
  reminder: Reminder;
  /** lobby: who waits at a link of ours has changed, or somebody waited already when we came. */
  lobby: Knocking;
  /** problem: the connection is closed for good. */
  problem: ProntoError;
}

/** RingOptions are the kind of call and what to send from the start, as in AcceptOptions. */
export interface RingOptions extends AcceptOptions {
  readonly kind: Kind;
}

/** JoinOptions are what to send from the start, and the secret of a link that has one. */
export interface JoinOptions extends AcceptOptions {
  /** secret is the part of the link's address after #k=, which the server never sees. */
  readonly secret?: string;
  /** waiting is called when a host has to let us in, each time we have knocked. */
  readonly waiting?: () => void;
}

/** RingGroupOptions are as for accounts; see RingGroup in the protocol. */
export interface RingGroupOptions extends RingOptions {
  /** silent rings nobody: the group is told that there is a call. */
  readonly silent?: boolean;
  /** confirmBlocked joins although somebody whom we have blocked is in the call. */
  readonly confirmBlocked?: boolean;
}

/** JoinGroupOptions are what to send from the start, and confirmBlocked as in RingGroupOptions. */
export type JoinGroupOptions = AcceptOptions & Pick<RingGroupOptions, "confirmBlocked">;

/** Pronto is the client: one session of one account, or guest, with the server. */
export class Pronto extends Emitter<ProntoEvents> {
  /** account is our account as a whole: profile, preferences, number, and its end. */
  readonly account: Account;
  /** groups are the groups that we are in or invited to. */
  readonly groups: Groups;
  /** queues are the links of ours that lead to operators, and those whose operator we are. */
  readonly queues: Queues;
  /** links are the call links of our account, and what is behind others'. */
  readonly links: Links;
  readonly #signalling: Signalling;
  readonly #calls = new Map<string, Call>();
  readonly #incoming = new Map<string, Incoming>();
  readonly #keyWorker: WorkerURL | undefined;
  readonly #store: Store | undefined;
  readonly #linkStore: LinkStore;
  readonly #knocks: Knocks;
  readonly #url: string;
  #keys: ClientKeys | undefined;
  #me: Me | undefined;
  #terms: Terms | undefined;
  #watched: readonly string[] = []; // whose presence this session shows
  #choice: DeviceChoice;
  #unlisten: () => void = () => undefined; // to the page
  readonly #videoCodec: VideoCodec;
  #telemetry: boolean;
  readonly #journal = new Journal();
  readonly #memory: Memory;
  /** usage is what calls have cost on this device, by month. */
  readonly usage: Usage;
  readonly #noMedia: boolean;
  readonly #answers = {
    accept: (incoming: Incoming, options: AcceptOptions) => this.#accept(incoming, options),
    decline: (incoming: Incoming) => this.#decline(incoming),
  };

  constructor(options: ProntoOptions) {
    super();
    const store = options.storage ?? pageStorage();
    const url = options.url === undefined ? pageURL() : socketURL(options.url);
    this.#store = store;
    this.#keyWorker = options.keyWorker;
    this.#videoCodec = options.videoCodec ?? "vp8";
    this.#telemetry = options.telemetry ?? true;
    const lasting = options.memory === undefined ? lastingStorage() : (options.memory ?? undefined);
    this.#memory = new Memory(lasting);
    this.#url = url;
    this.usage = new Usage(lasting);
    this.#choice = options.devices ?? {};
    this.#noMedia = options.noMedia ?? false;
    this.#signalling = new Signalling({
      url,
      token: options.token,
      device: options.device,
      deviceName: options.deviceName,
      encryption: canEncrypt() ? encryptionVersion : undefined,
      capabilities: capabilities(),
      store,
      makeSocket: options.makeSocket,
    });
    this.#linkStore = new LinkStore(options.linkStorage ?? browserStorage());
    this.#knocks = lately(async () => {
      const { Knocks } = await later(import("./links.ts"));
      return new Knocks(this.#signalling, client);
    });
    const page = url.replace(/^ws/, "http");
    this.links = lately(async () => {
      const { Links } = await later(import("./links.ts"));
      return new Links(this.#signalling, this.#linkStore, page, client);
    });
    this.account = lately(async () => {
      const { Account } = await later(import("./account.ts"));
      const { tokens } = this.#signalling;
      return new Account(this.#signalling, { url, tokens }, client, () => this.#keeper());
    });
    this.groups = lately(async () => new (await later(import("./groups.ts"))).Groups(this.#signalling));
    this.queues = lately(async () => new (await later(import("./groups.ts"))).Queues(this.#signalling));
    this.#signalling.on("state", (state) => {
      this.#journal.note("connection", state);
      this.emit("state", state);
    });
    this.#signalling.on("welcome", (welcome) => this.#welcome(welcome));
    this.#signalling.on("event", (frame) => this.#take(frame));
    this.#signalling.on("failed", (problem) => this.#over(problem));
  }

  get state(): State {
    return this.#signalling.state;
  }

  /** telemetry tells whether reports of how calls are may be sent. */
  get telemetry(): boolean {
    return this.#telemetry;
  }

  /** setTelemetry switches the reports of how calls are on or off, also of calls that are under way. */
  setTelemetry(on: boolean): void {
    this.#telemetry = on;
    for (const call of this.calls) call.setTelemetry(on);
  }

  /** steps are the last things that happened to this client, for diagnose. They name nobody. */
  get steps(): readonly JournalStep[] {
    return this.#journal.steps;
  }

  get me(): Me | undefined {
    return this.#me;
  }

  /**
   * terms are those of the service that our account has not accepted, if any; url is a whole address. While they are
   * required, who would ring somebody or enter a call gets the problem termsNotAccepted.
   */
  get terms(): Terms | undefined {
    return this.#terms;
  }

  /** acceptTerms accepts terms, on all our devices. */
  async acceptTerms(options?: RequestOptions): Promise<void> {
    const terms = this.#terms;
    if (terms === undefined) return;
    this.#accepted(await this.account.acceptTerms(terms.version, options));
  }

  /** token is a token that is good now, for routes of the REST API that people use themselves, such as POST /v1/reports. */
  token(): Promise<string> {
    return this.#signalling.tokens.get();
  }

  /** incoming are the calls that ring here. */
  get incoming(): readonly Incoming[] {
    return [...this.#incoming.values()];
  }

  /** calls are the calls that this device is in. */
  get calls(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /**
   * connect connects, and keeps connected until close, or until the signal is
   * aborted. It resolves when the server knows us, however long it is away, and
   * rejects if it will not.
   */
  connect({ signal }: RequestOptions = {}): Promise<Me> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#closeOn(signal);
    if (this.state === "online" && this.#me !== undefined) return Promise.resolve(this.#me);
    return new Promise((resolve, reject) => {
      const done = [
        this.#signalling.on("welcome", () => {
          for (const undo of done) undo();
          resolve(this.#me as Me);
        }),
        this.#signalling.on("failed", (problem) => {
          for (const undo of done) undo();
          reject(signal?.aborted ? signal.reason : problem);
        }),
      ];
      this.#unlisten();
      this.#unlisten = watchPage(
        () => this.#signalling.wake(),
        () => {
          for (const call of this.calls) call.pageGoes();
        },
      );
      this.#signalling.open();
    });
  }

  /** closeOn closes the client when the signal is aborted, unless it has been closed before. */
  #closeOn(signal: AbortSignal | undefined): void {
    const abort = (): void => this.close();
    signal?.addEventListener("abort", abort, { once: true });
    const undo = this.#signalling.on("failed", () => {
      undo();
      signal?.removeEventListener("abort", abort);
    });
  }

  /** asyncDispose is close, for "await using". */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** close leaves all calls and ends the session. */
  close(): void {
    for (const call of this.calls) void call.leave();
    this.#signalling.close();
    this.#keys?.close();
    this.#keys = undefined;
  }

  /**
   * stepAside ends the session here without leaving a call: another page of this device has the calls as soon as it
   * connects, within the server's grace period.
   */
  stepAside(): void {
    for (const call of this.calls) call.moved();
    this.#signalling.close();
    this.#keys?.close();
    this.#keys = undefined;
  }

  /** ring calls accounts. Whether they may be rung, or exist, is not told. */
  ring(users: string[], options: RingOptions): Promise<Call> {
    const routed = users.length === 1 && this.#memory.recall(users).routed ? { routed: true } : {};
    const { kind } = options;
    return this.#enter(options, kind, (_, how) =>
      this.#signalling.request("ring", { users, kind, ...routed }, how),
    );
  }

  /**
   * joinLink joins the call of a link, or starts it. If a host has to let us in it knocks and waits, with microphone
   * and camera off until then. It rejects with notFound if the link leads nowhere, whatever the reason; with notYet,
   * and retryAfterMs, before it opens; with denied or noAnswer if no host lets us in.
   */
  async joinLink(link: string, options: JoinOptions = {}): Promise<Call> {
    this.#keeper(); // loads while the server answers
    const secret = options.secret ?? this.#linkStore.secret(link);
    const own = secret === undefined ? options : { ...options, secret };
    const [browser, door] = await Promise.all([
      this.#linkStore.browser(link),
      this.#signalling.request("lookAtLink", { link }),
    ]);
    const { joinMuted = false, waits = false } = door;
    const first = joinMuted ? { ...own, microphone: false } : own;
    if (joinMuted) await options.devices?.setMicrophone(false);
    for (let knock = waits; ; knock = true) {
      if (knock) await this.#knocks.wait(link, browser, options.waiting, options.signal);
      options.signal?.throwIfAborted();
      try {
        return await this.#enter(first, "voice", (media, how) =>
          this.#signalling.request("joinLink", { link, media, browser }, how),
        );
      } catch (error) {
        if (!(error instanceof ProntoError) || error.code !== "waitInLobby") throw error; // switched on meanwhile
      }
    }
  }

  /** ringGroup starts the call of a group, or joins the one it has. It rejects with blockedInCall until that is confirmed. */
  ringGroup(group: string, options: RingGroupOptions): Promise<Call> {
    const { kind, silent, confirmBlocked } = options;
    const more = { ...(silent ? { silent } : {}), ...(confirmBlocked ? { confirmBlocked } : {}) };
    return this.#enter(options, kind, (_, how) =>
      this.#signalling.request("ringGroup", { group, kind, ...more }, how),
    );
  }

  /** joinGroup joins the call that a group has; it rejects with notFound if there is none. */
  joinGroup(group: string, options: JoinGroupOptions = {}): Promise<Call> {
    const more = options.confirmBlocked ? { confirmBlocked: true } : {};
    return this.#enter(options, "voice", (media, how) =>
      this.#signalling.request("joinGroupCall", { group, media, ...more }, how),
    );
  }

  /**
   * moveHere takes over a call that another device of ours is in, such as one whose outcome in the call log is
   * ongoing; there it is over then. It rejects with notFound if none is.
   */
  moveHere(call: string, options: AcceptOptions = {}): Promise<Call> {
    return this.#enter(options, "voice", (media, how) =>
      this.#signalling.request("moveHere", { call, media }, how),
    );
  }

  /** setDevices says which microphone and camera the next calls open. For one that is under way there is Call.chooseDevices. */
  setDevices(choice: DeviceChoice): void {
    this.#choice = choice;
  }

  /** push is how this device is reached while its page is closed. Its code is loaded when it is first wanted. */
  async push(): Promise<Push> {
    const { Push } = await later(import("./push.ts"));
    return new Push(this.#signalling, client);
  }

  people(options?: RequestOptions): Promise<People> {
    return this.#signalling.request("getPeople", {}, options);
  }

  addContact(user: string, options?: RequestOptions): Promise<People> {
    return this.#signalling.request("addContact", { user }, options);
  }

  removeContact(user: string, options?: RequestOptions): Promise<People> {
    return this.#signalling.request("removeContact", { user }, options);
  }

  /** block keeps an account from reaching us. It is not told. */
  block(user: string, options?: RequestOptions): Promise<People> {
    return this.#signalling.request("block", { user }, options);
  }

  unblock(user: string, options?: RequestOptions): Promise<People> {
    return this.#signalling.request("unblock", { user }, options);
  }

  /** setFavourite says whether one of our contacts is a favourite; it rejects with notFound if it is no contact. */
  setFavourite(user: string, favourite: boolean, options?: RequestOptions): Promise<People> {
    return this.#signalling.request("setFavourite", { user, favourite }, options);
  }

  privacy(options?: RequestOptions): Promise<Privacy> {
    return this.#signalling.request("getPrivacy", {}, options);
  }

  /** setPrivacy rejects with conflict if another device changed the settings since ifVersion. */
  setPrivacy(settings: SetPrivacy, options?: RequestOptions): Promise<Privacy> {
    return this.#signalling.request("setPrivacy", settings, options);
  }

  /** watchPresence says whose presence to tell from now on, in place of whom it said before, and answers with all of theirs. */
  async watchPresence(
    users: readonly string[],
    options?: RequestOptions,
  ): Promise<readonly PersonPresence[]> {
    this.#watched = [...users];
    return (await this.#signalling.request("watchPresence", { users: [...users] }, options)).people;
  }

  /** decisions is a page of who tried to reach us and what became of it, newest first. Nobody else may read them. */
  decisions(page: GetDecisions = {}, options?: RequestOptions): Promise<Decisions> {
    return this.#signalling.request("getDecisions", page, options);
  }

  /** callLog is a page of our calls, newest first; before is the next of the page before. */
  callLog(page: GetCallLog = {}, options?: RequestOptions): Promise<CallLog> {
    return this.#signalling.request("getCallLog", page, options);
  }

  /** forgetCalls deletes calls from our own log, all that are over if none is named; others keep theirs. */
  async forgetCalls(calls: readonly string[] = [], options?: RequestOptions): Promise<void> {
    await this.#signalling.request("forgetCalls", { calls: [...calls] }, options);
  }

  /** devices are the account's devices, with what is known of their keys. */
  async devices(options?: RequestOptions): Promise<readonly Device[]> {
    return (await this.#signalling.request("getDevices", {}, options)).devices;
  }

  /** linkDevice makes a code that lets one more device into our account. It waits there until confirmDevice. */
  linkDevice(options?: RequestOptions): Promise<DeviceCode> {
    return this.#signalling.request("linkDevice", {}, options);
  }

  /** confirmDevice lets a device in that waits, or sends it away. */
  async confirmDevice(device: string, accept: boolean, options?: RequestOptions): Promise<readonly Device[]> {
    return (await this.#signalling.request("confirmDevice", { device, accept }, options)).devices;
  }

  /** revokeDevice puts a device out of our account at once. */
  async revokeDevice(device: string, options?: RequestOptions): Promise<readonly Device[]> {
    return (await this.#signalling.request("revokeDevice", { device }, options)).devices;
  }

  /** signDevice vouches for another device of ours, so that others see our identity there too. Ask the person first. */
  async signDevice(device: Device): Promise<readonly Device[]> {
    const keys = this.#keeper();
    if (keys === undefined) throw new ProntoError("invalid", "this browser cannot encrypt calls");
    return keys.signDevice(device);
  }

  async #accept(incoming: Incoming, options: AcceptOptions): Promise<Call> {
    const { call } = incoming;
    try {
      return await this.#enter(options, incoming.kind, (media, how) =>
        this.#signalling.request("accept", { call, media }, how),
      );
    } finally {
      this.#stopRinging(call);
    }
  }

  async #decline(incoming: Incoming): Promise<void> {
    this.#stopRinging(incoming.call);
    await this.#signalling.request("decline", { call: incoming.call });
  }

  /**
   * enter opens the devices and asks the server at the same time: neither
   * waits for the other, and the call is there as soon as the server says so.
   * A call that was given up meanwhile is left.
   */
  async #enter(
    options: JoinOptions,
    kind: Kind,
    ask: (media: Media, how: Abortable<CallState>) => Promise<CallState>,
  ): Promise<Call> {
    const opened = options.devices;
    const { microphone = true, camera = kind === "video" } = opened?.wanted ?? options;
    const { secret, signal } = options;
    signal?.throwIfAborted();
    const late = ({ call }: CallState): void =>
      void this.#signalling.request("leave", { call }).catch(() => undefined);
    this.#keeper(); // loads while the server answers
    const sinceMs = performance.now();
    const devices = opened ?? this.#devices();
    const state = ask({ microphone, camera, screen: false }, { signal, late });
    if (opened === undefined) void devices.start({ microphone, camera });
    try {
      return this.#put(await state, { microphone, camera, devices, sinceMs, resumed: false, secret });
    } catch (error) {
      if (opened === undefined) devices.close(); // a preview goes on
      throw error;
    }
  }

  /** put makes the call of a state, or gives the state to the call that is there. */
  #put(state: CallState, start: CallStart): Call {
    const known = this.#calls.get(state.call);
    if (known !== undefined) {
      start.devices?.close();
      known.adopt(state);
      return known;
    }
    const secret = start.secret ?? this.#recall(state.call);
    if (start.secret !== undefined) this.#store?.setItem(secretKey(state.call), start.secret);
    const keeper = this.#keeper();
    const call = new Call(this.#signalling, state, {
      ...start,
      choice: this.#choice,
      noMedia: this.#noMedia,
      videoCodec: this.#videoCodec,
      telemetry: this.#telemetry,
      recall: (users) => this.#memory.recall(users),
      keeper,
      secret,
    });
    this.#calls.set(call.id, call);
    this.#journal.note("call", start.resumed ? "resumed" : "entered", call.support);
    this.#signalling.setInCall(true);
    this.#stopRinging(call.id);
    call.on("ended", ({ reason, durationMs }) => {
      this.#calls.delete(call.id);
      this.#journal.note("over", reason, call.support);
      this.#learn(call);
      void call.settled.then(() => this.#count(call, durationMs));
      this.#signalling.setInCall(this.#calls.size > 0);
    });
    this.emit("call", call);
    return call;
  }

  #devices(): Devices {
    return new Devices(this.#choice, !this.#noMedia);
  }

  /** forget forgets, on this device, what worked in calls: for when somebody signs out. */
  forget(): void {
    this.#memory.forget();
  }

  /** learn keeps what a call that is over has shown. */
  #learn(call: Call): void {
    const { with: users, ...worked } = call.worked;
    if (users.length > 0) this.#memory.remember(users, worked);
  }

  /** count counts what it cost. */
  #count(call: Call, durationMs: number): void {
    const { sentBytes, receivedBytes } = call.wire;
    if (sentBytes + receivedBytes > 0)
      this.usage.add({ seconds: Math.round(durationMs / 1_000), sentBytes, receivedBytes });
  }

  /** keeper loads the worker that has the keys, with the first call. */
  #keeper(): ClientKeys | undefined {
    if (this.#keys === undefined && canEncrypt() && !this.#noMedia) {
      this.#keys = new ClientKeys(this.#signalling, this.#keyWorker);
      this.#keys.setAccount(this.#me?.user ?? "");
    }
    return this.#keys;
  }

  /** recall gets a secret back after the page was loaded again. */
  #recall(call: string): string | undefined {
    return this.#store?.getItem(secretKey(call)) ?? undefined;
  }

  #welcome(welcome: Welcome): void {
    const { user, name, resumed = false, terms } = welcome;
    if (!resumed)
      this.#setTerms(terms && { ...terms, url: new URL(terms.url, this.#url.replace(/^ws/, "http")).href });
    this.#me = user === undefined ? { name } : { user, name };
    this.#keys?.setAccount(user ?? "");
    const knew = new Set(this.#calls.keys());
    const here = new Set(welcome.calls.map((state) => state.call));
    const rings = new Set(welcome.incoming.map((one) => one.call));
    if (!resumed) {
      for (const call of this.calls) if (!here.has(call.id)) call.lost();
      for (const { call } of this.incoming)
        if (!rings.has(call)) this.#stopRinging(call, { reason: "cancelled" });
    }
    for (const state of welcome.calls) {
      const known = this.#calls.get(state.call);
      if (known === undefined) {
        const media = state.participants.find((p) => p.participant === state.self)?.media;
        const { microphone = true, camera = false } = media ?? {};
        this.#put(state, { microphone, camera, sinceMs: performance.now(), resumed: true });
      } else if (!resumed) {
        known.adopt(state);
      }
    }
    for (const one of welcome.incoming) this.#ring(one);
    for (const call of this.calls) if (knew.has(call.id)) call.back(resumed);
    if (!resumed && this.#watched.length > 0)
      void this.watchPresence(this.#watched).then(
        (people) => this.emit("presence", people),
        () => undefined,
      );
  }

  #accepted({ terms }: Preferences): void {
    if (terms !== undefined && terms === this.#terms?.version) this.#setTerms(undefined);
  }

  #setTerms(terms: Terms | undefined): void {
    this.#terms = terms;
    this.emit("terms", terms);
  }

  #take(frame: EventFrame): void {
    this.#journal.take(frame, "call" in frame ? this.#calls.get(frame.call)?.support : undefined);
    switch (frame.type) {
      case "incoming":
        this.#ring(frame.body);
        break;
      case "ringStopped": {
        const { call, reason, device } = frame.body;
        this.#stopRinging(call, device === undefined ? { reason } : { reason, device });
        break;
      }
      case "callMoved":
        this.#calls.get(frame.body.call)?.moved(frame.body.device);
        break;
      case "link":
        void this.links.read(frame.body).then((link) => this.emit("link", link), reportError);
        break;
      case "reminder":
        void this.links.remind(frame.body).then((reminder) => this.emit("reminder", reminder), reportError);
        break;
      case "lobby":
        this.#calls.get(frame.body.call)?.lobby.take(frame.body);
        if (frame.body.link !== undefined)
          void later(import("./links.ts"))
            .then(({ toKnocking }) =>
              toKnocking(this.#signalling, frame.body, this.#linkStore.secret(frame.body.link ?? "")),
            )
            .then((lobby) => this.emit("lobby", lobby), reportError);
        break;
      case "knockAnswered":
        void this.#knocks.take(frame); // somebody waits for it, so that they are there
        break;
      case "people":
        this.emit("people", frame.body);
        break;
      case "privacy":
        this.emit("privacy", frame.body);
        break;
      case "profile":
        this.emit("profile", whole(frame.body, this.#url));
        break;
      case "preferences":
        this.#accepted(frame.body);
        this.emit("preferences", frame.body);
        break;
      case "discovery":
        this.emit("discovery", frame.body);
        break;
      case "presence":
        this.emit("presence", frame.body.people);
        break;
      case "devices":
        this.emit("devices", frame.body.devices);
        break;
      case "group":
        this.emit("group", frame.body);
        break;
      case "groupGone":
        this.emit("groupGone", frame.body);
        break;
      case "groupCall":
        this.emit("groupCall", frame.body);
        break;
      case "logged":
        this.emit("logged", frame.body);
        break;
      case "noteKeyWanted":
        this.account.publishNoteKey().catch(() => undefined); // it is asked for again
        break;
      case "callsForgotten":
        this.emit("callsForgotten", frame.body.calls);
        break;
      default:
        // What has no call is of an account's things that this SDK does not show; or restarting,
        // which the socket's close code says as well.
        if ("call" in frame) this.#calls.get(frame.call)?.take(frame);
    }
  }

  /** ring shows a call, and only then says that this device rings. */
  #ring(body: WireIncoming): void {
    if (this.#incoming.has(body.call) || this.#calls.has(body.call)) return;
    this.#keeper();
    const incoming = new Incoming(body, this.#answers);
    this.#incoming.set(incoming.call, incoming);
    incoming.on("stopped", () => this.#incoming.delete(incoming.call));
    const shown = this.heard("incoming");
    this.emit("incoming", incoming);
    if (!shown || incoming.state === "stopped") return;
    this.#signalling.request("deviceRings", { call: incoming.call }).catch(() => undefined); // it may be over already
  }

  #stopRinging(call: string, why?: Parameters<Incoming["stop"]>[0]): void {
    const incoming = this.#incoming.get(call);
    this.#incoming.delete(call);
    incoming?.stop(why);
  }

  #over(problem: ProntoError): void {
    this.#journal.note("problem", problem.code);
    this.#unlisten();
    this.#unlisten = () => undefined;
    for (const call of this.calls) call.lost();
    for (const { call } of this.incoming) this.#stopRinging(call, { reason: "cancelled" });
    this.emit("problem", problem);
  }
}

function secretKey(call: string): string {
  return `pronto.secret.${call}`;
}
