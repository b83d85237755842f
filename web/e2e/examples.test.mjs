// The examples for integrators, each tried as somebody would who has copied it.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leave, openChromium, signIn, startServer } from "./harness.mjs";
import { startSite } from "./site.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(web, "..");
const examples = join(web, "embed/examples");
const pages = {};
let site;
let server;
let browser;
const running = [];

beforeAll(async () => {
  site = await startSite(pages);
  server = await startServer({ PRONTO_ORIGINS: site.origin, PRONTO_GRACE: "1s" });
  browser = await openChromium();
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await browser?.close();
  await server?.stop();
  await site?.stop();
});

/** runs starts a program that says which port it listens on, and returns its address and what it prints. */
async function runs(command, args, env) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const lines = [];
  const port = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.startsWith("listening ")) resolve(line.split(" ")[1]);
    });
  });
  return { url: `http://127.0.0.1:${port}`, lines };
}

test("the page with a button calls", async () => {
  const ana = await signIn(browser, server.url, "ana");
  const link = await ana.page.evaluate(
    async () => (await window.pronto.createLink({ kind: "voice", title: "Bakery" })).link,
  );
  pages["/"] = readFileSync(join(examples, "click-to-call.html"), "utf8")
    .replaceAll("https://calls.example.com", server.url)
    .replace("LINK", link);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.origin}/`);
  await page.getByRole("button", { name: "Call the bakery" }).click();
  await page.frameLocator("iframe").getByTestId("start").waitFor();
  await context.close();
  await leave(ana);
});

test("the receiver takes what is signed and nothing else", async () => {
  const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  const receiver = await runs(process.execPath, [join(examples, "webhook-receiver.mjs")], {
    WEBHOOK_SECRET: secret,
  });
  const body = JSON.stringify({ type: "call.ended", timestamp: "2026-01-01T00:00:00Z", data: {} });
  const send = (signature) =>
    fetch(receiver.url, {
      method: "POST",
      body,
      headers: {
        "webhook-id": "evt_1",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "webhook-signature": signature,
      },
    }).then(({ status }) => status);
  const signature = new Webhook(secret).sign("evt_1", new Date(), body);
  expect(await send("v1,AAAA")).toBe(400);
  expect(await send(signature)).toBe(204);
  expect(await send(signature)).toBe(204); // at least once: again, and not taken twice
  expect(receiver.lines.slice(1)).toEqual(["call.ended evt_1"]);
});
