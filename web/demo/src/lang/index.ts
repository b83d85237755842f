import { chooseLanguage, translator } from "./dictionary.ts";

export type { Key, PlainKey } from "./dictionary.ts";

/** language is what the page speaks, by the browser's wish. */
export const language: string = chooseLanguage(typeof navigator === "undefined" ? [] : navigator.languages);

/** t is the text for a key in the page's language. */
export const t = translator(language);
