import { describe, expect, test } from "vitest";
import { fitting, gridShape, lastRowStart, pageOf, perPage } from "../src/call/gridshape.ts";

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

test("a page has no more tiles than have room for a name, however large the letters are", () => {
  expect(fitting(20, 1600, 900, 16)).toBe(perPage);
  expect(fitting(9, 296, 400, 16)).toBe(perPage); // the smallest phone
  expect(fitting(10, 296, 400, 16)).toBe(8); // and the buttons that turn pages
  expect(fitting(9, 342, 580, 32)).toBe(3); // a phone with letters twice as large
  expect(fitting(9, 1600, 90, 16)).toBe(1);
  expect(fitting(3, 1600, 90, 16)).toBe(3);
  expect(fitting(3, 100, 20, 16)).toBe(1);
  expect(fitting(9, 16, Number.POSITIVE_INFINITY, 0)).toBe(perPage); // not measured yet
});

test("more than nine are shown in pages, and a page that is gone is the last one", () => {
  const list = Array.from({ length: 11 }, (_, i) => i);
  expect(pageOf(list, 0, perPage)).toEqual({ items: list.slice(0, perPage), page: 0, pages: 2 });
  expect(pageOf(list, 1, perPage).items).toEqual([9, 10]);
  expect(pageOf(list, 7, perPage)).toMatchObject({ page: 1 });
  expect(pageOf([], 3, perPage)).toEqual({ items: [], page: 0, pages: 1 });
});
