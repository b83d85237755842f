import { beforeEach, describe, expect, test, vi } from "vitest";
import { countMissed, english, readMemo, setMissed, writeMemo } from "../worker/memo.ts";
import { clock, knockOf, messageOf, noteOf, talkPage } from "../worker/note.ts";

/** FakeCaches is a CacheStorage in memory. */
class FakeCaches {
  readonly all = new Map<string, Map<string, Response>>();

  async open(name: string) {
    const cache = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, cache);
    const key = (request: string | Request): string =>
      typeof request === "string" ? request : new URL(request.url).pathname;
    return {
      put: async (path: string, response: Response) => void cache.set(path, response),
      match: async (request: string | Request) => cache.get(key(request))?.clone(),
      addAll: async (requests: readonly Request[]) => {
        for (const request of requests) cache.set(key(request), new Response(`kept ${key(request)}`));
      },
    };
  }
  async keys() {
    return [...this.all.keys()];
  }
  async delete(name: string) {
    return this.all.delete(name);
  }
}

describe("a push", () => {
  const ring = { v: 1, type: "incoming", call: "c1", kind: "video", exp: 1 };

  test.each([
    ["nothing", undefined],
    ["no JSON", "{"],
    ["null", "null"],
    ["another version", JSON.stringify({ ...ring, v: 2 })],
    ["another type", JSON.stringify({ ...ring, type: "advert" })],
    ["no call", JSON.stringify({ ...ring, call: "" })],
    ["a call that is no text", JSON.stringify({ ...ring, call: {} })],
    ["a call without end", JSON.stringify({ ...ring, call: "c".repeat(65) })],
  ])("that is %s is none of ours", (_, text) => expect(messageOf(text)).toBeUndefined());

  test("takes the place of the one before about the same call, and rings only while it rings", () => {
    const message = messageOf(JSON.stringify(ring));
    if (message === undefined) throw new Error("not read");
    const notes = (["incoming", "missed", "cancel"] as const).map((type) =>
      noteOf({ ...message, type }, english),
    );
    expect(new Set(notes.map(({ options }) => options.tag)).size).toBe(1);
    expect(notes.map(({ title }) => title)).toEqual([
      "Incoming video call",
      "Missed video call",
      "The call is over",
    ]);
    expect(notes.map(({ options }) => options.requireInteraction ?? false)).toEqual([true, false, false]);
    expect(notes.map(({ options }) => options.silent ?? false)).toEqual([false, false, true]);
    expect(noteOf({ ...message, kind: "voice" }, english).title).toBe("Incoming voice call");
  });
});

describe("the push of a booked talk", () => {
  const at = new Date(2026, 0, 5, 15, 0).getTime();
  const talk = { v: 1, type: "reminder", call: "l1", kind: "video", exp: at + 1, at, host: true };

  test("says when it begins, in the page's language, and names nobody", () => {
    const message = messageOf(JSON.stringify({ ...talk, title: "Ana's divorce" }));
    if (message === undefined) throw new Error("not read");
    expect(message).toEqual({ type: "reminder", call: "l1", kind: "video", at, host: true });
    const note = noteOf(message, english);
    expect(note.title).toMatch(/^A booked talk begins at .*0?3:00/);
    expect(note.options).toMatchObject({
      tag: "pronto-call-l1",
      body: "Open Pronto to join.",
      requireInteraction: true,
    });
    const texts = { ...english.texts, soon: "Un colloquio prenotato inizia: {time}" };
    expect(noteOf(message, { ...english, texts, language: "it" }).title).toMatch(/^Un colloquio.* 15:00$/);
    expect(messageOf(JSON.stringify({ ...talk, at: undefined }))).toBeUndefined();
  });

  test("of another day says the day", () => {
    expect(clock(at, "en-GB", at - 60_000)).toBe("15:00");
    expect(clock(at, "en-GB", at - 86_400_000)).toMatch(/^Mon,? 5 Jan.* 15:00$/);
  });

  test("leads to our link, where its key is, or to the talk", () => {
    expect(talkPage({ call: "l1", host: true }, "/?as=ana")).toBe("/?as=ana#links/l1");
    expect(talkPage({ call: "l1", host: false }, "/?as=ana")).toBe("/j/l1");
  });
});

