import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("../src/style/", import.meta.url);
const sheets = readdirSync(folder).filter((name) => name.endsWith(".css"));

/** made are the classes and animations that a sheet says first of all what they are. */
function made(sheet: string): Set<string> {
  const text = readFileSync(new URL(sheet, folder), "utf8");
  return new Set(text.match(/^(\.[\w-]+|@keyframes [\w-]+)(?= \{$)/gm));
}

test("a class is made by one sheet: one that is loaded late must not change what is there", () => {
  const makers = new Map<string, string[]>();
  for (const sheet of sheets)
    for (const name of made(sheet)) makers.set(name, [...(makers.get(name) ?? []), sheet]);
  expect([...makers].filter(([, by]) => by.length > 1)).toEqual([]);
  expect(makers.size).toBeGreaterThan(100);
});
