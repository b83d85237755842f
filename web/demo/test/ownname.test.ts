import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readsAsTheService } from "../src/ownname.ts";

const names = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../signalling/identity/testdata/names.json"), "utf8"),
) as Record<"pretending" | "harmless", string[]>;

test("a title that is encrypted is judged as the server judges one that it can read", () => {
  expect(names.pretending.length).toBeGreaterThan(50);
  expect(names.pretending.filter((name) => !readsAsTheService(name))).toEqual([]);
  expect(names.harmless.filter(readsAsTheService)).toEqual([]);
});
