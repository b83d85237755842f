import { type ReadonlySignal, signal } from "@preact/signals";
import { type Call, ProntoError } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { aftermathOf, type Ended, ended, type Summary, type Why } from "./ended.ts";
import { type Line, noticeText, withLine } from "./notices.ts";
import { offered } from "./offered.ts";
import { type CallShot, newlyRaised, newlySharing, shoot } from "./shot.ts";
import { attempt } from "./toasts.ts";
import { ViewList } from "./viewlist.ts";

/** Device is what a page may fail to get from a browser. */
export type Device = "microphone" | "camera" | "screen" | "both";

/** DeviceProblem says which device is not there and why. */
export interface DeviceProblem {
  readonly device: Device;
  readonly code: string;
}

const noticeMs = 6000;

/** ActiveCall is the call that this tab is in: its state as signals, and what the controls do. */
export class ActiveCall {
  /** ready resolves when a call may be drawn. */
  static readonly ready: (call: Call) => Promise<void> = offered;
  readonly call: Call;
  /** outgoing is true when we rang. */
  readonly outgoing: boolean;
  /** views says to the call how large each picture is shown. */
  readonly views: ViewList;
  readonly #shot;
  readonly #lines = signal<readonly Line[]>([]);
  readonly #deviceProblem = signal<DeviceProblem | undefined>(undefined);
  readonly #startedMs = signal<number | undefined>(undefined);
  readonly #met = new Map<string, { name: string; user?: string }>();
  readonly #finished: (active: ActiveCall, why: Why) => void;
  readonly #undo: (() => void)[];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #rang = false;
  #leaving = false;
  #said = 0;
  #toldDeviceError: ProntoError | undefined;
  readonly #joining = signal(false); // a connection is to be offered, and the shot waits for that
  #waited = false; // long enough

