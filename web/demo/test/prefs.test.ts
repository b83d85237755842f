import { expect, test } from "vitest";
import { deviceChoice, prefsOf } from "../src/state/prefs.ts";

test("what was kept is read, and what does not fit is left out", () => {
  const kept = prefsOf(
    '{"theme":"dark","reports":false,"singleKeys":false,"microphone":"m1","camera":7,"language":"xx","facing":"up"}',
  );
  expect(kept).toMatchObject({
    theme: "dark",
    reports: false,
    singleKeys: false,
    microphone: "m1",
    sounds: true,
  });
  expect(kept).not.toHaveProperty("camera");
  expect(kept).not.toHaveProperty("language");
  expect(kept).not.toHaveProperty("facing");
});

test("without anything kept, or with what is no JSON, the standard counts", () => {
  expect(prefsOf(null)).toEqual(prefsOf("{"));
  expect(prefsOf("null").theme).toBe("system");
  expect(prefsOf('["dark"]').theme).toBe("system");
});

test("the SDK is told devices only", () => {
  expect(deviceChoice(prefsOf('{"microphone":"m1","speaker":"s1","facing":"user"}'))).toEqual({
    microphone: "m1",
    facing: "user",
  });
});
