// What other sites embed: the widget, the button and the frame, in pages of other origins, in real browsers.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accept, openChromium, openFirefox, signIn, startServer, waitFor, waitIncoming } from "./harness.mjs";
import { startSite } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pages = {};
const browsers = {};
let shop; // may embed
let rogue; // may not
let server;
const open = [];

beforeAll(async () => {
  // What an integrator with the strictest policy writes: scripts and frames of the server, and nothing else.
  [shop, rogue, browsers.Chromium, browsers.Firefox] = await Promise.all([
    startSite(pages),
    startSite(pages),
    openChromium(),
    openFirefox(),
  ]);
  server = await startServer({
    PRONTO_ORIGINS: shop.origin,
    PRONTO_CONTACT: "help@calls.example",
    PRONTO_COMPLAINTS: "https://authority.example/",
  });
});
afterEach(async () => {
  for (const context of open.splice(0)) await context.close();
  for (const path of Object.keys(pages)) delete pages[path];
});
afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
  await shop?.stop();
  await rogue?.stop();
});

/** policed serves a page under the policy that the README tells integrators to have. */
function policed(path, html) {
  const policy = `default-src 'none'; img-src data:; script-src ${server.url} 'nonce-shop'; frame-src ${server.url}`;
  pages[path] = (_, response) =>
    response
      .writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy })
      .end(html);
}

/** host signs Ana in, who makes a link and waits in its call. */
async function host(browser, kind = "voice") {
  const ana = await signIn(browser, server.url, "ana");
  open.push(ana.context);
  const link = await server.newLink({ kind, title: "Shop" });
  return {
    ...ana,
    link,
    join: () => ana.page.evaluate((id) => window.pronto.joinLink(id).then(() => undefined), link),
  };
}

async function visit(browser, url, options = {}) {
  const context = await browser.newContext(options);
  open.push(context);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  const requests = [];
  context.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { context, page, faults, requests };
}

/** inFrame is the frame of the call, once it is there. */
async function inFrame(page) {
  await page.locator("iframe").waitFor({ state: "attached" });
  return page.frameLocator("iframe");
}

/** listens has frames note that a message has come to them, after what listens there already. */
async function listens(frames) {
  for (const frame of frames)
    await frame.locator("html").evaluate(() => addEventListener("message", () => (window.reached = true)));
}

/** answered waits until messages have come to frames, and what they may have said to their page is there, too. */
async function answered(page, frames) {
  const spoken = await page.evaluate(() => {
    window.spoken = 0;
    addEventListener("message", ({ data }) => {
      if (data !== "spoken") return;
      window.spoken++;
      window.heard = window.heard.filter((one) => one[1] !== "spoken"); // that was us
    });
    return window.spoken;
  });
  for (const frame of frames) {
    const html = frame.locator("html");
    await expect.poll(() => html.evaluate(() => window.reached)).toBe(true);
    await html.evaluate(() => parent.postMessage("spoken", "*"));
  }
  await expect.poll(() => page.evaluate(() => window.spoken)).toBe(spoken + frames.length);
}

/** press presses a button in a frame. Firefox's driver hits nothing in frames of other origins: there the button is told so. */
function press(name, button) {
  return name === "Firefox" ? button.evaluate((one) => one.click()) : button.click();
}

const widget = (link, more = "") =>
  `<!doctype html><html lang="en"><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width"><title>Shop</title>
   <main><h1>Shop</h1><p>We sell bread.</p></main>
   <script async src="${server.url}/widget.js" data-link="${link}" ${more}></script></html>`;

