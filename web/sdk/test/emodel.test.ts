import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { meanOpinionScore, type Sound } from "../src/emodel.ts";

const path = new URL("../../../metrics/emodel/testdata/vectors.json", import.meta.url);
const points = JSON.parse(readFileSync(path, "utf8")) as (Sound & { name: string; mos: number })[];

test.each(points)("$name scores $mos", (point) => {
  expect(Math.abs(meanOpinionScore(point) - point.mos)).toBeLessThanOrEqual(0.005);
});
