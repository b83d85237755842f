import { type ReadonlySignal, signal } from "@preact/signals";
import { chooseLanguage, type Dictionary, type Translator, translator } from "./dictionary.ts";
import { enFirst } from "./en.ts";

export type { Key, PlainKey } from "./dictionary.ts";

/** languages are those that the page speaks, each by its own name. One more is one more file, and a line here and below. */
export const languages = { en: "English", it: "Italiano", "pt-BR": "Português (Brasil)" } as const;

/** Language is the tag (BCP 47) of one of them. */
export type Language = keyof typeof languages;

/** load fetches a dictionary. English is here already, but for the texts of what is loaded later: first is without them. */
const load: { readonly [L in Language]: (first: boolean) => Promise<Dictionary> } = {
  en: async (first) =>
    first ? (enFirst as Dictionary) : { ...enFirst, ...(await import("./en-later.ts")).enLater },
  it: async () => (await import("./it.ts")).it,
  "pt-BR": async () => (await import("./pt-br.ts")).ptBR,
};

const now = signal<{ readonly language: Language; readonly translate: Translator }>({
  language: "en",
  translate: translator("en", enFirst as Dictionary),
});
let first = true;

/** language is what the page speaks. Reading it in a component draws that again when it changes. */
export const language: Pick<ReadonlySignal<Language>, "value"> = {
  get value() {
    return now.value.language;
  },
};

/** t is the text for a key in the page's language; see language. */
export const t: Translator = (key, ...values) => now.value.translate(key, ...values);

/** speak changes the page's language: to the one that was chosen, else to what the browser wants. */
export async function speak(chosen: string | undefined): Promise<void> {
  const wanted = chosen === undefined ? navigator.languages : [chosen, ...navigator.languages];
  const next = chooseLanguage(wanted, Object.keys(languages) as Language[]);
  const dictionary = await load[next](first);
  now.value = { language: next, translate: translator(next, dictionary) };
  document.documentElement.lang = next;
}

/** speakOfAll has the texts of all screens, before one is shown that is loaded later. */
export async function speakOfAll(): Promise<void> {
  if (!first) return;
  const { language: spoken } = now.peek();
  const dictionary = await load[spoken](false);
  first = false;
  if (now.peek().language === spoken)
    now.value = { language: spoken, translate: translator(spoken, dictionary) };
  else await speak(now.peek().language);
}