for (const name of ["Chromium", "Firefox"]) {
  describe(`the widget in ${name}`, () => {
    test("contacts nobody and stores nothing before the click; then calls, by keyboard alone", async () => {
      const ana = await host(browsers[name]);
      await ana.join();
      policed("/", widget(ana.link, 'data-lang="en"'));
      const { page, context, requests, faults } = await visit(browsers[name], `${shop.origin}/`);
      await page.getByRole("button", { name: "Call us" }).waitFor();
      await page.waitForLoadState("networkidle"); // nothing was asked for in half a second
      expect(requests).toEqual([`${shop.origin}/`, `${server.url}/widget.js`]);
      expect(await context.cookies()).toEqual([]);
      expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);

      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const frame = await inFrame(page);
      await frame.getByTestId("name").waitFor();
      // Whoever has pressed the button reads what is done with his data before any device is asked for.
      const link = frame.getByTestId("notice-link");
      expect(await link.getAttribute("href")).toBe("/embed/privacy.html");
      const turnTo = await frame.getByTestId("operator").getByRole("link").all();
      expect(await Promise.all(turnTo.map((one) => one.getAttribute("href")))).toEqual([
        "mailto:help@calls.example",
        "https://authority.example/",
      ]);
      expect(requests.filter((url) => url.includes("/guests") || url.includes("/v1/"))).toEqual([]);
      if (name === "Chromium") {
        await frame.getByTestId("name").focus();
        await page.keyboard.type("Zoe");
        for (const _ of ["kind", "notice", "contact", "complaints", "start"])
          await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
      } else {
        await frame.getByTestId("name").fill("Zoe");
        await press(name, frame.getByTestId("start"));
      }
      await frame.getByTestId("in-call").waitFor({ timeout: 60_000 });
      await waitFor(ana, "Zoe", () => window.call?.participants.some(({ name: who }) => who === "Zoe"));
      await waitFor(ana, "sound of Zoe", async () => {
        const stats = await window.call.stats();
        return stats.participants.some(({ audio }) => audio?.packets > 20);
      });
      expect(await context.cookies()).toEqual([]);
      await press(name, frame.getByTestId("hang-up"));
      await frame.getByTestId("ended").waitFor();
      await waitFor(ana, "Zoe gone", () => !window.call?.participants.some(({ name: who }) => who === "Zoe"));
      expect(faults).toEqual([]);
    });

    test("hangs up when its panel is closed, and leaves nobody behind", async () => {
      const ana = await host(browsers[name]);
      await ana.join();
      policed("/", widget(ana.link));
      const { page } = await visit(browsers[name], `${shop.origin}/`);
      await page.getByRole("button", { name: "Call us" }).click();
      const frame = await inFrame(page);
      await frame.getByTestId("name").fill("Zoe");
      await press(name, frame.getByTestId("start"));
      await frame.getByTestId("in-call").waitFor({ timeout: 60_000 });
      await page.getByRole("button", { name: "Hang up and close" }).click();
      await page.locator("iframe").waitFor({ state: "detached" });
      await waitFor(
        ana,
        "Zoe gone",
        () => !window.call?.participants.some(({ name: who }) => who === "Zoe"),
        undefined,
        10_000,
      );
    });
  });

  describe(`origins in ${name}`, () => {
    test("a site that is not on the list cannot show the frame", async () => {
      const ana = await host(browsers[name]);
      pages["/"] =
        `<iframe src="${server.url}/embed/${ana.link}?origin=${shop.origin}" allow="microphone"></iframe>`;
      const scripts = (requests) => requests.filter((url) => url.startsWith(`${server.url}/embed/assets/`));
      const { requests } = await visit(browsers[name], `${rogue.origin}/`);
      const allowed = await visit(browsers[name], `${shop.origin}/`);
      await (await inFrame(allowed.page)).getByTestId("ask").waitFor(); // by now the other is there, too, if ever
      expect(scripts(allowed.requests).length).toBeGreaterThan(0);
      expect(requests).toContain(`${server.url}/embed/${ana.link}?origin=${shop.origin}`);
      expect(scripts(requests)).toEqual([]);
    });

    test("a page hears nothing of a frame that was told another origin, and cannot command it", async () => {
      const ana = await host(browsers[name]);
      pages["/"] = `<script>
          window.heard = [];
          addEventListener("message", (event) => heard.push([event.origin, event.data]));
        </script>
        <iframe id="call" src="${server.url}/embed/${ana.link}?origin=${encodeURIComponent(rogue.origin)}"></iframe>`;
      const { page } = await visit(browsers[name], `${shop.origin}/`);
      const frame = await inFrame(page);
      await frame.getByTestId("ask").waitFor();
      await listens([frame]);
      await page.evaluate((origin) => {
        const { contentWindow } = document.getElementById("call");
        contentWindow.postMessage(
          { pronto: 1, id: "1", type: "setTheme", payload: { theme: "dark" } },
          origin,
        );
      }, server.url);
      await answered(page, [frame]);
      expect(await page.evaluate(() => window.heard)).toEqual([]);
      expect(await frame.locator("html").getAttribute("data-theme")).toBeNull();
    });

    test("a frame obeys its own page only, and a page believes its own frame only", async () => {
      const ana = await host(browsers[name]);
      // A second frame, of a rogue site, shouts at both.
      pages["/shout"] = `<script>
          const message = (type, payload) => ({ pronto: 1, id: "9", type, payload });
          addEventListener("message", ({ data }) => {
            if (data !== "now") return;
            parent.postMessage(message("phase", { phase: "inCall" }), "*");
            parent.postMessage(message("close", {}), "*");
            for (let i = 0; i < parent.frames.length; i++)
              parent.frames[i].postMessage(message("setTheme", { theme: "dark" }), "*");
          });
        </script>`;
      pages["/"] = `<iframe src="${rogue.origin}/shout"></iframe>
        <script type="module">
          import { CallFrame } from "${server.url}/embed/pronto-embed.js";
          const frame = new CallFrame({ link: "${ana.link}", theme: "light", language: "it" });
          window.heard = [];
          frame.on("phase", (phase) => heard.push(phase));
          frame.on("close", () => heard.push("close"));
          window.callFrame = frame;
          document.body.append(frame.element);
        </script>`;
      const { page } = await visit(browsers[name], `${shop.origin}/`);
      const frame = page.frameLocator('iframe[title="Pronto"]');
      await frame.getByTestId("ask").waitFor();
      await listens([frame]);
      await page.evaluate(() => frames[0].postMessage("now", "*"));
      await answered(page, [frame]);
      expect(await frame.locator("html").getAttribute("data-theme")).toBe("light");
      expect(await frame.locator("html").getAttribute("lang")).toBe("it");
      expect(await page.evaluate(() => window.heard)).toEqual([]);
      await page.evaluate(() => window.callFrame.setTheme("dark"));
      expect(await frame.locator("html").getAttribute("data-theme")).toBe("dark");
    });

    test("a frame that is told any origin, or none, speaks to nobody and obeys nobody", async () => {
      const ana = await host(browsers[name]);
      const told = ["*", "null", "", "/", `${shop.origin}/`, `${shop.origin}.evil.example`];
      pages["/"] = `<script>
          window.heard = [];
          addEventListener("message", (event) => heard.push([event.origin, event.data]));
        </script>
        ${told.map((origin) => `<iframe src="${server.url}/embed/${ana.link}?origin=${encodeURIComponent(origin)}"></iframe>`).join("")}`;
      const { page } = await visit(browsers[name], `${shop.origin}/`);
      const frames = () => page.frames().filter((one) => one !== page.mainFrame());
      await expect.poll(() => frames().length).toBe(told.length);
      for (const frame of frames()) await frame.getByTestId("ask").waitFor();
      await listens(frames());
      await page.evaluate(() => {
        const message = { pronto: 1, id: "1", type: "setTheme", payload: { theme: "dark" } };
        for (const { contentWindow } of document.querySelectorAll("iframe"))
          contentWindow.postMessage(message, "*");
      });
      await answered(page, frames());
      expect(await page.evaluate(() => window.heard)).toEqual([]);
      for (const frame of frames()) expect(await frame.locator("html").getAttribute("data-theme")).toBeNull();
    });

    test("the right origin does not help the wrong window, nor the right window the wrong origin", async () => {
      const ana = await host(browsers[name]);
      const message = "const message = (type, payload) => ({ pronto: 1, id: '9', type, payload });";
      // A frame of the shop's own origin, which is not the page around the call's.
      pages["/sibling"] = `<script>${message}
          for (let i = 0; i < parent.frames.length; i++)
            parent.frames[i].postMessage(message("setTheme", { theme: "dark" }), "*");
          parent.postMessage("shouted", "*");
        </script>`;
      // What the call's own frame is sent away to.
      pages["/away"] = `<script>${message}
          parent.postMessage(message("phase", { phase: "inCall" }), "*");
          parent.postMessage(message("close", {}), "*");
          parent.postMessage("shouted", "*");
        </script>`;
      pages["/"] = `<script type="module">
          import { CallFrame } from "${server.url}/embed/pronto-embed.js";
          window.heard = [];
          window.shouted = 0;
          addEventListener("message", ({ data }) => (window.shouted += data === "shouted" ? 1 : 0));
          window.frames2 = ["one", "two"].map((name) => {
            const frame = new CallFrame({ link: "${ana.link}", theme: "light" });
            frame.on("phase", ({ phase }) => heard.push([name, phase]));
            frame.on("close", () => heard.push([name, "close"]));
            document.body.append(frame.element);
            return frame;
          });
        </script>`;
      const { page } = await visit(browsers[name], `${shop.origin}/`);
      const frame = (n) => page.frameLocator(`iframe >> nth=${n}`);
      for (const n of [0, 1]) await frame(n).getByTestId("ask").waitFor();
      const shouted = (times) => expect.poll(() => page.evaluate(() => window.shouted)).toBe(times);
      await page.evaluate(() => {
        const sibling = document.createElement("iframe");
        sibling.src = "/sibling";
        document.body.append(sibling);
      });
      await shouted(1);
      for (const n of [0, 1]) expect(await frame(n).locator("html").getAttribute("data-theme")).toBe("light");
      // Of two frames of the same server, each speaks for itself.
      await frame(0).getByTestId("name").fill("Zoe");
      await press(name, frame(0).getByTestId("start"));
      await expect.poll(() => page.evaluate(() => window.heard.length)).toBeGreaterThan(0);
      expect(await page.evaluate(() => window.heard.filter(([who]) => who === "two"))).toEqual([]);
      expect(await page.evaluate(() => window.frames2[1].phase)).toBe("asking");
      await page.evaluate((away) => {
        window.frames2[1].element.src = away;
      }, `${rogue.origin}/away`);
      await shouted(2);
      expect(await page.evaluate(() => window.heard.filter(([who]) => who === "two"))).toEqual([]);
      expect(await page.evaluate(() => window.frames2[1].phase)).toBe("asking");
    });

    test("a page may mute its visitor and hang up, but never listen in", async () => {
      const ana = await host(browsers[name]);
      await ana.join();
      pages["/"] = `<script type="module">
          import { CallFrame } from "${server.url}/embed/pronto-embed.js";
          window.callFrame = new CallFrame({ link: "${ana.link}", name: "Zoe" });
          document.body.append(window.callFrame.element);
        </script>`;
      const { page } = await visit(browsers[name], `${shop.origin}/`);
      const frame = await inFrame(page);
      const refusal = (act, on) =>
        page.evaluate(
          ([method, value]) =>
            window.callFrame[method](value).then(
              () => "done",
              (error) => error.code,
            ),
          [act, on],
        );
      await frame.getByTestId("ask").waitFor();
      expect(await refusal("setMicrophone", false)).toBe("notInCall");
      await expect.poll(() => frame.getByTestId("name").inputValue()).toBe("Zoe");
      await press(name, frame.getByTestId("start"));
      await frame.getByTestId("in-call").waitFor({ timeout: 60_000 });
      expect(await page.evaluate(() => window.callFrame.phase)).toBe("inCall");
      expect(await refusal("setMicrophone", false)).toBe("done");
      await frame.getByRole("button", { name: "Unmute" }).waitFor();
      expect(await refusal("setMicrophone", true)).toBe("gestureRequired");
      expect(await refusal("setCamera", true)).toBe("gestureRequired");
      expect(await refusal("setCamera", "yes")).toBe("invalid");
      expect(await refusal("leave")).toBe("done");
      await frame.getByTestId("ended").waitFor();
    });
  });
}

