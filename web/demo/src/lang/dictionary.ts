import type { enFirst } from "./en.ts";
import type { enLater } from "./en-later.ts";

type English = typeof enFirst & typeof enLater;

/** Key names one text. */
export type Key = keyof English;

/** Plural has the forms that Intl.PluralRules asks for; other is always there. */
export interface Plural {
  readonly zero?: string;
  readonly one?: string;
  readonly two?: string;
  readonly few?: string;
  readonly many?: string;
  readonly other: string;
}

/** Dictionary is one language: a text for each key, a plural where English has one. */
export type Dictionary = { readonly [K in Key]: English[K] extends string ? string : Plural };

type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type TextOf<K extends Key> = English[K] extends string
  ? English[K]
  : English[K] extends { other: infer O extends string }
    ? O
    : never;
type ValueNames<K extends Key> = Names<TextOf<K>>;

/** Values are what a text's braces want: nothing, or an object with just those names. */
export type Values<K extends Key> = [ValueNames<K>] extends [never]
  ? []
  : [values: { readonly [N in ValueNames<K>]: N extends "count" ? number : string | number }];

/** PlainKey is a key whose text wants no values. */
export type PlainKey = { [K in Key]: Values<K> extends [] ? K : never }[Key];

/**
 * chooseLanguage picks the first of the wanted languages (BCP 47) that is among those there are; the same language of
 * another country will do. Without any it is the first there is.
 */
export function chooseLanguage<L extends string>(wanted: readonly string[], there: readonly L[]): L {
  for (const tag of wanted) {
    const primary = primaryOf(tag);
    const found =
      there.find((one) => one.toLowerCase() === tag.toLowerCase()) ??
      there.find((one) => primaryOf(one) === primary);
    if (found !== undefined) return found;
  }
  return there[0] as L;
}

function primaryOf(tag: string): string {
  return tag.split("-")[0]?.toLowerCase() ?? "";
}

/** fill puts values into the braces of a text. A name without a value stays as it is, so that it is seen. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Translator is t() of one language. */
export type Translator = <K extends Key>(key: K, ...values: Values<K>) => string;

/** translator makes t() for a language. Numbers are written in the language's way. */
export function translator(language: string, dictionary: Dictionary): Translator {
  const rules = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  return (key, ...[values]) => {
    const entry: string | Plural = dictionary[key] ?? key; // one that is missing is seen
    const given: Readonly<Record<string, string | number>> = values ?? {};
    const text =
      typeof entry === "string" ? entry : (entry[rules.select(Number(given.count ?? 0))] ?? entry.other);
    const written = Object.entries(given).map(([name, value]) => [
      name,
      typeof value === "number" ? number.format(value) : value,
    ]);
    return fill(text, Object.fromEntries(written));
  };
}