  constructor(call: Call, options: { outgoing: boolean; finished: (active: ActiveCall, why: Why) => void }) {
    this.call = call;
    this.outgoing = options.outgoing;
    this.#finished = options.finished;
    this.views = new ViewList((items) => call.view(items));
    this.#shot = signal(shoot(call));
    this.#changed();
    this.#undo = [
      call.on("change", () => this.#changed()),
      call.on("track", () => this.#changed()),
      call.on("notice", (notice) => {
        const text = noticeText(notice, call.self);
        if (text !== undefined) this.#say(text);
      }),
      call.on("ended", (why) => this.#finish(this.#leaving ? { ...why, reason: "left" } : why)),
    ];
  }

  /** shot is the call as it is now. */
  get shot(): ReadonlySignal<CallShot> {
    return this.#shot;
  }
  /** joining: somebody has answered, and shot will show him in a moment: little is to be drawn until then. */
  get joining(): ReadonlySignal<boolean> {
    return this.#joining;
  }
  /** lines are the notices on the screen. */
  get lines(): ReadonlySignal<readonly Line[]> {
    return this.#lines;
  }
  /** deviceProblem is the last device that could not be had, until it is dismissed or works. */
  get deviceProblem(): ReadonlySignal<DeviceProblem | undefined> {
    return this.#deviceProblem;
  }
  /** startedMs is since when the talk lasts, by this machine's clock; undefined before the answer. */
  get startedMs(): ReadonlySignal<number | undefined> {
    return this.#startedMs;
  }

  /** setMicrophone mutes or unmutes. */
  setMicrophone(on: boolean): Promise<void> {
    return this.#device("microphone", () => this.call.setMicrophone(on));
  }
  /** setCamera turns the camera on or off. */
  setCamera(on: boolean): Promise<void> {
    return this.#device("camera", () => this.call.setCamera(on));
  }
  /** shareScreen starts or stops. Closing the browser's own chooser is no problem: nothing is said. */
  shareScreen(on: boolean): Promise<void> {
    return this.#device("screen", () => this.call.shareScreen(on));
  }
  /** dismissDeviceProblem takes the text about a device away. */
  dismissDeviceProblem(): void {
    this.#deviceProblem.value = undefined;
  }

  /** invite rings more people into the call. */
  async invite(users: readonly string[]): Promise<void> {
    await attempt(() => this.call.invite([...users]));
  }
  /** cancel stops ringing one participant. */
  async cancel(participant: string): Promise<void> {
    await attempt(() => this.call.cancel(participant));
  }

  /** leave leaves the call, whether or not the server can be told now. */
  async leave(): Promise<void> {
    this.#leaving = true;
    const startedMs = this.#startedMs.value;
    await attempt(() => this.call.leave());
    this.#finish({ reason: "left", durationMs: startedMs === undefined ? 0 : Date.now() - startedMs });
  }
  /** end ends it for all. */
  async end(): Promise<void> {
    await attempt(() => this.call.end());
  }

  /** aftermath is the page about the call that is over, if there is to be one. known are the others, of a call that was not shown. */
  aftermath(why: Why, known?: Pick<Summary, "users" | "names">): Ended | undefined {
    return ended({ ...this.#summary(), ...known }, why, aftermathOf(this.call));
  }

  #summary(): Summary {
    const shot = this.#shot.value;
    const met = [...this.#met.values()];
    return {
      call: this.call.id,
      kind: shot.kind,
      ...(shot.title === undefined ? {} : { title: shot.title }),
      outgoing: this.outgoing,
      answered: this.#startedMs.value !== undefined,
      users: met.flatMap(({ user }) => (user === undefined ? [] : [user])),
      names: met.map(({ name }) => name),
    };
  }

  /** close lets go of the call without leaving it: the page draws it no more. */
  close(): void {
    for (const undo of this.#undo) undo();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.views.close();
  }

  #finish(why: Why): void {
    this.close();
    this.#finished(this, why);
  }

  /** changed looks at the call again: at once, or when we have offered its new connection. */
  #changed(): void {
    const { offering } = this.call;
    if (!offering) this.#waited = false;
    if (!offering || this.#waited) this.#look();
    else if (!this.#joining.value) {
      this.#joining.value = true;
      void offered(this.call).then(() => {
        this.#waited = this.call.offering;
        this.#look();
      });
    }
  }

  #look(): void {
    const before = this.#shot.value;
    const shot = shoot(this.call);
    this.#joining.value = false;
    this.#shot.value = shot;
    this.#rang ||= shot.phase === "ringing";
    if (this.#startedMs.value === undefined && shot.connectedMs !== undefined) {
      // Who saw it being answered counts from there: the server's clock may differ from ours.
      this.#startedMs.value = this.#rang ? Date.now() : Math.min(shot.connectedMs, Date.now());
    }
    for (const seat of shot.seats) {
      if (!seat.self)
        this.#met.set(seat.user ?? seat.participant, {
          name: seat.name,
          ...(seat.user === undefined ? {} : { user: seat.user }),
        });
    }
    for (const { name } of newlyRaised(before, shot)) this.#say(t("notice.hand", { name }));
    for (const { participant, name } of newlySharing(before, shot)) {
      if (participant !== this.call.self) this.#say(t("notice.sharing", { name }));
    }
    this.#seeDevices(before, shot);
  }

  #seeDevices(before: CallShot, shot: CallShot): void {
    const error = this.call.deviceError;
    if (error !== undefined && error !== this.#toldDeviceError) {
      this.#toldDeviceError = error;
      const device = shot.microphone
        ? "camera"
        : shot.kind === "video" && !shot.camera
          ? "both"
          : "microphone";
      this.#deviceProblem.value = { device, code: error.code };
    }
    const problem = this.#deviceProblem.value?.device;
    const cameOn =
      (shot.microphone && !before.microphone && problem !== "camera") ||
      (shot.camera && !before.camera && problem !== "microphone");
    if (problem !== undefined && problem !== "screen" && cameOn) this.#deviceProblem.value = undefined;
  }

  async #device(device: Device, act: () => Promise<void>): Promise<void> {
    await attempt(async () => {
      try {
        await act();
        if (this.#deviceProblem.value?.device === device) this.#deviceProblem.value = undefined;
      } catch (error) {
        if (!(error instanceof ProntoError)) throw error;
        if (device === "screen" && error.code === "permissionDenied") return;
        if (!["permissionDenied", "noDevice", "deviceBusy", "insecureOrigin"].includes(error.code))
          throw error;
        this.#toldDeviceError = this.call.deviceError;
        this.#deviceProblem.value = { device, code: error.code };
      } finally {
        this.#changed();
      }
    });
  }

  #say(text: string): void {
    const line: Line = { id: ++this.#said, text };
    this.#lines.value = withLine(this.#lines.value, line);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#lines.value = this.#lines.value.filter((other) => other.id !== line.id);
    }, noticeMs);
    this.#timers.add(timer);
  }
}
