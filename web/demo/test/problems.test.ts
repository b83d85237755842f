import { expect, test } from "vitest";
import { ProntoError } from "../../sdk/src/index.ts";
import { HttpError } from "../src/api.ts";
import { receivedLines } from "../src/call/statistics.tsx";
import { deviceText } from "../src/devicetexts.ts";
import { problemText } from "../src/problems.ts";

test("too fast says for how long to wait, by either way", () => {
  expect(problemText(new ProntoError("rateLimited", "x", { retryAfterMs: 2100 }))).toBe(
    "That was too fast. Wait 3 seconds.",
  );
  expect(problemText(new HttpError(429, 1000))).toBe("That was too fast. Wait 1 second.");
  expect(problemText(new HttpError(429))).toBe("That was too fast. Wait 1 second.");
});

test("a problem is told in the page's words and never in the server's", () => {
  expect(problemText(new ProntoError("notFound", "secret detail"))).toBe(
    "There is nobody and nothing by that name here.",
  );
  expect(problemText(new ProntoError("badFrame", "secret detail"))).toBe(
    "Something failed on our side. Try again.",
  );
  expect(problemText(new HttpError(422))).toContain("Check what you typed");
  expect(problemText(new HttpError(422, undefined, "nameReserved"))).toContain("the service itself");
  expect(problemText(new HttpError(0))).toContain("cannot be reached");
  expect(problemText(new HttpError(500))).toBe("Something failed on our side. Try again.");
});

test("each trouble with a device has its own next step", () => {
  const codes = [
    ...["permissionDenied", "permissionDismissed", "noDevice", "deviceBusy", "insecureOrigin"],
    "something new",
  ];
  expect(new Set(codes.map((code) => deviceText(code))).size).toBe(codes.length);
  const browsers = ["Chrome/156.0 Safari/537.36", "Firefox/153.0", "Version/26.0 Safari/605.1"];
  expect(new Set(browsers.map((browser) => deviceText("permissionDenied", browser))).size).toBe(3);
});

test("statistics are plain numbers, and silence is said", () => {
  expect(receivedLines(undefined)).toEqual(["nothing received yet"]);
  expect(
    receivedLines({
      participant: "p",
      audio: { packets: 12_345, energy: 1, samples: 2 },
      camera: { framesDecoded: 1200, width: 640, height: 360 },
      screen: { framesDecoded: 0, width: 0, height: 0 },
    }),
  ).toEqual(["audio 12345 packets", "camera 640×360, 1200 frames decoded"]);
});