describe("the button", () => {
  test("is an element of its own, that pages listen to, in their language and theme", async () => {
    const ana = await host(browsers.Chromium);
    policed(
      "/",
      `<!doctype html><html lang="it"><title>Bottega</title><style nonce="shop">button { all: unset }</style>
       <script type="module" src="${server.url}/embed/pronto-embed.element.js"></script>
       <pronto-button link="${server.url}/j/${ana.link}#k=secret" mode="video" theme="dark"></pronto-button></html>`,
    );
    const { page, requests } = await visit(browsers.Chromium, `${shop.origin}/`);
    await page.evaluate(() => {
      window.heard = [];
      document.addEventListener("pronto-close", () => window.heard.push("close"));
    });
    const button = page.getByRole("button", { name: "Videochiamata" });
    await button.press("Enter");
    const frame = await inFrame(page);
    await frame.getByTestId("ask").waitFor();
    expect(await frame.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(await frame.getByTestId("kind-video").isChecked()).toBe(true);
    // What the link has behind the # is in no request.
    expect(requests.filter((url) => url.split("#")[0].includes("secret"))).toEqual([]);
    await frame.getByTestId("name").press("Escape");
    await page.locator("iframe").waitFor({ state: "detached" });
    expect(await page.evaluate(() => window.heard)).toEqual(["close"]);
    await expect.poll(() => button.evaluate((one) => one.getRootNode().activeElement === one)).toBe(true);
    await button.press("Enter");
    await page.getByRole("button", { name: "Chiudi" }).click();
    await page.locator("iframe").waitFor({ state: "detached" });
  });

  test("says that it cannot call by what is no link", async () => {
    policed("/", widget("not a link", 'data-label="Ring the bell"'));
    const { page } = await visit(browsers.Chromium, `${shop.origin}/`);
    await page.getByRole("button", { name: "Ring the bell" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});

describe("a queue", () => {
  test("rings its operators for the visitor; the first who answers has him, and the others stop", async () => {
    const ana = await host(browsers.Chromium);
    const operators = {};
    for (const user of ["bia", "carlo"]) {
      operators[user] = await signIn(browsers.Chromium, server.url, user);
      open.push(operators[user].context);
    }
    await ana.page.evaluate((id) => window.pronto.queues.set(id, ["bia", "carlo"]), ana.link);
    pages["/"] = widget(ana.link);
    const { page } = await visit(browsers.Chromium, `${shop.origin}/`);
    await page.getByRole("button", { name: "Call us" }).click();
    const frame = await inFrame(page);
    await frame.getByTestId("name").fill("Zoe");
    await frame.getByTestId("start").click();
    await frame.getByText("It rings …").waitFor();
    await waitIncoming(operators.carlo);
    await accept(operators.bia);
    await frame.getByTestId("in-call").waitFor({ timeout: 60_000 });
    await waitFor(operators.carlo, "the end of the ringing", () => window.pronto.incoming.length === 0);
    expect(await frame.locator("figcaption").first().textContent()).toBe("Bia");
    await operators.bia.page.evaluate(() => window.call.transfer("carlo"));
    await accept(operators.carlo);
    await frame.locator("figcaption", { hasText: "Carlo" }).waitFor({ timeout: 60_000 });
    await waitFor(operators.bia, "that Bia has left", () => window.pronto.calls.length === 0);
    await frame.getByTestId("hang-up").click();
    await frame.getByTestId("ended").waitFor();
  });

  test("that is closed takes down whom to call back, and forgets him when he wants", async () => {
    const ana = await host(browsers.Chromium);
    const minute = (minutes) => (((new Date().getUTCHours() * 60 + minutes) % 1440) + 1440) % 1440;
    const hours = { zone: "Etc/UTC", ranges: [{ from: minute(180), to: minute(240) }] };
    await ana.page.evaluate(([id, when]) => window.pronto.queues.set(id, ["ana"], when), [ana.link, hours]);
    pages["/"] = widget(ana.link);
    const { page } = await visit(browsers.Chromium, `${shop.origin}/`, {
      viewport: { width: 390, height: 844 },
    });
    await page.getByRole("button", { name: "Call us" }).click();
    const frame = await inFrame(page);
    await frame.getByTestId("name").fill("Zoe");
    await frame.getByTestId("start").click();
    await frame.getByTestId("callback").waitFor();
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/embed-callback.png` });
    await frame.getByTestId("contact").fill("zoe@example.com");
    await frame.getByTestId("note").fill("Bread");
    await frame.getByTestId("send").click();
    await frame.getByTestId("noted").waitFor();
    const waiting = () => ana.page.evaluate((id) => window.pronto.queues.callbacks(id), ana.link);
    expect(await waiting()).toMatchObject([{ name: "Zoe", contact: "zoe@example.com", note: "Bread" }]);
    await frame.getByTestId("forget").click();
    await frame.getByText("It is deleted.").waitFor();
    expect(await waiting()).toEqual([]);
  });
});

describe("the frame", () => {
  test("says the same of every link that leads nowhere, and asks for no device", async () => {
    pages["/"] =
      `<iframe src="${server.url}/embed/AAAAAAAAAAAAAAAAAAAAAA?origin=${shop.origin}" allow="microphone; camera"></iframe>`;
    const { page } = await visit(browsers.Chromium, `${shop.origin}/`);
    const frame = await inFrame(page);
    await frame.getByTestId("name").fill("Zoe");
    await page.frames()[1].evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => {
        window.askedForDevices = true;
        return Promise.reject(new Error("no"));
      };
    });
    await frame.getByTestId("start").click();
    await frame.getByTestId("dead").waitFor();
    expect(await page.frames()[1].evaluate(() => window.askedForDevices)).toBeUndefined();
  });

  test("has no fault that axe finds, on a phone and a desk, light and dark", async () => {
    const ana = await host(browsers.Chromium, "video");
    pages["/"] = widget(ana.link, 'data-mode="video" data-lang="pt-BR"');
    const { page } = await visit(browsers.Chromium, `${shop.origin}/`, { reducedMotion: "reduce" });
    const looks = [
      ["phone-light", { width: 390, height: 844 }, "light"],
      ["phone-dark", { width: 390, height: 844 }, "dark"],
      ["desk-dark", { width: 1440, height: 900 }, "dark"],
      ["desk-light", { width: 1440, height: 900 }, "light"],
    ];
    const check = async (screen) => {
      for (const [look, viewport, colorScheme] of looks) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        if (process.env.SHOTS)
          await page.screenshot({ path: `${process.env.SHOTS}/embed-${look}-${screen}.png` });
        for (const frame of page.frames()) {
          if (!(await frame.evaluate(() => "axe" in window))) await frame.evaluate(axe);
          expect(
            await frame.evaluate(
              (scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches,
              colorScheme,
            ),
          ).toBe(true);
          const { violations } = await frame.evaluate(() =>
            window.axe.run(document, { iframes: false, rules: { region: { enabled: false } } }),
          );
          expect(
            violations.map(({ id, nodes }) => [look, screen, id, nodes.map(({ html }) => html)]),
          ).toEqual([]);
        }
      }
    };
    await page.getByRole("button", { name: "Chamada de vídeo" }).waitFor();
    await check("closed");
    await page.getByRole("button", { name: "Chamada de vídeo" }).click();
    const frame = await inFrame(page);
    await frame.getByTestId("ask").waitFor();
    await check("ask");
    await frame.getByTestId("name").fill("Zoe");
    await frame.getByTestId("start").click();
    await frame.getByTestId("cancel").waitFor();
    await check("waiting");
    await ana.join();
    await frame.getByTestId("in-call").waitFor({ timeout: 60_000 });
    await ana.page.evaluate(() => window.call.setCamera(true));
    await frame.locator(".tile video").waitFor();
    await expect
      .poll(() => frame.locator(".tile video").evaluate((video) => video.videoWidth), { timeout: 60_000 })
      .toBeGreaterThan(0);
    await check("call");
    await frame.getByTestId("hang-up").click();
    await frame.getByTestId("ended").waitFor();
    await check("ended");
  });
});
