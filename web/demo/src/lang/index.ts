import { type ReadonlySignal, signal } from "@preact/signals";
import { chooseLanguage, type Dictionary, type Translator, translator } from "./dictionary.ts";
import { en } from "./en.ts";

export type { Key, PlainKey } from "./dictionary.ts";

/** languages are those that the page speaks, each by its own name. One more is one more file, and a line here and below. */
export const languages = { en: "English" } as const;

/** Language is the tag (BCP 47) of one of them. */
export type Language = keyof typeof languages;

/** English is always there; another language is loaded when it is wanted. */
const load: { readonly [L in Language]: () => Promise<Dictionary> } = {
  en: () => Promise.resolve(en),
};

const now = signal<{ readonly language: Language; readonly translate: Translator }>({
  language: "en",
  translate: translator("en", en),
});

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
  const dictionary = await load[next]();
  now.value = { language: next, translate: translator(next, dictionary) };
  document.documentElement.lang = next;
}
