// What the end-to-end tests share: a real server, real browsers, and a page per
// person that runs the SDK on the server's own origin.

import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium, firefox } from "playwright-core";
import { leaksIn, scrape } from "./leaks.mjs";

/**
 * ownAddress is where media is served: Firefox makes no candidates of loopback
 * while there is another interface. What is sent to it stays on this machine.
 */
export function ownAddress() {
  const all = Object.values(networkInterfaces()).flat();
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/**
 * startServer starts a server in demo mode on free ports. env adds
 * to its environment. It returns the page's address, kill (SIGKILL) and start
 * for tests of a restart on the same ports, and stop, which fails if log or metrics have named anybody. command runs something
 * else than a server alone: ["demo", "--bots", "0"] has a bot besides. run runs
 * another command of the program: done is what it prints, and stop interrupts it.
 */
export async function startServer(env = {}, command = ["serve"]) {
  const folder = mkdtempSync(join(tmpdir(), "pronto-e2e-"));
  const bin = process.env.PRONTO_BIN; // which build.mjs or the Makefile sets
  let listen = "127.0.0.1:0";
  const fine = env.PRONTO_LOG_LEVEL === "debug"; // that log may say more
  const address = ownAddress();
  let child;
  const said = []; // all lines of the log
  const server = {
    url: "",
    metrics: "",
    async start() {
      child = spawn(bin, command, {
        env: {
          ...process.env,
          PRONTO_BIN: undefined,
          PRONTO_DEMO: "true",
          PRONTO_LISTEN: listen,
          PRONTO_MEDIA_LISTEN: `${address}:0`,
          PRONTO_TURN_LISTEN: `${address}:0`,
          PRONTO_METRICS_LISTEN: "127.0.0.1:0",
          PRONTO_PUBLIC_IPS: address,
          PRONTO_DATA: join(folder, "data"),
          PRONTO_LOG: "json",
          PRONTO_METRICS_EXEMPLARS: "true",
          PRONTO_RINGS_PER_MINUTE: "1000", // the tests ring one after another
          PRONTO_RINGS_PER_PAIR: "1000",
          ...env,
        },
        stdio: ["ignore", "ignore", "pipe"],
      });
      ({ page: server.url, metrics: server.metrics } = await ready(child, said));
      listen = `127.0.0.1:${new URL(server.url).port}`;
    },
    async kill(signal = "SIGKILL") {
      if (child === undefined) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await gone;
      }
      child = undefined;
    },
    run(...args) {
      let other;
      const done = new Promise((resolve, reject) => {
        other = execFile(bin, args, (error, out, said) => (error ? reject(new Error(said)) : resolve(out)));
      });
      done.catch(() => undefined); // whoever awaits it is told
      return { done, stop: () => other.kill("SIGINT") };
    },
    /** newKey makes an API key beside the running server. */
    newKey(...flags) {
      const env = { ...process.env, PRONTO_BIN: undefined, PRONTO_DATA: join(folder, "data") };
      return JSON.parse(execFileSync(bin, ["keys", "create", "e2e", "--json", ...flags], { env }).toString());
    },
    /** newLink makes a link of an account that is there already, without a part after #: whoever has its id hears all. */
    async newLink(terms) {
      const { credentials } = server.newKey();
      const answer = await fetch(`${server.url}/v1/links`, {
        method: "POST",
        headers: { authorization: `Bearer ${credentials}`, "content-type": "application/json" },
        body: JSON.stringify({ owner: "ana", kind: "video", ...terms }),
      });
      if (!answer.ok) throw new Error(`make a link: ${answer.status} ${await answer.text()}`);
      return (await answer.json()).id;
    },
    /** keeps tells whether bytes are in what the server has on its disk. */
    keeps(bytes) {
      const data = join(folder, "data");
      return readdirSync(data, { recursive: true, withFileTypes: true }).some(
        (file) => file.isFile() && readFileSync(join(file.parentPath, file.name)).includes(bytes),
      );
    },
    async stop() {
      const told = child === undefined ? "" : await scrape(server.metrics);
      await server.kill("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
      const leaks = fine ? [] : [...leaksIn(said.join("\n")), ...leaksIn(told)];
      if (leaks.length > 0)
        throw new Error(`the server tells who calls whom:\n${leaks.slice(0, 10).join("\n")}`);
    },
  };
  await server.start();
  return server;
}

/** ready waits for the line that says where the page and the metrics are. */
function ready(child, said) {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      if (process.env.E2E_LOG) console.error(line);
      try {
        const { msg, page, metrics } = JSON.parse(line);
        if (msg === "pronto is ready") resolve({ page, metrics });
      } catch {
        // a line that is not JSON is kept for the error below
      }
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${said.join("\n")}`)));
    child.once("error", reject);
  });
}

/** openChromium, with more arguments or not, has a fake camera and microphone, and shares a fake screen unasked. */
export function openChromium(more = [], executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium") {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--autoplay-policy=no-user-gesture-required",
      ...more,
    ],
  });
}

/** openFirefox is Firefox itself, by WebDriver BiDi, with fake devices, and more preferences or not. */
export function openFirefox(more = {}) {
  return firefox.launch({
    channel: "moz-firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    firefoxUserPrefs: {
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      "media.peerconnection.ice.loopback": true,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
      "media.autoplay.default": 0,
      ...more,
    },
  });
}

/**
 * stage is what the tests of one file play on: a server, both browsers by name, and
 * person, who signs in and is sent home after each test. The test runner's hooks are handed in,
 * because this module is also used without one.
 */
export function stage({ beforeAll, afterEach, afterAll }, env = {}) {
  const browsers = {};
  let people = [];
  const stage = {
    server: undefined,
    browsers,
    /** joins has somebody leave after the test who came in by another door. */
    joins(one) {
      people.push(one);
      return one;
    },
    async person(browser, user, link = "", options = {}) {
      return stage.joins(await signIn(browsers[browser], stage.server.url, user, link, options));
    },
  };
  beforeAll(async () => {
    await Promise.all([
      startServer(env).then((server) => Object.assign(stage, { server })),
      openChromium().then((Chromium) => Object.assign(browsers, { Chromium })),
      openFirefox().then((Firefox) => Object.assign(browsers, { Firefox })),
    ]);
  });
  afterEach(async () => {
    const here = people;
    people = [];
    for (const one of here) await leave(one);
  });
  afterAll(async () => {
    for (const browser of Object.values(browsers)) await browser.close();
    await stage.server?.stop();
  });
  return stage;
}

/**
 * signIn gives a person a context and a page of his own, on which the SDK is
 * connected. The page holds window.pronto, window.call, and what happened in
 * window.seen; it plays what comes in, as a real page does. It tells the call what it shows whenever
 * anything changes: a test that wants more shown hands it to window.showAlso, for
 * what it tells the call itself holds only until the next change. Cameras are shown at
 * window.shownHeight, 360 if that is not set. options are more of the SDK's.
 */
export async function signIn(browser, url, user, link = "", options = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await openPage(page, url, user, link, options);
  return { page, context, user, faults };
}

/** diagnosis is what a person's page would save for whoever helps. */
export function diagnosis({ page }) {
  return page.evaluate(async () => (await import("/sdk/pronto.js")).diagnose(window.pronto));
}

/** openPage loads a bare page of the server's origin and connects the SDK on it. */
export async function openPage(page, url, user, link = "", options = {}) {
  await page.goto(`${url}/sdk/pronto.js`);
  await page.evaluate(connect, { user, link, options });
}

async function connect({ user, link, options }) {
  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const token = async () => {
    const path = link === "" ? "/v1/demo/sign-in" : `/v1/links/${link}/guests`;
    window.guestToken ??= (await post(path, link === "" ? { user } : { name: user })).token;
    return window.guestToken;
  };
  const { Pronto } = await import("/sdk/pronto.js");
  const pronto = new Pronto({ token, deviceName: `${user}'s test page`, ...options });
  window.seen = { notices: [], ended: [], states: [], problems: [] };
  const players = new Map(); // as many elements as tracks, so that decoders run
  const play = (track) => {
    if (track === undefined || players.has(track)) return;
    const element = document.createElement(track.kind);
    element.autoplay = true;
    element.playsInline = true;
    element.srcObject = new MediaStream([track]);
    players.set(track, element);
    element.play().catch(() => undefined);
  };
  pronto.on("state", (state) => window.seen.states.push(state));
  pronto.on("problem", (problem) => window.seen.problems.push(problem.code));
  pronto.on("incoming", () => undefined);
  pronto.on("call", (call) => {
    window.call = call;
    call.on("notice", ({ type, participant, reason }) =>
      window.seen.notices.push({ type, user: participant.user ?? participant.name, reason }),
    );
    call.on("ended", (ended) => window.seen.ended.push(ended));
    let also = [];
    const show = () => {
      const items = [];
      for (const { participant, self, media } of call.participants) {
        if (self) continue;
        const { audio, camera, screen, screenAudio } = call.media(participant);
        for (const track of [audio, camera, screen, screenAudio]) play(track);
        if (media.screen) items.unshift({ participant, source: "screen", height: 360 });
        if (media.camera) items.push({ participant, source: "camera", height: window.shownHeight ?? 360 });
      }
      call.view([...items, ...also]);
    };
    window.showAt = (height) => {
      window.shownHeight = height;
      show();
    };
    window.showAlso = (items) => {
      also = items;
      show();
    };
    call.on("change", show);
    show();
  });
  window.pronto = pronto;
  await pronto.connect();
}

/** leave hangs up and closes the person's page: a page that only vanishes stays in its call for the grace period. */
export async function leave({ page, context }) {
  await page.evaluate(() => Promise.all((window.pronto?.calls ?? []).map((call) => call.leave())));
  await context.close();
}

/** ring rings users and returns the call's id. */
export function ring(person, users, options = { kind: "video" }) {
  return person.page.evaluate(
    async ([who, how]) => (await window.pronto.ring(who, how)).id,
    [users, options],
  );
}

/** waitIncoming waits until a call rings. */
export function waitIncoming(person) {
  return waitFor(person, "a call that rings", () => window.pronto.incoming.length > 0);
}

/** accept waits until it rings and answers. */
export async function accept(person, options = {}) {
  await waitIncoming(person);
  return person.page.evaluate(async (how) => (await window.pronto.incoming[0].accept(how)).id, options);
}

/** waitFor polls a condition in the person's page until it is true. */
export async function waitFor(person, what, condition, argument, timeoutMs = 30_000) {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const value = await person.page.evaluate(condition, argument);
    if (value) return value;
    if (Date.now() > until) {
      const state = await person.page.evaluate(describeCall);
      throw new Error(
        `${person.user} waited ${timeoutMs} ms for ${what}; ${state}; page: ${person.faults.join(" | ")}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function describeCall() {
  const call = window.call;
  const stats = await call?.stats();
  return JSON.stringify({
    phase: call?.phase,
    topology: call?.topology,
    participants: call?.participants.map(({ name, presence, media }) => ({ name, presence, media })),
    local: call && { microphone: call.local.microphone, camera: call.local.camera },
    deviceError: call?.deviceError?.code,
    stats,
    encryption: call?.encryption,
    frames: (await call?.frames())?.filter(({ frames }) => frames > 0),
    seen: window.seen,
  });
}

/** takeNotes has a person take notes to missed calls, and returns when his browser can open some. */
export async function takeNotes(person) {
  await person.page.evaluate(overhear);
  await person.page.evaluate(async () => {
    const { version } = await window.pronto.privacy();
    const settings = { whoMayCall: "everyone", hideAddress: false, takeNotes: true, ifVersion: version };
    await window.pronto.setPrivacy(settings);
  });
  await waitFor(person, "a key for notes", () => window.sent.includes("setNoteKey"));
}

/** leaveNote rings somebody in vain who takes notes, and leaves him one. It returns the call's id. */
export function leaveNote({ page }, user, recording, mime = "audio/webm") {
  return page.evaluate(
    async ([to, said, type]) => {
      const { account } = window.pronto;
      const call = await window.pronto.ring([to], { kind: "voice" });
      const ended = new Promise((resolve) => call.on("ended", resolve));
      await Promise.all([ended, call.leave()]);
      if (!(await account.canLeaveNote(call.id, { to }))) throw new Error(`${to} takes no notes`);
      await account.leaveNote(call.id, { recording: new Blob([said], { type }), durationMs: 1_000 }, { to });
      return call.id;
    },
    [user, recording, mime],
  );
}

/** participantOf finds the id of a user in the person's call. */
export function participantOf(person, user) {
  return waitFor(
    person,
    `${user} in the call`,
    (name) => window.call?.participants.find((p) => p.user === name || p.name === name)?.participant,
    user,
  );
}

/**
 * waitDecoded waits until sound and picture of another user come out of the
 * decoders here, and go on coming: counters of now and of later differ.
 */
export async function waitDecoded(
  person,
  user,
  { audio = true, camera = true, screen = false, timeoutMs = 30_000 } = {},
) {
  const participant = await participantOf(person, user);
  const wanted = { participant, audio, camera, screen };
  await person.page.evaluate(async (want) => {
    const stats = await window.call.stats();
    window.before = stats.participants.find((p) => p.participant === want.participant);
  }, wanted);
  return waitFor(
    person,
    `media of ${user}`,
    async (want) => {
      const stats = await window.call.stats();
      const now = stats.participants.find((p) => p.participant === want.participant);
      const before = window.before;
      const heard =
        now?.audio?.packets > (before?.audio?.packets ?? 0) + 10 &&
        now.audio.samples > (before?.audio?.samples ?? 0);
      const seen =
        now?.camera?.framesDecoded > (before?.camera?.framesDecoded ?? 0) + 5 && now.camera.width > 0;
      const shared =
        now?.screen?.framesDecoded > (before?.screen?.framesDecoded ?? 0) && now.screen.width > 0;
      if ((want.audio && !heard) || (want.camera && !seen) || (want.screen && !shared)) return false;
      return { ...now, path: stats.path };
    },
    wanted,
    timeoutMs,
  );
}

/** overhear runs in a page: it notes, in window.sent, the types of the frames that the page sends from now on. */
export function overhear() {
  window.sent = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (frame) {
    window.sent.push(JSON.parse(frame).type);
    return send.call(this, frame);
  };
  const beacon = navigator.sendBeacon;
  navigator.sendBeacon = function (...what) {
    window.sent.push("reportEnd");
    return beacon.apply(this, what);
  };
}
