import { expect, test, vi } from "vitest";
import { client } from "../src/later.ts";
import type { CallLink } from "../src/links.ts";
import { Links } from "../src/links.ts";
import { openDetails } from "../src/linksecret.ts";
import { LinkStore } from "../src/linkstore.ts";
import type { Signalling } from "../src/signalling.ts";
import type { ChangeLink, CreateLink, Link, LinkDoor } from "../src/wire.gen.ts";

const base = "https://calls.example.com";

/** office keeps links as a server does; browser makes what one browser has of them. */
function office() {
  const kept = new Map<string, Link>();
  const asked: unknown[] = [];
  const answer = async (type: string, body: unknown): Promise<unknown> => {
    asked.push([type, body]);
    if (type === "createLink") {
      const { kind, terms, unencrypted, hostLink } = body as CreateLink;
      const link: Link = {
        link: `l${kept.size + 1}`,
        kind,
        terms,
        createdMs: 1,
        uses: 0,
        sequence: 0,
        ...(unencrypted ? { unencrypted } : {}),
      };
      kept.set(link.link, link);
      return hostLink ? { ...link, hostLink: "h1" } : link;
    }
    if (type === "getLinks") return { links: [...kept.values()] };
    if (type === "bookSlot") return { link: "b1", fromMs: 1, toMs: 2 };
    const { link } = body as { link: string };
    const known = kept.get(link) as Link;
    if (type === "changeLink") {
      const { terms, ifSequence } = body as ChangeLink;
      if (ifSequence !== known.sequence) throw new Error("conflict");
      kept.set(link, { ...known, terms, sequence: known.sequence + 1 });
    }
    if (type === "revokeLink") kept.set(link, { ...known, revokedMs: 2 });
    if (type === "newHostLink") return { ...known, hostLink: "h2" };
    if (type === "lookAtLink") {
      const { title, sealed } = known.terms;
      return {
        kind: known.kind,
        ...(title === undefined ? {} : { title }),
        ...(sealed === undefined ? {} : { sealed }),
      } satisfies LinkDoor;
    }
    return kept.get(link);
  };
  const signalling = { request: vi.fn(answer) } as unknown as Signalling;
  const browser = () => {
    const items = new Map<string, string>();
    const store = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    };
    return new Links(signalling, new LinkStore(store), base, client);
  };
  return { browser, asked, kept };
}

test("what a link is about and the key for it are in no request", async () => {
  const { browser, asked } = office();
  const made = await browser().create({
    kind: "video",
    title: "Dinner at Bia's",
    description: "bring wine",
    lobby: "guests",
    maxUses: 3,
    expiresInSeconds: 60,
  });
  expect(made).toMatchObject({ title: "Dinner at Bia's", description: "bring wine", link: "l1" });
  expect(made.secret).toMatch(/^[\w-]{22}$/);
  expect(made.address).toBe(`${base}/j/l1#k=${made.secret}`);
  const sent = JSON.stringify(asked);
  for (const word of ["Dinner", "wine", `${made.secret}`]) expect(sent).not.toContain(word);
  expect(asked).toEqual([
    [
      "createLink",
      {
        kind: "video",
        expiresInSeconds: 60,
        terms: { lobby: "guests", maxUses: 3, sealed: made.terms.sealed },
      },
    ],
  ]);
  expect(await openDetails(`${made.secret}`, `${made.terms.sealed}`)).toEqual({
    title: "Dinner at Bia's",
    description: "bring wine",
  });
});

test("every link has a secret of its own", async () => {
  const links = office().browser();
  const made = [await links.create({ kind: "voice" }), await links.create({ kind: "voice" })];
  expect(new Set(made.map(({ secret }) => secret)).size).toBe(2);
});

test("a link without encryption has no secret, and its title is the server's to read", async () => {
  const { browser, asked } = office();
  const made = await browser().create({ kind: "voice", title: "Tea", unencrypted: true });
  expect(made.address).toBe(`${base}/j/l1`);
  expect(made.secret).toBeUndefined();
  expect(asked).toEqual([["createLink", { kind: "voice", unencrypted: true, terms: { title: "Tea" } }]]);
});

