import { describe, expect, test } from "vitest";
import type { Notice } from "../../sdk/src/index.ts";
import { type Line, noticeText, withLine } from "../src/state/notices.ts";

const media = { microphone: true, camera: false, screen: false };
const bia: Notice["participant"] = { participant: "p2", user: "bia", name: "Bia", presence: "joined", media };
const carlo: Notice["participant"] = { ...bia, participant: "p3", user: "carlo", name: "Carlo" };

describe("noticeText", () => {
  const rows: readonly [Notice, string][] = [
    [{ type: "joined", participant: bia }, "Bia joined."],
    [{ type: "left", participant: bia, reason: "hangup" }, "Bia left."],
    [{ type: "left", participant: bia, reason: "lost" }, "Bia lost the connection."],
    [{ type: "left", participant: bia, reason: "moved" }, "Bia moved to another device."],
    [{ type: "unanswered", participant: bia }, "Bia did not answer."],
    [{ type: "invited", participant: carlo, by: bia }, "Bia calls Carlo."],
    [{ type: "invited", participant: carlo, by: { ...bia, participant: "p1" } }, "Calling Carlo…"],
    [{ type: "batteryLow", participant: bia }, "Bia’s battery is low."],
    [{ type: "reconnecting", participant: bia }, "Bia is reconnecting."],
    [{ type: "back", participant: bia }, "Bia is back."],
  ];
  test.each(rows)("%o", (notice, text) => expect(noticeText(notice, "p1")).toBe(text));
  test("nothing is said about ourselves", () => {
    expect(noticeText({ type: "joined", participant: bia }, "p2")).toBeUndefined();
  });
});

test("the newest four lines stay, and the same line is not said twice in a row", () => {
  let lines: readonly Line[] = [];
  for (const [id, text] of ["a", "b", "b", "c", "d", "e"].entries()) lines = withLine(lines, { id, text });
  expect(lines.map((line) => line.text)).toEqual(["b", "c", "d", "e"]);
});
