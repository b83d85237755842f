import { expect, test } from "vitest";
import { ProntoError } from "../../sdk/src/index.ts";
import { AnswerError } from "../src/frame/server.ts";
import { faultOf } from "../src/frame/visit.ts";

test("a visitor is told what to do about what went wrong", () => {
  expect([0, 422, 429, 500].map((status) => faultOf(new AnswerError(status)))).toEqual([
    ...["offline", "badText", "rateLimited", "failed"],
  ]);
  expect(faultOf(new ProntoError("callFull", "x"))).toBe("callFull");
  expect(faultOf(new ProntoError("internal", "x"))).toBe("failed");
});
