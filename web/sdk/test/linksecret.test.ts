import { describe, expect, test } from "vitest";
import { linkAddress, newLinkSecret, readLinkAddress } from "../src/linkaddress.ts";
import { openDetails, sealDetails } from "../src/linksecret.ts";
import { LinkStore } from "../src/linkstore.ts";

const details = { title: "Dinner ✓", description: "At eight.\nBring wine." };

describe("details of a link", () => {
  test("are read by whom the address is given to, and by nobody else", async () => {
    const secret = newLinkSecret();
    const sealed = await sealDetails(secret, details);
    expect(await openDetails(secret, sealed)).toEqual(details);
    expect(await openDetails(newLinkSecret(), sealed)).toBeUndefined();
    expect(await openDetails(secret, `${sealed.slice(0, -4)}AAAA`)).toBeUndefined();
    expect(await openDetails(secret, "")).toBeUndefined();
    expect(await sealDetails(secret, details)).not.toBe(sealed);
  });

  test("do not tell by their size how long they are", async () => {
    const secret = newLinkSecret();
    const sizes = await Promise.all(
      ["a", "a".repeat(80)].map(
        async (title) => (await sealDetails(secret, { title, description: "" })).length,
      ),
    );
    expect(sizes[0]).toBe(sizes[1]);
  });

  test.each([
    ["a long title", { title: "ä".repeat(81), description: "" }],
    ["two lines of title", { title: "a\nb", description: "" }],
    ["text that runs backwards", { title: "\u202ea", description: "" }],
    ["a long description", { title: "", description: "ä".repeat(501) }],
  ])("%s is refused", async (_, wrong) => {
    await expect(sealDetails(newLinkSecret(), wrong)).rejects.toMatchObject({ code: "invalid" });
  });
});

test("a secret has 128 bits, and another one each time", () => {
  const secrets = new Set(Array.from({ length: 100 }, newLinkSecret));
  expect(secrets.size).toBe(100);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test("an address is read as it was written", () => {
  const secret = newLinkSecret();
  const base = "https://calls.example";
  expect(readLinkAddress(linkAddress("abc_-1", secret, base))).toEqual({ link: "abc_-1", secret });
  expect(readLinkAddress(linkAddress("abc", undefined, base))).toEqual({ link: "abc" });
  expect(linkAddress("abc", secret, base)).toBe(`${base}/j/abc#k=${secret}`);
  for (const wrong of [`${base}/`, `${base}/j/`, `${base}/j/a/b`, `${base}/x/abc`])
    expect(readLinkAddress(wrong)).toBeUndefined();
});

describe("what a browser keeps of links", () => {
  /** shelf is storage in memory. */
  function shelf() {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
  }

  test("outlives the page", () => {
    const storage = shelf();
    new LinkStore(storage).keep("one", "secret");
    expect(new LinkStore(storage).secret("one")).toBe("secret");
    expect(new LinkStore(storage).secret("two")).toBeUndefined();
  });

  test("is the same for one link and tells nothing of another", async () => {
    const storage = shelf();
    const [one, again, two] = await Promise.all(
      ["one", "one", "two"].map((link) => new LinkStore(storage).browser(link)),
    );
    const later = await new LinkStore(storage).browser("one");
    expect(new Set([again, later]).size).toBe(1);
    expect(two).not.toBe(later);
    expect(one).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect([...storage.kept.values()]).not.toContain(later);
  });

  test("lives as long as the page where storage is forbidden", async () => {
    const forbidden = () => {
      throw new DOMException("no", "SecurityError");
    };
    const store = new LinkStore({ getItem: forbidden, setItem: forbidden });
    store.keep("one", "secret");
    expect(store.secret("one")).toBe("secret");
    expect(await store.browser("one")).toBe(await store.browser("one"));
  });
});