describe("what the page leaves for its worker", () => {
  let caches: CacheStorage;
  beforeEach(() => {
    caches = new FakeCaches() as unknown as CacheStorage;
  });

  test("is read again; a text that is missing is English", async () => {
    expect(await readMemo(caches)).toEqual(english);
    const { over, ...texts } = { ...english.texts, voice: "Chiamata in arrivo" };
    await writeMemo(caches, { home: "/?as=bia", language: "it", texts } as never);
    const memo = await readMemo(caches);
    expect(memo).toMatchObject({ home: "/?as=bia", language: "it" });
    expect(memo.texts.voice).toBe("Chiamata in arrivo");
    expect(memo.texts.over).toBe(over);
  });

  test("counts what was missed until somebody looks", async () => {
    expect(await countMissed(caches)).toBe(1);
    expect(await countMissed(caches)).toBe(2);
    await setMissed(caches, 0);
    expect(await countMissed(caches)).toBe(1);
  });
});

describe("the page that is kept", () => {
  const caches = new FakeCaches();
  let answer: (path: string, mode?: string, method?: string) => Promise<Response> | undefined;

  beforeEach(async () => {
    vi.stubGlobal("builtFiles", ["/", "/assets/demo-AB.js"]);
    vi.stubGlobal("builtVersion", "two");
    vi.stubGlobal("location", new URL("https://calls.example/"));
    vi.stubGlobal(
      "Request",
      class {
        readonly url: string;
        constructor(path: string) {
          this.url = new URL(path, "https://calls.example/").href;
        }
      },
    );
    const shell = await import("../worker/shell.ts");
    const storage = caches as unknown as CacheStorage;
    await caches.open("pronto-shell-one");
    await caches.open("pronto-memo");
    await shell.keep(storage);
    await shell.tidy(storage);
    answer = (path, mode = "navigate", method = "GET") =>
      shell.answer(storage, { url: new URL(path, "https://calls.example/").href, mode, method } as Request);
  });

  test("throws away what was before it, and nothing else", async () => {
    expect(await caches.keys()).toEqual(["pronto-memo", "pronto-shell-two"]);
  });

  test("is the server's while that answers, and its own when it does not", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => new Response("new")),
    );
    expect(await (await answer("/"))?.text()).toBe("new");
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => {
        throw new TypeError("offline");
      }),
    );
    expect(await (await answer("/"))?.text()).toBe("kept /");
    expect(await (await answer("/j/abc#k=secret"))?.text(), "a link's page").toBe("kept /");
    expect(await (await answer("/assets/demo-AB.js", "no-cors"))?.text()).toBe("kept /assets/demo-AB.js");
  });

  test.each([
    ["the API", "/v1/sign-in", "cors", "GET"],
    ["what is embedded", "/embed/abc", "navigate", "GET"],
    ["the operators' page", "/ops/", "navigate", "GET"],
    ["what is sent", "/", "navigate", "POST"],
    ["other servers", "https://other.example/", "navigate", "GET"],
    ["files of another version", "/assets/demo-OLD.js", "no-cors", "GET"],
  ])("leaves %s alone", (_, path, mode, method) => expect(answer(path, mode, method)).toBeUndefined());
});

test("who knocks is told once for each call, apart from its ring", () => {
  const note = knockOf("c1", "1 person wants in", "en");
  expect(note.options).toMatchObject({ tag: "pronto-knock-c1", data: { type: "knock", call: "c1" } });
  expect(note.options.tag).not.toBe(knockOf("c2", "", "en").options.tag);
  const ring = noteOf({ type: "incoming", call: "c1", kind: "video" }, english);
  expect(note.options.tag).not.toBe(ring.options.tag);
});
