import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { DeviceChoice } from "../../../sdk/src/index.ts";
import { type Language, languages } from "../lang/index.ts";

/** Theme is the page's colours; "system" follows the system. */
export type Theme = "system" | "light" | "dark";

/** Prefs are what was chosen for this browser; none of it goes to the server. */
export interface Prefs extends DeviceChoice {
  /** speaker is where sound goes (MediaDeviceInfo.deviceId); absent is the system's own. */
  readonly speaker?: string;
  /** language is absent while the browser's own counts. */
  readonly language?: Language;
  readonly theme: Theme;
  /** singleKeys lets single letters act in a call (WCAG 2.1.4). */
  readonly singleKeys: boolean;
  /** sounds rings aloud; a call that rings is always to be seen. */
  readonly sounds: boolean;
  /** names says who calls in notifications of this page; what is pushed while it is closed never does. */
  readonly names: boolean;
  /** dataSaver asks for small pictures in each call. */
  readonly dataSaver: boolean;
  /** reports tells the server how calls are, in numbers that name nobody. */
  readonly reports: boolean;
  /** ringtone is the tune of an incoming call. */
  readonly ringtone: "bell" | "chime" | "phone";
}

const key = "pronto.prefs";

const standard: Prefs = {
  theme: "system",
  singleKeys: true,
  sounds: true,
  names: true,
  dataSaver: false,
  reports: true,
  ringtone: "bell",
};

/** prefsOf reads what was kept; what does not fit is as if it were not there. */
export function prefsOf(text: string | null): Prefs {
  let kept: Record<string, unknown>;
  try {
    kept = Object(JSON.parse(text ?? "{}")) as Record<string, unknown>;
  } catch {
    return standard;
  }
  const word = <W extends string>(name: string, ...words: readonly W[]): { [name: string]: W } =>
    words.includes(kept[name] as W) ? { [name]: kept[name] as W } : {};
  const text64 = (name: string): { [name: string]: string } =>
    typeof kept[name] === "string" && kept[name] !== "" ? { [name]: kept[name] } : {};
  const flag = (name: string): { [name: string]: boolean } =>
    typeof kept[name] === "boolean" ? { [name]: kept[name] } : {};
  return {
    ...standard,
    ...text64("microphone"),
    ...text64("camera"),
    ...text64("speaker"),
    ...word("facing", "user", "environment"),
    ...flag("noiseSuppression"),
    ...flag("voiceIsolation"),
    ...flag("backgroundBlur"),
    ...word("language", ...(Object.keys(languages) as Language[])),
    ...word("theme", "system", "light", "dark"),
    ...flag("singleKeys"),
    ...flag("sounds"),
    ...flag("names"),
    ...flag("dataSaver"),
    ...flag("reports"),
    ...word("ringtone", "bell", "chime", "phone"),
  };
}

function read(): Prefs {
  try {
    return prefsOf(localStorage.getItem(key));
  } catch {
    return standard; // a browser may forbid storage altogether
  }
}

const now = signal<Prefs>(typeof localStorage === "undefined" ? standard : read());

/** prefs are what counts now. */
export const prefs: ReadonlySignal<Prefs> = now;

/** setPrefs changes some; undefined takes a choice back. It is kept for the next time where the browser lets us. */
export function setPrefs(change: { readonly [P in keyof Prefs]?: Prefs[P] | undefined }): void {
  now.value = prefsOf(JSON.stringify({ ...now.value, ...change }));
  try {
    localStorage.setItem(key, JSON.stringify(now.value));
  } catch {
    // it counts until the page is closed
  }
}

/** deviceChoice is the part that the SDK opens devices by. */
export function deviceChoice(all: Prefs): DeviceChoice {
  const { microphone, camera, facing, noiseSuppression, voiceIsolation, backgroundBlur } = all;
  return {
    ...(microphone === undefined ? {} : { microphone }),
    ...(camera === undefined ? {} : { camera }),
    ...(facing === undefined ? {} : { facing }),
    ...(noiseSuppression === undefined ? {} : { noiseSuppression }),
    ...(voiceIsolation === undefined ? {} : { voiceIsolation }),
    ...(backgroundBlur === undefined ? {} : { backgroundBlur }),
  };
}

/** showTheme keeps the page in the colours that were chosen. */
export function showTheme(root: HTMLElement): () => void {
  return effect(() => {
    root.dataset.theme = now.value.theme;
  });
}
