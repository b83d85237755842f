import { signal } from "@preact/signals";
import { isOrigin, type Theme } from "../protocol.ts";
import { chooseLanguage } from "./lang.ts";

const asked = new URLSearchParams(location.search);

/** link is the call link's id. */
export const link: string = /^\/embed\/([A-Za-z0-9_-]{1,64})$/.exec(location.pathname)?.[1] ?? "";

/** secret is what the link's address has behind the #, if anything; it never leaves this page. */
export const secret: string | undefined = readSecret(location.hash);

/** host is the origin of the page around us, as it says itself; the protocol speaks to no other. */
export const host: string | undefined = hostOrigin(asked.get("origin"));

/** wantsVideo is what the page around us proposes; the visitor decides. */
export const wantsVideo: boolean = asked.get("mode") === "video";

/** notice is the privacy notice: the site's own if it has one, else the server's. */
export const notice: { readonly url: string; readonly version: string } = readNotice(asked.get("privacy"));

/** operator is whom to turn to: links to who runs the server and to where one may complain; empty if there is none. */
export const operator = { contact: meta("pronto-contact"), complaints: meta("pronto-complaints") } as const;

/** spoken is the language of the page. */
export const spoken = signal(chooseLanguage([asked.get("lang") ?? "", ...navigator.languages]));

/** visitor is what he is called. */
export const visitor = signal((asked.get("name") ?? "").slice(0, 40));

/** setLanguage changes the language, if there are words in it. */
export function setLanguage(tag: string): void {
  spoken.value = chooseLanguage([tag, spoken.value.tag]);
  document.documentElement.lang = spoken.value.tag;
}

/** setTheme changes the colours. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

setLanguage(spoken.value.tag);
const theme = asked.get("theme");
if (theme === "light" || theme === "dark") setTheme(theme);

function readSecret(hash: string): string | undefined {
  const text = hash.replace(/^#/, "");
  return text === "" ? undefined : text;
}

function hostOrigin(said: string | null): string | undefined {
  if (window.parent === window) return undefined;
  // Where the browser says who is around us, its word counts; "null" says nothing (HTML, section 7.2.4).
  const listed = location.ancestorOrigins?.[0];
  const known = listed === "null" ? undefined : listed;
  const origin = known ?? said ?? "";
  return isOrigin(origin) && (known === undefined || said === null || said === known) ? origin : undefined;
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

function readNotice(own: string | null): { url: string; version: string } {
  if (own !== null && /^https?:\/\//.test(own)) return { url: own, version: own.slice(0, 200) };
  return { url: meta("pronto-notice"), version: meta("pronto-notice-version") };
}
