import { describe, expect, test } from "vitest";
import { OpenTerms } from "../src/state/terms.ts";

const terms = { version: "2026-02", url: "https://calls.example/terms" };

describe("terms that are not accepted", () => {
  test("do not keep anybody from calling unless they must be, and can be put away", () => {
    const open = new OpenTerms();
    expect(open.block()).toBe(false);
    open.take(terms);
    expect(open.now.value).toEqual(terms);
    expect(open.asked.value).toBe(false);
    expect(open.block()).toBe(false);
    open.putOff();
    expect(open.now.value).toBeUndefined();
  });

  test("are asked about at once if they must be, and again at each call, until they are accepted", () => {
    const open = new OpenTerms();
    open.take({ ...terms, required: true });
    expect(open.asked.value).toBe(true);
    open.putOff();
    expect(open.asked.value).toBe(false);
    expect(open.now.value).toBeDefined();
    expect(open.block()).toBe(true);
    expect(open.asked.value).toBe(true);
    open.take(undefined);
    expect(open.asked.value).toBe(false);
    expect(open.block()).toBe(false);
  });
});
