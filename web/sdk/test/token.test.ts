import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Tokens } from "../src/token.ts";

/** jwt is a token that ends at a moment; nobody checks it here. */
function jwt(expMs: number, mark = ""): string {
  const claims = JSON.stringify({ exp: expMs / 1000, mark });
  return `e30.${btoa(claims).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.sig`;
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a token", () => {
  test("that is a text is given out as it is, and cannot be renewed", async () => {
    const tokens = new Tokens("e30.e30.sig");
    expect(await tokens.get()).toBe("e30.e30.sig");
    expect(tokens.renewable).toBe(false);
  });

  test("of a function is asked for again only when it is about to run out", async () => {
    let made = 0;
    const tokens = new Tokens(async () => jwt(Date.now() + 600_000, `${++made}`));
    const first = await tokens.get();
    await vi.advanceTimersByTimeAsync(539_000);
    expect(await tokens.get()).toBe(first);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await tokens.get()).not.toBe(first);
    expect(made).toBe(2);
  });

  test("is fetched before the old one runs out, so that nobody waits for it", async () => {
    let made = 0;
    const tokens = new Tokens(() => jwt(Date.now() + 600_000, `${++made}`));
    tokens.keep();
    await tokens.get();
    await vi.advanceTimersByTimeAsync(541_000);
    expect(made).toBe(2);
    await vi.advanceTimersByTimeAsync(541_000);
    expect(made).toBe(3);
    tokens.release();
    await vi.advanceTimersByTimeAsync(5_000_000);
    expect(made).toBe(3);
  });

  test("that lives for less than a minute is replaced at four fifths", async () => {
    let made = 0;
    const tokens = new Tokens(() => jwt(Date.now() + 10_000, `${++made}`));
    tokens.keep();
    await tokens.get();
    await vi.advanceTimersByTimeAsync(7_900);
    expect(made).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(made).toBe(2);
    tokens.release();
  });

  test("is tried for again when the source was away", async () => {
    let made = 0;
    const tokens = new Tokens(() => {
      if (++made === 2) throw new Error("away");
      return jwt(Date.now() + 600_000);
    });
    tokens.keep();
    await tokens.get();
    await vi.advanceTimersByTimeAsync(541_000);
    expect(made).toBe(2);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(made).toBe(3);
    tokens.release();
  });

  test("whose end cannot be read is asked for each time, and by all at once only once", async () => {
    let made = 0;
    const tokens = new Tokens(async () => `opaque${++made}`);
    expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(["opaque1", "opaque1"]);
    expect(await tokens.get()).toBe("opaque2");
  });

  test("that was refused is not given out again", async () => {
    let made = 0;
    const tokens = new Tokens(() => jwt(Date.now() + 600_000, `${++made}`));
    const first = await tokens.get();
    tokens.forget();
    expect(await tokens.get()).not.toBe(first);
  });

  test.each([
    ["as text", "e30.e30.sig\n"],
    ["as JSON", '{"token":"e30.e30.sig","user":"ana"}'],
  ])("comes from an address, %s", async (_, body) => {
    const asked: string[] = [];
    const tokens = new Tokens("/my-token", (async (url: string) => {
      asked.push(String(url));
      return new Response(body);
    }) as typeof fetch);
    expect(await tokens.get()).toBe("e30.e30.sig");
    expect(asked).toEqual(["/my-token"]);
    expect(tokens.renewable).toBe(true);
  });

  test.each([
    [401, "unauthenticated"],
    [503, "unavailable"],
  ])("from an address that answers %i is %s", async (status, code) => {
    const tokens = new Tokens(
      new URL("https://shop.example/token"),
      (async () => new Response("", { status })) as typeof fetch,
    );
    await expect(tokens.get()).rejects.toMatchObject({ code });
  });

  test("from an address that cannot be reached is offline", async () => {
    const tokens = new Tokens("https://shop.example/token", (async () => {
      throw new TypeError("failed");
    }) as typeof fetch);
    await expect(tokens.get()).rejects.toMatchObject({ code: "offline" });
  });
});
