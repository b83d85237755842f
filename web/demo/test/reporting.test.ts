import { afterEach, expect, test, vi } from "vitest";
import { HttpError } from "../src/api.ts";
import type { Phone } from "../src/state/phone.ts";
import { report, reportingText } from "../src/state/reporting.ts";

const phone = { pronto: { token: async () => "tok" } } as unknown as Phone;

/** answers has the server answer, and returns what it is asked. */
function answers(
  status: number,
  headers: Record<string, string> = {},
): { body: () => unknown; auth: () => string | null } {
  const fetching = vi.fn(async (_url: string, _init: RequestInit) => new Response(null, { status, headers }));
  vi.stubGlobal("fetch", fetching);
  const init = (): RequestInit => fetching.mock.calls[0]?.[1] ?? {};
  return {
    body: () => JSON.parse(String(init().body)),
    auth: () => new Headers(init().headers).get("Authorization"),
  };
}

afterEach(() => vi.unstubAllGlobals());

test("a participant is reported by his id in the call, an account by its own, and the call by nothing more", async () => {
  const said = { call: "cal_1", reason: "spam", text: "" } as const;
  const asked = answers(204);
  await report(phone, { ...said, whom: { name: "Zoe", participant: "p2", user: "zoe" }, text: "again" });
  expect(asked.body()).toEqual({ call: "cal_1", participant: "p2", reason: "spam", text: "again" });
  expect(asked.auth()).toBe("Bearer tok");
  const account = answers(204);
  await report(phone, { ...said, whom: { name: "Bia", user: "bia" } });
  expect(account.body()).toEqual({ call: "cal_1", user: "bia", reason: "spam" });
  const itself = answers(204);
  await report(phone, { ...said, whom: undefined });
  expect(itself.body()).toEqual({ call: "cal_1", reason: "spam" });
});

test("who cannot report is told why", async () => {
  const refusals: [status: number, text: RegExp][] = [
    [404, /not in the call together/],
    [429, /as many reports as one may/],
    [503, /again/],
  ];
  for (const [status, text] of refusals) {
    answers(status, { "Retry-After": "60" });
    const error = await report(phone, { call: "c", whom: undefined, reason: "other", text: "" }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(HttpError);
    expect(reportingText(error)).toMatch(text);
  }
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  const offline = await report(phone, { call: "c", whom: undefined, reason: "other", text: "" }).catch(
    (e: unknown) => e,
  );
  expect(offline).toMatchObject({ status: 0 });
});
