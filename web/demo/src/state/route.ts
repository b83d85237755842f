import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** sections are the parts of the page at rest, in the order of its navigation. */
export const sections = ["people", "recents", "groups", "links", "settings"] as const;

/** Section is one of them. */
export type Section = (typeof sections)[number];

/** Route is where somebody is: a section, and what of it is open, if anything. */
export interface Route {
  readonly section: Section;
  readonly id?: string;
}

/** routeOf reads the part of the address behind #; what it does not know is the first section. */
export function routeOf(hash: string): Route {
  const [name = "", id = ""] = hash.replace(/^#/, "").split("/");
  const section = sections.find((one) => one === name) ?? "people";
  return id === "" || section !== name ? { section } : { section, id: decode(id) };
}

/** hashOf is the address of a route. */
export function hashOf(section: Section, id?: string): string {
  return id === undefined ? `#${section}` : `#${section}/${encodeURIComponent(id)}`;
}

/** linkOf is the link that a page's path opens; undefined for other pages. */
export function linkOf(path: string): string | undefined {
  return /^\/j\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path)?.[1];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const hash = signal(typeof location === "undefined" ? "" : location.hash);
if (typeof addEventListener !== "undefined")
  addEventListener("hashchange", () => {
    hash.value = location.hash;
  });

/** route follows the address, so that the back button goes from one place to the one before. */
export const route: ReadonlySignal<Route> = computed(() => routeOf(hash.value));

/** open goes somewhere. */
export function open(section: Section, id?: string): void {
  location.hash = hashOf(section, id);
}
