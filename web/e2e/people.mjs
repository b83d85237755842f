// A person at the demo page, for the stories of page.test.mjs: what he can see and press, and what a check of every screen looks for.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

/** looks are the sizes and colours that people have: by name, so that each story mixes them. */
export const looks = {
  ana: { viewport: wide, colorScheme: "light" },
  bia: { viewport: phone, colorScheme: "dark", hasTouch: true },
  carlo: { viewport: wide, colorScheme: "dark" },
  dora: { viewport: phone, colorScheme: "light", hasTouch: true },
  ezio: { viewport: { width: 360, height: 640 }, colorScheme: "light" },
  zoe: { viewport: phone, colorScheme: "dark", hasTouch: true },
};

/** patienceMs is how long to wait for what should come at once: the machine may be busy with other tests. */
const patienceMs = 45_000;

/** until waits for a condition, and says what it waited for if that does not come. */
async function until(condition, timeoutMs, what) {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Person has a context and a page of his own. */
export class Person {
  /** come opens the page at a path. options are those of a context, and script, a function to run in the page first with its argument. */
  static async come(browser, url, name, path = `/?as=${name}`, options = {}) {
    const { script, ...look } = options;
    const context = await browser.newContext({ locale: "en-GB", ...looks[name], ...look });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    const person = new Person(url, name, context, page);
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
      );
    });
    if (script !== undefined) await page.addInitScript(...script);
    page.on("pageerror", (error) => person.faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") person.faults.push(message.text());
    });
    await person.go(path);
    return person;
  }

  constructor(url, name, context, page) {
    this.url = url;
    this.name = name;
    this.context = context;
    this.page = page;
    this.faults = [];
  }

  async go(path) {
    await this.page.goto(this.url + path);
  }

  /** it is what has a test id. */
  it(testid) {
    return this.page.getByTestId(testid).first();
  }

  async press(testid) {
    await this.it(testid).click();
  }

  async sees(testid, timeout = patienceMs) {
    await this.it(testid).waitFor({ state: "visible", timeout });
  }

  /** reads waits until what has a test id has a text that matches. */
  async reads(testid, pattern, timeout = patienceMs) {
    let text = "";
    await until(
      async () => {
        text = (await this.page.getByTestId(testid).allInnerTexts()).join("\n");
        return pattern.test(text);
      },
      timeout,
      () => `${this.name} to read ${pattern} in ${testid}; it says ${JSON.stringify(text)}`,
    );
  }

  /** rings presses a call button of the first screen and waits for the page about it. */
  async rings(user, kind = "video") {
    await this.press(`${kind}-${user}`);
    await this.sees("outgoing");
  }

  /** answers waits until it rings and presses; the dialog ignores presses in its first moment, so a press is repeated. */
  async answers(button = "accept") {
    await this.sees("incoming");
    await until(
      async () => {
        if (!(await this.it("incoming").isVisible())) return true;
        await this.it(button)
          .click({ timeout: 2000 })
          .catch(() => undefined);
        return !(await this.it("incoming").isVisible());
      },
      patienceMs,
      () => `the ringing at ${this.name}'s to stop by ${button}`,
    );
  }

  /** receives waits until sound, and unless told otherwise a picture, of somebody are decoded and go on. */
  async receives(who, { picture = true } = {}) {
    await this.sees("stage");
    if (!(await this.it("statistics").isVisible())) await this.page.keyboard.press("i");
    const id = `stats-${who}`;
    await this.sees(id);
    const counts = async () => {
      const text = await this.it(id).textContent();
      return {
        packets: Number(/audio (\d+) packets/.exec(text)?.[1] ?? 0),
        frames: Number(/camera \d+×\d+, (\d+) frames/.exec(text)?.[1] ?? 0),
      };
    };
    const before = await counts();
    let now = before;
    await until(
      async () => {
        now = await counts();
        return now.packets > before.packets && (!picture || now.frames > before.frames);
      },
      40_000,
      () => `${this.name} to receive ${who}; ${JSON.stringify({ before, now })}`,
    );
    await this.page.keyboard.press("i");
  }

  /** looksGood checks a screen: nothing for axe to find, nothing to scroll sideways, nothing too small for a finger. */
  async looksGood(screen) {
    const { page } = this;
    if (process.env.E2E_SHOTS) {
      mkdirSync(process.env.E2E_SHOTS, { recursive: true });
      await page.screenshot({ path: join(process.env.E2E_SHOTS, `${screen}-${this.name}.png`) });
    }
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
    await page.evaluate(settled);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, { resultTypes: ["violations"] }),
    );
    expect(violations.map(({ id, nodes }) => `${screen}: ${id}: ${nodes[0]?.html}`)).toEqual([]);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      `${screen} fits`,
    ).toBe(true);
    expect(await page.evaluate(tooSmall), `${screen} has targets of 44 px`).toEqual([]);
  }

  /** seesAll checks that nothing of a screen is cut off, and that every control can be got at. */
  async seesAll(screen) {
    expect(await this.page.evaluate(covered), `${screen}: no control is covered`).toEqual([]);
    expect(await this.page.evaluate(cutOff), `${screen}: no text is cut off`).toEqual([]);
  }

  /** vanishes ends what a story that failed has left: a call that goes on would be in the way of the next. */
  async vanishes() {
    const hangup = this.it("hangup");
    if (!this.page.isClosed() && (await hangup.isVisible().catch(() => false)))
      await hangup.click({ timeout: 500 }).catch(() => undefined);
    await this.context.close();
  }

  /** leaves closes the page, and fails on anything the console complained about. expected faults are taken out. */
  async leaves(expected = /^$/) {
    await this.context.close();
    expect(this.faults.filter((fault) => !expected.test(fault))).toEqual([]);
  }
}

