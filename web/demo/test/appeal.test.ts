import { afterEach, expect, test, vi } from "vitest";
import { HttpError } from "../src/api.ts";
import { verifyCode } from "../src/codes.ts";
import {
  type Appeal,
  appeal,
  appealProblem,
  appealText,
  type Suspension,
  suspension,
  suspensionText,
  whyText,
} from "../src/state/appeal.ts";

const now = Date.parse("2026-06-02T12:00:00Z");
const filedAt = "2026-06-01T12:00:00Z";

/** stored has the browser keep what a signed-in one does. */
function stored(session: Record<string, string>, local: Record<string, string>): void {
  vi.stubGlobal("sessionStorage", { getItem: (key: string) => session[key] ?? null });
  vi.stubGlobal("localStorage", { getItem: (key: string) => local[key] ?? null });
}

/** answers has the server answer, and returns what it is asked. */
function answers(
  status: number,
  ...bodies: object[]
): { path: string; body: unknown; auth: string | null }[] {
  const asked: { path: string; body: unknown; auth: string | null }[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const body = init.body === undefined ? undefined : JSON.parse(String(init.body));
    asked.push({ path, body, auth: new Headers(init.headers).get("Authorization") });
    const token = path !== "/v1/account/appeal";
    return new Response(JSON.stringify(token ? { token: "tok" } : bodies.shift()), {
      status: token ? 200 : status,
    });
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

test("a device of a suspended account asks and appeals by its refresh secret", async () => {
  const device = { user: "usr_1", name: "Ana", device: "dev_1", refresh: "secret" };
  stored({}, { "pronto.account": JSON.stringify(device) });
  const told: Suspension = { suspended: true, reported: false };
  const asked = answers(200, told, told);
  expect(await suspension()).toEqual(told);
  await appeal("It was not me.");
  expect(asked).toEqual([
    { path: "/v1/accounts/refresh", body: { refresh: "secret", toAppeal: true }, auth: null },
    { path: "/v1/account/appeal", body: undefined, auth: "Bearer tok" },
    { path: "/v1/accounts/refresh", body: { refresh: "secret", toAppeal: true }, auth: null },
    { path: "/v1/account/appeal", body: { text: "It was not me." }, auth: "Bearer tok" },
  ]);
});

test("one of the demo's people asks by his own token, and who signs in by a code gets as far as his appeal", async () => {
  stored({ "pronto.identity": JSON.stringify({ user: "ezio", name: "Ezio" }) }, {});
  const asked = answers(200, { suspended: false, reported: false });
  expect((await suspension()).suspended).toBe(false);
  expect(asked[0]).toMatchObject({ path: "/v1/demo/sign-in", body: { user: "ezio" } });
  await verifyCode({ email: "ana@example.com" }, "123456", "", "Laptop");
  expect(asked[2]?.body).toEqual({
    email: "ana@example.com",
    code: "123456",
    deviceName: "Laptop",
    toAppeal: true,
  });
});

test("an appeal that comes too late says so, and other problems are what they are", async () => {
  stored({ "pronto.identity": JSON.stringify({ user: "ezio", name: "Ezio" }) }, {});
  answers(409, {});
  const late = await appeal("It was not me.").catch((error: unknown) => error);
  expect(late).toBeInstanceOf(HttpError);
  expect(appealProblem(late as HttpError)).toMatch(/already/);
  expect(appealProblem(new HttpError(401))).toMatch(/sign in again/); // another device has put this one out
  expect(appealProblem(new HttpError(503))).toBeUndefined();
});

test("who is suspended is told since when, until when and why, and never more of the reports than their reason", () => {
  const of = (more: Partial<Suspension>): Suspension => ({
    suspended: true,
    suspendedAt: filedAt,
    reported: true,
    ...more,
  });
  expect(suspensionText(of({}), now)).toMatch(/^Since .*1.*\. You cannot call/);
  expect(suspensionText(of({ suspendedUntil: "2026-07-05T12:00:00Z" }), now)).toMatch(/From .*1.* until .*5/);
  expect(whyText(of({ reason: "spam" }))).toMatch(/Unwanted calls/);
  expect(whyText(of({ reason: "of a newer server" }))).toMatch(/others have reported\.$/);
  expect(whyText(of({ reported: false, reason: "spam" }))).toBe("Whoever runs this server has decided so.");
});

test("each state of an appeal has its words", () => {
  const words: [state: Appeal["state"], text: RegExp][] = [
    ["open", /Somebody will decide/],
    ["upheld", /suspension stays/],
    ["lifted", /yours again/],
  ];
  for (const [state, text] of words) expect(appealText({ state, filedAt }, now)).toMatch(text);
});
