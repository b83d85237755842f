// The examples for integrators, each tried as somebody would who has copied it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accept, leave, openChromium, signIn, startServer, waitFor, waitIncoming } from "./harness.mjs";
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
  server = await startServer({
    PRONTO_ORIGINS: site.origin,
    PRONTO_GRACE: "1s",
    PRONTO_WEBHOOKS_PRIVATE: "true",
  });
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
  const link = await server.newLink({ kind: "voice", title: "Bakery" });
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
  const { credentials } = server.newKey();
  const rest = async (method, path, body) => {
    const answer = await fetch(`${server.url}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${credentials}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.ok).toBe(true);
    return answer.json();
  };
  const types = ["link.created"];
  const { id, secret } = await rest("POST", "webhooks", { url: "https://shop.example/hook", types });
  const receiver = await runs(process.execPath, [join(examples, "webhook-receiver.mjs")], {
    WEBHOOK_SECRET: secret,
  });

  // What the server sends is verified by the public library.
  await rest("PATCH", `webhooks/${id}`, { url: `${receiver.url}/` });
  await rest("PUT", "users/ana", { name: "Ana" });
  await server.newLink();
  await expect.poll(() => receiver.lines.length, { timeout: 20_000 }).toBe(2);
  expect(receiver.lines[1]).toMatch(/^link\.created \S+$/);

  // What somebody else sends is not, unless he has the secret.
  const body = JSON.stringify({ type: "call.ended", timestamp: "2026-01-01T00:00:00Z", data: {} });
  const now = new Date();
  const send = (signature) =>
    fetch(receiver.url, {
      method: "POST",
      body,
      headers: {
        "webhook-id": "evt_1",
        "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
        "webhook-signature": signature,
      },
    }).then(({ status }) => status);
  const signature = new Webhook(secret).sign("evt_1", now, body);
  expect(await send("v1,AAAA")).toBe(400);
  expect(await send(signature)).toBe(204);
  expect(await send(signature)).toBe(204); // at least once: again, and not taken twice
  expect(receiver.lines.slice(2)).toEqual(["call.ended evt_1"]);
});

test("the React page rings with the token of the Go back end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pronto-example-"));
  try {
    const program = join(folder, "go-tokens");
    execFileSync("go", ["build", "-o", program, "./web/embed/examples/go-tokens"], { cwd: root });
    const { credentials } = server.newKey("--scope", "tokens:write");
    const shop = await runs(program, [], { PRONTO_API_KEY: credentials });
    pages["/my-token"] = async (_, response) =>
      response.end(await (await fetch(`${shop.url}/my-token`)).text());
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { StrictMode } from "react";
          import { createRoot } from "react-dom/client";
          import { CallButton } from "./react-call.jsx";
          createRoot(document.body).render(
            <StrictMode><CallButton user="bia" name="Bia" url=${JSON.stringify(server.url)} /></StrictMode>);`,
        loader: "jsx",
        resolveDir: examples,
      },
      bundle: true,
      format: "esm",
      jsx: "automatic",
      tsconfigRaw: {}, // not ours, whose JSX is not React
      write: false,
      external: ["http://*"],
      alias: { "pronto-sdk": `${server.url}/sdk/pronto.js` },
      nodePaths: [join(web, "node_modules")],
      define: { "process.env.NODE_ENV": '"development"' },
    });
    pages["/react.js"] = outputFiles[0].text;
    pages["/react"] =
      '<!doctype html><link rel="icon" href="data:,"><title>Shop</title><body><script type="module" src="/react.js"></script>';
    const bia = await signIn(browser, server.url, "bia");
    const context = await browser.newContext();
    const page = await context.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(`${site.origin}/react`);
    await page.getByRole("button", { name: "Call Bia" }).click();
    await waitIncoming(bia);
    await accept(bia);
    await page.getByRole("button", { name: "Hang up (active)" }).click();
    await waitFor(bia, "the end of the call", () => window.pronto.calls.length === 0);
    await page.getByRole("button", { name: "Call Bia" }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
    await leave(bia);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the script asks the HTTP API", () => {
  const { credentials } = server.newKey();
  const script = (env) =>
    execFileSync("sh", [join(examples, "api.sh")], {
      env: { ...process.env, PRONTO_URL: server.url, PRONTO_API_KEY: credentials, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    })
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const [token, link, calls, revoked] = script();
  expect(token.token.split(".")).toHaveLength(3);
  expect(link).toMatchObject({ owner: "ana", kind: "voice", uses: 0 });
  expect(link.url).toBe(`${server.url}/j/${link.id}`);
  expect(Array.isArray(calls.items)).toBe(true);
  expect(revoked.id).toBe(link.id);
  expect(Date.parse(revoked.revokedAt)).toBeGreaterThan(0);
  expect(() => script({ PRONTO_API_KEY: "ck_a.cs_wrong" })).toThrow(/401/);
});
