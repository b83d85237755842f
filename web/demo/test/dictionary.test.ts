import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseLanguage, fill, type Plural, translator } from "../src/lang/dictionary.ts";
import { enFirst } from "../src/lang/en.ts";
import { enLater } from "../src/lang/en-later.ts";
import { it } from "../src/lang/it.ts";
import { ptBR } from "../src/lang/pt-br.ts";

const en = { ...enFirst, ...enLater };

const src = join(import.meta.dirname, "../src");

function sources(): string {
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("lang"))
    .map((name) => readFileSync(join(src, name), "utf8"))
    .join("\n");
}

test("every text of the dictionary is used somewhere on the page", () => {
  const text = sources();
  expect(Object.keys(en).filter((key) => !text.includes(`"${key}"`))).toEqual([]);
});

test("the page has no words of its own beside the dictionary", () => {
  const attributes = /(?:aria-label|placeholder|title|alt)="[^"]*[a-z][^"]*"/g;
  const between = /<(?:p|h1|h2|span|button|legend|dt|dd|option|label)(?:\s[^<>{}]*)?>\s*[A-Za-z][^<>{}]*</g;
  const text = sources();
  expect(text.match(attributes) ?? []).toEqual([]);
  expect(text.match(between) ?? []).toEqual([]);
});

test("a plural counts, and its forms name the same values", () => {
  const t = translator("en", en);
  expect(t("people.selected", { count: 1 })).toBe("1 selected");
  expect(t("add.confirm", { count: 1 })).toBe("Call 1 person");
  expect(t("add.confirm", { count: 3 })).toBe("Call 3 people");
  for (const entry of Object.values(en)) {
    if (typeof entry === "string") continue;
    expect(entry.one).toContain("{count}");
    expect(entry.other).toContain("{count}");
  }
});

test("a name is put in as it is, braces and dollars included", () => {
  expect(fill("Call {name}", { name: "$& {name}" })).toBe("Call $& {name}");
});

test("a value that is missing is seen and not hidden", () => {
  expect(fill("Call {name}", {})).toBe("Call {name}");
});

test("the first language that there is a dictionary for is chosen, else English", () => {
  const there = ["en", "it", "pt-BR"] as const;
  expect(chooseLanguage(["de-AT", "it-CH", "en-GB"], there)).toBe("it");
  expect(chooseLanguage(["pt-PT"], there)).toBe("pt-BR");
  expect(chooseLanguage(["PT-br"], there)).toBe("pt-BR");
  expect(chooseLanguage(["de"], there)).toBe("en");
  expect(chooseLanguage([], there)).toBe("en");
});

test.each([
  ["it", it],
  ["pt-BR", ptBR],
] as const)(
  "%s names in each text the values that English names, and has the plural forms that it needs",
  (tag, dictionary) => {
    const valuesOf = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories as (keyof Plural)[];
    for (const [key, text] of Object.entries(en)) {
      const translated = dictionary[key as keyof typeof en];
      if (typeof text === "string") {
        expect(valuesOf(translated as string), key).toEqual(valuesOf(text));
        continue;
      }
      for (const form of forms.filter((name) => name !== "many")) {
        // "One" may be a word instead of a number.
        const values = valuesOf((translated as Plural)[form] ?? "missing {form}");
        if (form === "other") expect(values, `${key} ${form}`).toEqual(valuesOf(text.other));
        else expect(valuesOf(text.other), `${key} ${form}`).toEqual(expect.arrayContaining(values));
      }
    }
  },
);

test.each([
  ["it", it],
  ["pt-BR", ptBR],
] as const)("%s is translated", (_, dictionary) => {
  const names = new Set([
    "app.name",
    "alerts.bell",
    "nav.links",
    "links.title",
    "keys.control",
    "keys.enter",
    "settings.privacy",
    "settings.account",
    "test.server",
    "stats.screen",
    "links.video",
    "recents.video",
    "test.media",
    "device.microphone",
  ]);
  const same = Object.entries(en).filter(
    ([key, text]) =>
      typeof text === "string" &&
      /[a-z]{4}/.test(text.replace(/\{\w+\}/g, "")) &&
      dictionary[key as keyof typeof en] === text &&
      !names.has(key),
  );
  expect(same).toEqual([]);
});
