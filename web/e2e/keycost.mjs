// What a change of keys costs a browser, and how many bytes of it go through the server: measured with the SDK's own
// MLS in a real browser.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { esbuildMLS } from "../mls-library.mjs";

const origin = "http://localhost:8999"; // secure, as WebCrypto wants it; nothing is fetched from there

/** script is what runs in the page: the SDK's MLS, and the measurement. */
async function script() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { identify } from "./e2ee/identity.ts";
        import { MemoryKeys } from "./e2ee/keystore.ts";
        import { MLS } from "./e2ee/mls.ts";
        globalThis.device = async (name) =>
          new MLS(await identify(new MemoryKeys(), name, name + "'s phone", []), async () => true);`,
      resolveDir: fileURLToPath(new URL("../sdk/src", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    logLevel: "error",
    plugins: [esbuildMLS],
  });
  return outputFiles[0].text;
}

/**
 * keyCosts measures one more member's coming to groups that have so many then. Of each, milliseconds are the median:
 * addMs of who adds him, followMs of another member, joinMs of himself by a Welcome, ownMs by his own commit, and
 * followOwnMs of the others then. bytes are those that go through the server, as base64url; of which the commit,
 * Welcome and GroupInfo are named.
 */
export async function keyCosts(browser, sizes, rounds = 7) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(`${origin}/**`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>keys</title>" }),
  );
  await page.goto(`${origin}/`);
  await page.evaluate(await script());
  const costs = await page.evaluate(measure, [sizes, rounds]);
  await context.close();
  return costs;
}

async function measure([sizes, rounds]) {
  const id = new TextEncoder().encode("call/1");
  const times = async (work) => {
    const all = [];
    let result;
    for (let i = 0; i < rounds; i++) {
      const began = performance.now();
      result = await work();
      all.push(performance.now() - began);
    }
    all.sort((a, b) => a - b);
    return [Math.round(10 * all[Math.floor(all.length / 2)]) / 10, result];
  };
  const founder = await device("founder");
  let group = await founder.found(id); // of who adds
  let follower; // of another member, once there is one
  let members = 1;
  const costs = [];
  for (const size of sizes) {
    while (members < size - 1) {
      const one = await device(`member ${members}`);
      const mine = await one.keyPackage();
      const { commit, welcome, groupInfo, next } = await group.commit({ add: [mine.message], remove: [] });
      follower =
        follower === undefined ? await one.enter(welcome, groupInfo, mine) : await follower.process(commit);
      group = next;
      members++;
    }
    const one = await device("newcomer");
    const mine = await one.keyPackage();
    const [addMs, added] = await times(() => group.commit({ add: [mine.message], remove: [] }));
    const [followMs] = follower === undefined ? [0] : await times(() => follower.process(added.commit));
    const [joinMs] = await times(() => one.enter(added.welcome, added.groupInfo, mine));
    const groupInfo = await group.groupInfo();
    const [ownMs, own] = await times(() => one.enterByOwnCommit(groupInfo));
    const [followOwnMs] = await times(() => (follower ?? group).process(own.commit));
    const sent = ({ length }) => Math.ceil((4 * length) / 3); // as base64url
    const bytes = {
      // Up: his key package, the commit, the Welcome and the GroupInfo. Down: the key package to who adds him, the commit
      // to all others, the Welcome and the GroupInfo to him.
      bytesUp: sent(mine.message) + sent(added.commit) + sent(added.welcome) + sent(added.groupInfo),
      bytesDown:
        sent(mine.message) + (size - 2) * sent(added.commit) + sent(added.welcome) + sent(added.groupInfo),
      commitBytes: added.commit.length,
      welcomeBytes: added.welcome.length,
      groupInfoBytes: added.groupInfo.length,
    };
    costs.push({ members: size, addMs, followMs, joinMs, ownMs, followOwnMs, ...bytes });
  }
  return costs;
}

/**
 * newcomerOpens has somebody with a real browser come into a call of so many, who are clients in Go but for him, and
 * leave it again, a few times. It returns how long each time took from the click to the first frame that his worker
 * opened, in milliseconds, as his page tells the server: the first time he has nothing of what encrypts loaded.
 */
export async function newcomerOpens(server, { page }, members, times) {
  const link = await server.newLink({ title: "Newcomer" });
  const bots = server.run(
    ...["load", "--url", server.url, "--scenario", "keys", "--link", link],
    ...["--members", String(members), "--settle", "1h"], // the last of them never comes
  );
  try {
    await gathered(server, members - 1);
    await page.evaluate(() => {
      const begun = window.opened !== undefined;
      window.opened = [];
      if (begun) return;
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (text) {
        const { type, body } = JSON.parse(text);
        if (type === "firstOpened") window.opened.push(body.afterMs);
        return send.call(this, text);
      };
    });
    for (let time = 1; time <= times; time++) {
      await page.evaluate(async (id) => {
        window.call = await window.pronto.joinLink(id);
      }, link);
      await page.waitForFunction((n) => window.opened.length === n, time, { timeout: 60_000 });
      await page.evaluate(() => window.call.leave());
      await page.waitForTimeout(2_000); // so that he has been removed from the group
    }
    return await page.evaluate(() => window.opened);
  } finally {
    bots.stop();
    await bots.done.catch(() => undefined);
  }
}

/** gathered waits until so many are in encrypted calls, and have had the time to give each other keys. */
async function gathered(server, members) {
  const wanted = `pronto_e2ee_participants{state="on"} ${members}`;
  for (const end = Date.now() + 120_000; ; ) {
    const lines = (await (await fetch(server.metrics)).text()).split("\n");
    if (lines.includes(wanted)) break;
    if (Date.now() > end) throw new Error(`waited 120 s for ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}
