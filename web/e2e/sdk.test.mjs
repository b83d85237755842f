// The SDK as those who build with it get it: its size, its package, its README's examples, in a real browser.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  accept,
  leave,
  leaveNote,
  openChromium,
  signIn,
  startServer,
  takeNotes,
  waitFor,
  waitIncoming,
} from "./harness.mjs";
import { startSite } from "./site.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const examples = readExamples(readFileSync(join(web, "sdk/README.md"), "utf8"));
const pages = {};
const faults = [];
let folder; // an integrator's project, with the package installed
let server;
let site;
let browser;
const people = [];
const open = [];

/** readExamples are the README's blocks of JavaScript, by the heading they stand under. */
function readExamples(text) {
  const found = new Map();
  for (const section of text.split(/^### /m).slice(1)) {
    const block = /```js\n([\s\S]*?)```/.exec(section);
    if (block !== null) found.set(section.slice(0, section.indexOf("\n")), block[1]);
  }
  return found;
}

beforeAll(async () => {
  site = await startSite(pages);
  server = await startServer({ PRONTO_ORIGINS: site.origin, PRONTO_GRACE: "1s" });
  browser = await openChromium();
  folder = mkdtempSync(join(tmpdir(), "pronto-integrator-"));
  const tarball = join(folder, "pronto-sdk.tgz");
  const answer = await fetch(`${server.url}/sdk/pronto-sdk.tgz`);
  expect(answer.headers.get("content-type")).toBe("application/gzip");
  writeFileSync(tarball, Buffer.from(await answer.arrayBuffer()));
  writeFileSync(
    join(folder, "package.json"),
    '{"name":"shop","version":"1.0.0","private":true,"type":"module"}',
  );
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", "./pronto-sdk.tgz"], {
    cwd: folder,
  });
  for (const name of ["react", "react-dom", "scheduler", "@types"])
    symlinkSync(join(web, "node_modules", name), join(folder, "node_modules", name));
});
beforeAll(() => {
  pages["/my-token"] = (_, response) => token("ana", response);
});
afterEach(async () => {
  for (const person of people.splice(0)) await leave(person);
  for (const context of open.splice(0)) await context.close();
  expect(faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await site?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** token answers with the token of a demo user. */
async function token(user, response) {
  const answer = await fetch(`${server.url}/v1/demo/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user }),
  });
  response.writeHead(200, { "content-type": "application/json" }).end(await answer.text());
}

/** example is one of the README, with this server in the place of calls.example.com. */
function example(heading) {
  const text = examples.get(heading);
  expect(text, `the README has an example "${heading}"`).toBeDefined();
  const { host } = new URL(server.url);
  return text
    .replaceAll("wss://calls.example.com", `ws://${host}`)
    .replaceAll("https://calls.example.com", server.url);
}

/** bundled is a module with all it imports, as an integrator's bundler makes it. The worker comes from the server. */
async function bundled(text) {
  const { outputFiles } = await build({
    stdin: { contents: text, resolveDir: folder, loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"development"' },
    external: [`${server.url}/*`],
    logLevel: "silent",
  });
  return outputFiles[0].text;
}

/** runs opens a page of the site with a script in it. */
async function runs(text, { kind = "module", map = true } = {}) {
  pages["/script.js"] = text;
  const imports = map
    ? `<script type="importmap">${JSON.stringify({
        imports: {
          "pronto-sdk": `${server.url}/sdk/pronto.js`,
          "pronto-sdk/fake": `${server.url}/sdk/pronto-fake.js`,
          "pronto-sdk/share": `${server.url}/sdk/pronto-share.js`,
        },
      })}</script>`
    : "";
  pages["/"] =
    `<!doctype html><title>Shop</title>${imports}<body><script type="${kind}" src="/script.js"></script>`;
  const context = await browser.newContext();
  open.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(`${site.origin}/`);
  return page;
}

async function bia(options = {}) {
  const person = await signIn(browser, server.url, "bia", "", options);
  people.push(person);
  return person;
}

const title = (page) => expect.poll(() => page.title(), { timeout: 30_000 });

describe("what is served", () => {
  // Every call needs the client and what watches it; the worker with its keys has a bound of its own, in build.mjs.
  test.each([
    [["sdk/pronto.js", "sdk/pronto-judging.js"], 30_000],
    [["sdk/pronto.global.js", "sdk/pronto-judging.js"], 30_000],
    [["sdk/pronto-fake.js"], 5_000],
    [["sdk/pronto-groups.js"], 2_000],
    [["sdk/pronto-links.js"], 3_000],
    [["sdk/pronto-push.js"], 2_000],
    [["sdk/pronto-share.js"], 8_000],
    [["widget.js"], 12_000],
    [["embed/pronto-embed.js"], 12_000],
    [["embed/pronto-embed.element.js"], 12_000],
  ])("%j: at most %i bytes, compressed", async (paths, most) => {
    let bytes = 0;
    for (const path of paths) {
      const answer = await fetch(`${server.url}/${path}`, { headers: { "accept-encoding": "identity" } });
      expect(answer.status).toBe(200);
      bytes += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
    }
    console.log(`${paths.join(" + ")}: ${bytes} bytes`);
    expect(bytes).toBeGreaterThan(300);
    expect(bytes).toBeLessThanOrEqual(most);
  });

  test("the package has nothing that publint objects to", async () => {
    const pkgDir = join(folder, "node_modules/pronto-sdk");
    const { messages, pkg } = await publint({ pkgDir, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("an import does nothing by itself", async () => {
    const page = await runs(`
      const before = new Set(Reflect.ownKeys(globalThis));
      window.sockets = 0;
      window.WebSocket = new Proxy(WebSocket, { construct: (...how) => (window.sockets++, Reflect.construct(...how)) });
      window.Worker = new Proxy(Worker, { construct: (...how) => (window.sockets++, Reflect.construct(...how)) });
      await import("pronto-sdk");
      await import("pronto-sdk/fake");
      window.added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String);
      document.title = "imported";`);
    await title(page).toBe("imported");
    expect(await page.evaluate(() => [window.added, window.sockets])).toEqual([["sockets"], 0]);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
  });

  test("the classic script is window.Pronto, and encrypts with the worker of another origin", async () => {
    const other = await bia();
    pages["/"] = `<!doctype html><title>Shop</title><script src="${server.url}/sdk/pronto.global.js"></script>
      <script src="/script.js"></script>`;
    pages["/script.js"] = `
      Pronto.connect("/my-token", { url: "${server.url.replace("http", "ws")}/v1/ws" }).then(async (pronto) => {
        window.call = await pronto.ring(["bia"], { kind: "voice" });
      });`;
    const context = await browser.newContext();
    open.push(context);
    const page = await context.newPage();
    await page.goto(`${site.origin}/`);
    await accept(other);
    await expect
      .poll(() => page.evaluate(() => window.call?.encryption.state), { timeout: 30_000 })
      .toBe("on");
    await waitFor(other, "sound that is encrypted", async () =>
      (await window.call.frames()).some(({ frames }) => frames > 10),
    );
  });
});

/** wanted asks for what is rarely wanted; a page of another origin, under its own policy, writes what came of it into its title. */
const wanted = (library) => `(async () => {
  const { Pronto, ProntoError, diagnose } = ${library};
  const fetched = () => performance.getEntriesByType("resource").map(({ name }) => name.split("/").at(-1));
  const pronto = new Pronto({ token: "/my-token", url: "${server.url}" });
  await pronto.connect();
  window.before = fetched();
  window.faults = await Promise.all([
    pronto.account.sendCode("1").catch((error) => error instanceof ProntoError && error.code),
    pronto.account.setAvatar(new Blob(["no image"])).catch((error) => error instanceof ProntoError && error.code),
    pronto.usage.restore("pronto-usage.1.a.b.c", "x").catch((error) => error.message),
    pronto.push().then((push) => push.startWorker("/none.js")).catch((error) => error.name),
  ]);
  await pronto.groups.list();
  await pronto.links.list();
  const text = await pronto.usage.backup("a passphrase");
  await pronto.usage.restore(text, "a passphrase");
  window.connection = (await diagnose(pronto)).connection;
  window.after = fetched();
  document.title = "asked";
})();`;

describe("what is rarely wanted", () => {
  const parts = ["account", "diagnostics", "groups", "links", "push", "usagebackup"].map(
    (name) => `pronto-${name}.js`,
  );

  test.each(["module", "classic script"])("is fetched when it is asked for: %s", async (kind) => {
    const head = kind === "module" ? "" : `<script src="${server.url}/sdk/pronto.global.js"></script>`;
    const library = kind === "module" ? `await import("${server.url}/sdk/pronto.js")` : "window.Pronto";
    pages["/script.js"] = wanted(library);
    pages["/strict"] = (_, response) =>
      response
        .writeHead(200, {
          "content-type": "text/html",
          "content-security-policy": `default-src 'none'; script-src 'self' ${server.url}; worker-src 'self' blob:; connect-src 'self' ${server.url} ${server.url.replace("http", "ws")}; require-trusted-types-for 'script'; trusted-types pronto`,
        })
        .end(`<!doctype html><title>Shop</title>${head}<script src="/script.js"></script>`);
    const context = await browser.newContext();
    open.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy|TrustedScript/.test(message.text())) faults.push(message.text());
    });
    await page.goto(`${site.origin}/strict`);
    await title(page).toBe("asked");
    const { before, after, ...seen } = await page.evaluate(() => ({
      before: window.before,
      after: window.after,
      faults: window.faults,
      connection: window.connection,
    }));
    expect(before.filter((name) => parts.includes(name))).toEqual([]);
    expect(after.filter((name) => parts.includes(name)).sort()).toEqual(parts);
    expect(after.filter((name) => name === "pronto.js").length).toBe(kind === "module" ? 1 : 0);
    expect(seen).toEqual({
      faults: ["unavailable", "invalid", "the passphrase does not open this backup", "TypeError"],
      connection: "online",
    });
  });

  test("works from a page of a listed site, where pictures show too, and not from another one's", async () => {
    const png = readFileSync(join(web, "demo/public/icons/icon-192.png")).toString("base64");
    const page = await runs(`
      import { connect } from "pronto-sdk";
      const pronto = await connect("/my-token", { url: "${server.url}" });
      window.picture = async () => (await pronto.account.profiles([pronto.me.user]))[0].avatar;
      const image = await (await fetch("data:image/png;base64,${png}")).blob();
      await pronto.account.setAvatar(image);
      for (const crossOrigin of [null, "anonymous"]) {
        const shown = Object.assign(new Image(), { crossOrigin, src: await window.picture() });
        await shown.decode();
        document.body.append(shown);
      }
      document.title = "shown";`);
    await title(page).toBe("shown");
    expect(await page.evaluate(() => [...document.images].map((image) => image.naturalWidth))).toEqual([
      192, 192,
    ]);

    const other = await startSite({ "/": "<!doctype html><title>Elsewhere</title>" });
    try {
      const elsewhere = await page.context().newPage();
      await elsewhere.goto(`${other.origin}/`);
      const { token } = await (await fetch(`${site.origin}/my-token`)).json();
      const tried = await elsewhere.evaluate(
        ([url, bearer]) =>
          fetch(url, { method: "DELETE", headers: { Authorization: `Bearer ${bearer}` } }).then(
            ({ status }) => status,
            (error) => error.name,
          ),
        [`${server.url}/v1/account/avatar`, token],
      );
      expect(tried, "the browser lets nothing through").toBe("TypeError");
      expect(await page.evaluate(() => window.picture()), "the picture is still there").toBeDefined();

      // A key that lists sites signs for them alone, whoever else may connect.
      const { credentials } = server.newKey("--origin", other.origin);
      const made = await fetch(`${server.url}/v1/tokens`, {
        method: "POST",
        headers: { authorization: `Bearer ${credentials}`, "content-type": "application/json" },
        body: JSON.stringify({ user: "shopper" }),
      });
      const own = (await made.json()).token;
      const connects = (where) =>
        // As text, because the test runner changes what it sees of import().
        where.evaluate(`import("${server.url}/sdk/pronto.js")
          .then(({ connect }) => connect(async () => "${own}", { url: "${server.url}" }))
          .then((pronto) => (pronto.close(), "online"), ({ code }) => code)`);
      expect(await connects(elsewhere)).toBe("online");
      expect(await connects(page)).toBe("forbidden");
    } finally {
      await other.stop();
    }
  });

  test("without its file the problem says what is missing", async () => {
    const page = await runs(`
      import { diagnose, Pronto } from "pronto-sdk";
      const pronto = new Pronto({ token: "t", url: "${server.url}" });
      window.tell = () => diagnose(pronto).catch((error) => error.name + " " + error.code + ": " + error.message);
      document.title = "ready";`);
    await title(page).toBe("ready");
    await page.route("**/pronto-diagnostics.js", (route) => route.abort());
    expect(await page.evaluate(() => window.tell())).toMatch(
      /^ProntoError unavailable: a part of the SDK does not load; it is served beside pronto\.js/,
    );
  });
});

describe("the README's examples", () => {
  test("are all of the right types", () => {
    const src = join(folder, "src");
    mkdirSync(src, { recursive: true });
    let number = 0;
    for (const text of examples.values())
      writeFileSync(join(src, `example${++number}.js`), `${text}\nexport {};\n`);
    cpSync(join(web, "sdk/README.md"), join(folder, "README.md"));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "ES2022",
          module: "NodeNext",
          moduleResolution: "NodeNext",
          lib: ["ES2023", "DOM", "DOM.Iterable"],
          allowJs: true,
          checkJs: true,
          strict: true,
          noEmit: true,
          types: [],
        },
        include: ["src"],
      }),
    );
    const checked = execFileSync(
      process.execPath,
      [join(web, "node_modules/typescript/bin/tsc"), "-p", folder],
      {
        encoding: "utf8",
      },
    );
    expect(checked).toBe("");
    expect(examples.size).toBe(9);
  });

  test("connect", async () => {
    const page = await runs(example("Connect"));
    await title(page).toBe("Here is Ana");
  });

  test("ring somebody", async () => {
    const other = await bia();
    const page = await runs(example("Ring somebody"));
    await accept(other);
    await expect
      .poll(() => page.evaluate(() => document.body.textContent), { timeout: 30_000 })
      .toBe("active");
    await other.page.evaluate(() => window.call.leave());
    await title(page).toBe("ended: hangup");
  });

  test("answer what rings", async () => {
    const other = await bia();
    const page = await runs(example("Answer what rings"));
    await expect
      .poll(
        async () => {
          await other.page.evaluate(
            () => window.pronto.calls[0] ?? window.pronto.ring(["ana"], { kind: "voice" }).then(() => 1),
          );
          return page.title();
        },
        { timeout: 30_000, interval: 1_000 },
      )
      .toBe("with Bia");
  });

  test("show who is there", async () => {
    const other = await bia();
    const page = await runs(example("Show who is there"));
    await accept(other);
    await expect
      .poll(() => page.evaluate(() => document.querySelector("video")?.videoWidth), { timeout: 60_000 })
      .toBeGreaterThan(0);
  });

  test("leave a note when nobody answers, and hear one", async () => {
    const dora = await signIn(browser, server.url, "dora");
    people.push(dora);
    await takeNotes(dora);
    pages["/token-of-ezio"] = (_, response) => token("ezio", response);
    const settings =
      '{ whoMayCall: "everyone", hideAddress: false, takeNotes: true, ifVersion: now.version }';
    const page = await runs(
      example("Leave a note when nobody answers, and hear one")
        .replace("/my-token", "/token-of-ezio") // nobody else has called as he, so that this browser has his keys
        .replaceAll("bia", "dora")
        .replace(
          "const call =",
          `const now = await pronto.privacy();\nawait pronto.setPrivacy(${settings});\n$&`,
        ),
    );
    await waitIncoming(dora);
    await page.click("html");
    await title(page).toBe("left");
    const heard = await dora.page.evaluate(async () => {
      const { entries } = await window.pronto.callLog();
      const { recording, trust } = await window.pronto.account.openNote(entries.find(({ note }) => note));
      const sound = new Audio(URL.createObjectURL(recording));
      await new Promise((resolve, reject) => {
        sound.onloadeddata = resolve;
        sound.onerror = () => reject(new Error("the recording does not play"));
      });
      return { trust, type: recording.type };
    });
    expect(heard).toEqual({ trust: "new", type: expect.stringMatching(/^audio\/webm/) });
    await leaveNote(dora, "ezio", "hello");
    await title(page).toBe("a note of Dora: known");
  });

  test("make a link, and let somebody in by it", async () => {
    const page = await runs(
      await bundled(
        example("Make a link, and let somebody in by it").replace(
          "pronto-sdk",
          `${server.url}/sdk/pronto.js`,
        ),
      ),
      { map: false },
    );
    await expect.poll(() => page.evaluate(() => document.body.textContent)).toContain("/j/");
    const address = new URL((await page.evaluate(() => document.body.textContent)).trim());
    const [link, secret] = [address.pathname.split("/").at(-1), address.hash.slice("#k=".length)];
    const guest = await signIn(browser, server.url, "Zoe", link);
    people.push(guest);
    await guest.page.evaluate(
      ([id, key]) => window.pronto.joinLink(id, { secret: key }).then(() => undefined),
      [link, secret],
    );
    await title(page).toBe("Zoe joined");
  });

  test("hand a link out", async () => {
    const page = await runs(example("Hand a link out"));
    await expect.poll(() => page.evaluate(() => document.querySelectorAll("img, a").length)).toBe(2);
    const [picture, address, file] = await page.evaluate(async () => {
      const shown = document.querySelector("img");
      await shown.decode();
      const text = await fetch(document.querySelector("a").href).then((answer) => answer.text());
      return [shown.naturalWidth, document.querySelector("p").textContent, text.replaceAll("\r\n ", "")];
    });
    expect(picture).toBeGreaterThan(200);
    expect(address).toMatch(/#k=[\w-]{22}$/);
    expect(file).toContain(`\r\nURL:${address}\r\n`);
    expect(file).toContain("\r\nSUMMARY:Questions\r\n");
  });

  test("in React, under StrictMode", async () => {
    writeFileSync(
      join(folder, "useme.js"),
      example("In React").replace("pronto-sdk", `${server.url}/sdk/pronto.js`),
    );
    const page = await runs(
      await bundled(`
        import { createElement, StrictMode } from "react";
        import { createRoot } from "react-dom/client";
        import { useMe } from "./useme.js";
        const sockets = [];
        window.WebSocket = new Proxy(WebSocket, {
          construct(...how) { const one = Reflect.construct(...how); sockets.push(one); return one; },
        });
        window.open = () => sockets.filter(({ readyState }) => readyState === 1).length;
        const Hello = () => createElement("p", null, "I am ", useMe());
        createRoot(document.body).render(createElement(StrictMode, null, createElement(Hello)));`),
      { map: false },
    );
    await expect
      .poll(() => page.evaluate(() => document.body.textContent), { timeout: 30_000 })
      .toBe("I am Ana");
    expect(await page.evaluate(() => window.open())).toBe(1);
  });

  test("in one's own tests", async () => {
    const page = await runs(example("In your own tests"));
    await title(page).toBe("hangup");
  });
});
