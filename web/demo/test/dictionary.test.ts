import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseLanguage, fill, translator } from "../src/lang/dictionary.ts";
import { en } from "../src/lang/en.ts";

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