test("another browser of the account lists the link without its address, and hands out no half of one", async () => {
  const { browser } = office();
  const [here, elsewhere] = [browser(), browser()];
  const made = await here.create({ kind: "voice", title: "Tea", hostLink: true });
  expect(made.hostAddress).toBe(`${base}/j/h1#k=${made.secret}`);
  expect((await here.list())[0]).toMatchObject({ title: "Tea", address: made.address });
  const [seen] = await elsewhere.list();
  expect(seen).toMatchObject({ link: "l1", title: "", description: "" });
  expect(seen).not.toHaveProperty("address");
  expect(await elsewhere.newHost("l1")).not.toHaveProperty("hostAddress");
  expect((await here.newHost("l1")).hostAddress).toBe(`${base}/j/h2#k=${made.secret}`);
});

test("a change keeps what it does not name, and seals what it does", async () => {
  const { browser, asked } = office();
  const links = browser();
  const made = await links.create({ kind: "voice", title: "Tea", description: "green", maxUses: 3 });
  const fewer = await links.change(made, { maxUses: 1, joinMuted: true });
  expect(fewer).toMatchObject({ title: "Tea", description: "green", sequence: 1 });
  expect(fewer.terms).toEqual({ ...made.terms, maxUses: 1, joinMuted: true }); // sealed as it was, byte for byte
  const named = await links.change(fewer, { title: "Coffee" });
  expect(named).toMatchObject({ title: "Coffee", description: "green", address: made.address });
  expect(named.terms.sealed).not.toBe(made.terms.sealed);
  expect(JSON.stringify(asked)).not.toMatch(/Tea|Coffee|green/);
  await expect(links.change(made, { maxUses: 2 })).rejects.toThrow("conflict"); // it was changed meanwhile
});

test("a change in a browser without the secret loses nothing", async () => {
  const { browser } = office();
  const [here, elsewhere] = [browser(), browser()];
  await here.create({ kind: "voice", title: "Tea" });
  const [seen] = await elsewhere.list();
  await elsewhere.change(seen as CallLink, { lobby: "everyone" });
  expect((await here.list())[0]).toMatchObject({ title: "Tea", terms: { lobby: "everyone" } });
});

test("who has the secret reads at the door what the call is about, and nobody else", async () => {
  const { browser } = office();
  const made = await browser().create({ kind: "voice", title: "Tea", description: "green" });
  const guest = browser();
  expect(await guest.lookAt("l1", made.secret)).toMatchObject({ title: "Tea", description: "green" });
  expect(await guest.lookAt("l1")).toMatchObject({ title: "", description: "" });
  expect(await guest.lookAt("l1", "A".repeat(22))).toMatchObject({ title: "", description: "" });
});

test("revoking says whether the call goes on", async () => {
  const { browser, asked } = office();
  const links = browser();
  await links.create({ kind: "voice", unencrypted: true });
  expect((await links.revoke("l1")).revokedMs).toBe(2);
  await links.revoke("l1", { keepCall: true });
  expect(asked.slice(1)).toEqual([
    ["revokeLink", { link: "l1" }],
    ["revokeLink", { link: "l1", keepCall: true }],
  ]);
});

test("a booked talk has the secret of the link that it was booked by, at both", async () => {
  const { browser, kept } = office();
  const [host, visitor, other] = [browser(), browser(), browser()];
  const offer = await host.create({ kind: "video", title: "Advice" });
  kept.set("b1", { ...(kept.get("l1") as Link), link: "b1", bookedFrom: "l1" });
  const { sealed = "" } = offer.terms;
  const reminder = { link: "b1", kind: "video", sealed, fromMs: 1, toMs: 2 } as const;
  const address = `${base}/j/b1#k=${offer.secret}`;

  const talk = (await host.list()).find(({ link }) => link === "b1");
  expect(talk).toMatchObject({ title: "Advice", address, secret: offer.secret });
  expect(await host.remind({ ...reminder, host: true, bookedFrom: "l1" })).toMatchObject({
    title: "Advice",
    address,
  });
  expect(await host.remind(reminder), "it was kept").toMatchObject({ address });

  await visitor.book("l1", 1, offer.secret);
  expect(await visitor.remind(reminder)).toMatchObject({ title: "Advice", address });
  expect(await other.remind({ ...reminder, bookedFrom: "l1" })).toEqual({
    ...reminder,
    ...{ bookedFrom: "l1", title: "", description: "" },
  });
});
