// What keys cost: make bench-keys. Prints one line of JSON for each browser and size of a group, and for each size one
// of how long a call takes to follow a newcomer, with clients in Go, and of how long a newcomer with a browser waits for
// the first frame that he can open.

import { leave, openChromium, openFirefox, signIn, startServer } from "./harness.mjs";
import { keyCosts, newcomerOpens } from "./keycost.mjs";

const server = await startServer();
const browsers = { Chromium: await openChromium(), Firefox: await openFirefox() };
const sizes = [2, 8, 32, 100];
for (const [browser, opened] of Object.entries(browsers)) {
  for (const cost of await keyCosts(opened, sizes)) console.log(JSON.stringify({ browser, ...cost }));
}
const ana = await signIn(browsers.Chromium, server.url, "ana");
const seconds = process.env.SECONDS ?? "30";
for (const members of sizes.slice(0, -1)) {
  const link = await server.newLink({ title: "Keys" });
  const { done } = server.run(
    ...["load", "--url", server.url, "--scenario", "keys", "--members", String(members), "--link", link],
    ...["--every", "1500ms", "--settle", "3s", "--duration", `${seconds}s`],
  );
  console.log((await done).trim());
}
await leave(ana);
for (const [browser, opened] of Object.entries(browsers)) {
  const newcomer = await signIn(opened, server.url, "bia");
  for (const members of sizes.slice(1, -1)) {
    const firstOpenedMs = await newcomerOpens(server, newcomer, members, 7);
    console.log(JSON.stringify({ browser, members, firstOpenedMs }));
  }
  await leave(newcomer);
}
for (const browser of Object.values(browsers)) await browser.close();
await server.stop();
