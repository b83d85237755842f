import { describe, expect, test } from "vitest";
import type { CallLink, CallLogEntry, Pronto } from "../../sdk/src/index.ts";
import { CallList, merge } from "../src/state/calllist.ts";
import { LinkList, usable } from "../src/state/linklist.ts";
import { linkOf } from "../src/state/route.ts";
import { toasts } from "../src/state/toasts.ts";
import { byImportance, ViewList } from "../src/state/viewlist.ts";

function entry(call: string, startedMs: number, outcome: CallLogEntry["outcome"] = "answered"): CallLogEntry {
  return { call, kind: "voice", direction: "incoming", outcome, with: [], startedMs, durationMs: 0 };
}

describe("merge", () => {
  test("puts a new call where its time says", () => {
    const log = [entry("c", 30), entry("a", 10)];
    expect(merge(log, entry("b", 20)).map((e) => e.call)).toEqual(["c", "b", "a"]);
    expect(merge(log, entry("d", 40)).map((e) => e.call)).toEqual(["d", "c", "a"]);
    expect(merge(log, entry("z", 1)).map((e) => e.call)).toEqual(["c", "a", "z"]);
  });
  test("replaces a call that is there", () => {
    const log = merge([entry("a", 10, "ongoing")], entry("a", 10, "missed"));
    expect(log.map((e) => e.outcome)).toEqual(["missed"]);
  });
});

test("a missed call is counted once, and not again when a note to it comes or goes", async () => {
  const log = new CallList({
    callLog: async () => ({ entries: [entry("old", 1, "missed")] }),
  } as unknown as Pronto);
  await log.load();
  log.take({ ...entry("old", 1, "missed"), note: true });
  log.take(entry("old", 1, "missed"));
  expect(log.unseen.value).toBe(0);
  log.take(entry("new", 2, "missed"));
  expect(log.unseen.value).toBe(1);
  log.look();
  log.take({ ...entry("new", 2, "missed"), note: true });
  expect(log.entries.value?.[0]).toMatchObject({ call: "new", note: true });
  expect(log.unseen.value).toBe(0);
});

test("a link is of use until it is revoked, expired or used up", () => {
  const link: CallLink = {
    ...{ link: "l", kind: "voice" as const, terms: {}, createdMs: 0, uses: 1, sequence: 0 },
    title: "",
    description: "",
  };
  expect(usable(link, 100)).toBe(true);
  expect(usable({ ...link, endsMs: 101, terms: { maxUses: 2 } }, 100)).toBe(true);
  expect(usable({ ...link, endsMs: 100 }, 100)).toBe(false);
  expect(usable({ ...link, revokedMs: 5 }, 100)).toBe(false);
  expect(usable({ ...link, terms: { maxUses: 1 } }, 100)).toBe(false);
});

test("a title by which a link would pass for the service's own is not even encrypted", async () => {
  const asked: string[] = [];
  const link: CallLink = {
    ...{ link: "l", kind: "voice" as const, terms: {}, createdMs: 0, uses: 0, sequence: 0 },
    title: "Support", // so called by an integrator
    description: "",
  };
  const links = {
    create: async ({ title = "" }) => {
      asked.push(`create ${title}`);
      return link;
    },
    change: async (_: CallLink, { title = "" }) => {
      asked.push(`change ${title}`);
      return link;
    },
  };
  const list = new LinkList({ links } as unknown as Pronto);
  expect(await list.create({ kind: "voice", title: "Ｐｒｏｎｔｏ" })).toBeUndefined();
  await list.change(link, { title: "Admin" });
  expect(asked).toEqual([]);
  expect(toasts.value.map(({ text }) => text)).toEqual(
    Array(2).fill(expect.stringMatching(/the service itself/)),
  );
  await list.create({ kind: "voice", title: "Tea" });
  await list.change(link, { title: "Support" });
  expect(asked).toEqual(["create Tea", "change Support"]);
});

test("only the page of a link opens a link", () => {
  expect(linkOf("/j/abc_-9")).toBe("abc_-9");
  expect(linkOf("/j/abc/")).toBe("abc");
  for (const path of ["/", "/j/", "/j/a/b", "/j/a%2e", `/j/${"a".repeat(65)}`])
    expect(linkOf(path)).toBeUndefined();
});

describe("what the page says it shows", () => {
  const camera = (participant: string, height: number) => ({
    participant,
    source: "camera" as const,
    height,
  });
  test("is screens first, then the larger pictures, in a fixed order", () => {
    const items = [
      camera("b", 100),
      camera("a", 100),
      camera("c", 300),
      { ...camera("d", 50), source: "screen" as const },
    ];
    expect(byImportance(items).map((item) => item.participant)).toEqual(["d", "c", "a", "b"]);
  });
  test("is still there when the picture has moved to another place, whichever is told first", async () => {
    let told: readonly { participant: string; height: number }[] = [];
    const views = new ViewList((items) => {
      told = items;
    });
    const [before, after] = [{}, {}];
    views.show(before, camera("a", 600));
    views.show(after, camera("a", 300));
    views.hide(before);
    await Promise.resolve();
    expect(told).toEqual([camera("a", 300)]);
  });
  test("is told once for many changes, and not after the end", async () => {
    const told: string[][] = [];
    const views = new ViewList((items) =>
      told.push(items.map(({ participant, height }) => `${participant} ${height}`)),
    );
    const [one, two] = [{}, {}];
    views.show(one, camera("a", 99.6));
    views.show(two, camera("b", 200));
    views.hide({});
    await Promise.resolve();
    expect(told).toEqual([["b 200", "a 100"]]);
    views.show(two, camera("b", 0));
    await Promise.resolve();
    expect(told[1]).toEqual(["a 100"]);
    views.show(two, camera("c", 10));
    views.close();
    await Promise.resolve();
    expect(told).toHaveLength(2);
  });
});
