import { expect, test } from "vitest";
import { pictureOf, soundOf } from "../src/choice.ts";

test("a device that was chosen is asked for, and its loss is no failure", () => {
  expect(soundOf({ microphone: "m1" }).deviceId).toEqual({ ideal: "m1" });
  expect(soundOf({}).deviceId).toBeUndefined();
  expect(soundOf({ noiseSuppression: false }).noiseSuppression).toBe(false);
});

test("a camera that is named goes before the way it faces", () => {
  expect(pictureOf({ facing: "environment" }).facingMode).toEqual({ ideal: "environment" });
  const both = pictureOf({ camera: "c1", facing: "user" });
  expect(both.deviceId).toEqual({ ideal: "c1" });
  expect(both.facingMode).toBeUndefined();
});
