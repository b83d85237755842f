import { test } from "vitest";
import { accept, leave, openChromium, openFirefox, ring, signIn, startServer, waitFor } from "./harness.mjs";
test("debug", async () => {
  const server = await startServer({ PRONTO_ENCRYPTION: "required" });
  const chromium = await openChromium();
  const ana = await signIn(chromium, server.url, "ana");
  const firefox = await openFirefox(); const bia = await signIn(firefox, server.url, "bia");
  for (const p of [ana, bia]) await p.page.evaluate(() => {
    const W = window.Worker; 
  });
  await ring(ana, ["bia", "carlo"]);
  await accept(bia);
  for (let i = 0; i < 3; i++) {
    await new Promise((r) => setTimeout(r, 1000));
    for (const p of [ana, bia]) console.log(p.user, JSON.stringify(await p.page.evaluate(async () => ({ e: window.call.encryption, f: (await window.call.frames()).filter((x) => x.frames > 0 || x.participant), topo: window.call.topology }))));
  }
  for (const p of [ana, bia]) await leave(p);
  await firefox.close(); await chromium.close();
  await server.stop();
}, 60000);
