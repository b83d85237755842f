import { describe, expect, test } from "vitest";
import { gridShape, lastRowStart, pageOf, perPage } from "../src/call/gridshape.ts";

describe("gridShape", () => {
  test.each([
    [1, 1600, 900, 1, 1],
    [2, 1600, 900, 2, 1],
    [2, 400, 800, 1, 2],
    [3, 400, 800, 1, 3],
    [3, 1600, 900, 2, 2],
    [4, 1600, 900, 2, 2],
    [6, 400, 800, 2, 3],
    [9, 1600, 900, 3, 3],
  ])("puts %i tiles on %i × %i in %i columns and %i rows", (count, width, height, columns, rows) => {
    expect(gridShape(count, width, height)).toEqual({ columns, rows });
  });
  test("a stage without a size yet has a column", () => {
    expect(gridShape(3, 0, 0)).toEqual({ columns: 1, rows: 3 });
  });
});

test("a last row that is not full is moved to the middle", () => {
  expect(lastRowStart(3, 2)).toEqual({ index: 2, offset: 1 });
  expect(lastRowStart(7, 3)).toEqual({ index: 6, offset: 2 });
  expect(lastRowStart(8, 3)).toEqual({ index: 6, offset: 1 });
  expect(lastRowStart(9, 3)).toBeUndefined();
});

test("more than nine are shown in pages, and a page that is gone is the last one", () => {
  const list = Array.from({ length: 11 }, (_, i) => i);
  expect(pageOf(list, 0)).toEqual({ items: list.slice(0, perPage), page: 0, pages: 2 });
  expect(pageOf(list, 1).items).toEqual([9, 10]);
  expect(pageOf(list, 7)).toMatchObject({ page: 1 });
  expect(pageOf([], 3)).toEqual({ items: [], page: 0, pages: 1 });
});