/** settled waits, in the page, until what fades in or moves to its place has come: colours on the way there are nobody's. */
function settled() {
  const brief = document
    .getAnimations()
    .filter((one) => one.playState === "running" && Number(one.effect?.getComputedTiming().endTime) <= 1_000);
  return Promise.all(brief.map((one) => one.finished.catch(() => undefined))).then(() => undefined);
}

/** part has people hang up and go: a page that only vanishes stays in its call for the grace period. */
export async function part(...people) {
  for (const { page } of people) {
    const hangup = page.getByTestId("hangup").first();
    if (await hangup.isVisible()) await hangup.click({ timeout: 2_000 }).catch(() => undefined); // over already
    await page.getByTestId("call").waitFor({ state: "detached" });
  }
  await Promise.all(people.map((person) => person.leaves()));
}

function tooSmall() {
  return [...document.querySelectorAll("button, summary, select, input[type=text], nav a")]
    .filter((element) => element.checkVisibility())
    .map((element) => ({
      html: element.outerHTML.slice(0, 120),
      ...element.getBoundingClientRect().toJSON(),
    }))
    .filter(({ width, height }) => width < 43.5 || height < 43.5)
    .map(({ html, width, height }) => `${Math.round(width)}×${Math.round(height)} ${html}`);
}

/** covered runs in the page: it tells which controls have something over them, or lie where nobody gets to. */
function covered() {
  const top = [...document.querySelectorAll("dialog[open], :popover-open, .chat")].at(-1) ?? document; // the chat lies over a narrow call
  return [...top.querySelectorAll("button, a, input:not([type=file]), select, summary")]
    .filter(
      (one) =>
        one.checkVisibility({ visibilityProperty: true }) && !one.matches(".unseen, .unseen *, [inert] *"),
    )
    .filter((one) => {
      one.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const [box] = one.getClientRects();
      if (box === undefined || box.width * box.height === 0) return false;
      const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return !one.contains(there) && there?.closest("label")?.contains(one) !== true;
    })
    .map((one) => one.outerHTML.slice(0, 160));
}

/** cutOff runs in the page: it tells which words go over the edge of the page, or of a box that shows no more. Names over pictures end in dots. */
function cutOff() {
  const top = [...document.querySelectorAll("dialog[open], :popover-open, .chat")].at(-1) ?? document.body;
  const words = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
  const cut = [];
  for (let one = words.nextNode(); one !== null; one = words.nextNode()) {
    const holder = one.parentElement;
    if (one.data.trim() === "" || !holder.checkVisibility({ visibilityProperty: true })) continue;
    if (holder.closest(".unseen, .tile, .strip, option, select, .avatar, [aria-hidden=true]") !== null)
      continue;
    if (holder.closest(".callheader:not(.alone) h1") !== null) continue;
    const range = document.createRange();
    range.selectNodeContents(one);
    let [left, right] = [0, innerWidth];
    for (let box = holder; box !== null && box !== document.body; box = box.parentElement) {
      const { overflowX, clipPath } = getComputedStyle(box);
      if (clipPath !== "none") [left, right] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      if (overflowX === "visible") continue;
      const edges = box.getBoundingClientRect();
      [left, right] = [Math.max(left, edges.left), Math.min(right, edges.right)];
    }
    for (const line of range.getClientRects())
      if (line.width > 0 && (line.left < left - 1 || line.right > right + 1)) {
        cut.push(
          `${Math.round(line.left)}–${Math.round(line.right)} “${one.data.slice(0, 60)}” ${holder.className}`,
        );
        break;
      }
  }
  return cut;
}

/** company are those who come in a story: one that fails leaves nobody behind for the next, nor for its second try, and no call. */
export function company(afterEach) {
  const here = [];
  const join = (person) => {
    here.push(person);
    return person;
  };
  afterEach(async () => {
    await Promise.all(here.splice(0).map((person) => person.vanishes()));
  });
  return { join, come: async (...how) => join(await Person.come(...how)) };
}
