import { expect, test } from "vitest";
import { BackGuard } from "../src/call/backguard.ts";

/** FakeTab has a history that goes back when it is told to go, not before, as a browser's does. */
class FakeTab extends EventTarget {
  readonly location = { href: "https://calls.example.com/#people" };
  readonly entries: unknown[] = [null];
  #told = 0;
  readonly history = {
    pushState: (state: unknown) => void this.entries.push(state),
    back: () => void this.#told++,
    state: null as unknown,
  };

  constructor() {
    super();
    Object.defineProperty(this.history, "state", { get: () => this.entries.at(-1) });
  }

  /** goes is what the page has told it to, if anything. */
  goes(): void {
    for (; this.#told > 0; this.#told--) this.back();
  }

  /** back is the person's own button. */
  back(): void {
    if (this.entries.length > 1) this.entries.pop();
    this.dispatchEvent(new Event("popstate"));
  }
}

function made() {
  const tab = new FakeTab();
  const guard = new BackGuard(tab);
  const asked: string[] = [];
  return { tab, asked, enter: (call: string) => guard.guard(() => void asked.push(call)) };
}

test("going back asks, as often as one likes, and leaves nothing in the way afterwards", () => {
  const { tab, asked, enter } = made();
  const leave = enter("a");
  tab.back();
  tab.back();
  expect(asked).toEqual(["a", "a"]);
  leave();
  tab.goes();
  expect(tab.entries).toEqual([null]);
  expect(asked).toEqual(["a", "a"]);
});

test.each([
  ["is shown before the other has gone", ["b", "-a"]],
  ["is shown after the other has gone", ["-a", "b"]],
  ["is shown after the browser has gone back", ["-a", "back", "b"]],
])(
  "a call that takes the place of another %s asks for itself, and only when somebody goes back",
  (_, steps) => {
    const { tab, asked, enter } = made();
    const leaveA = enter("a");
    let leaveB = (): void => undefined;
    for (const step of steps) {
      if (step === "b") leaveB = enter("b");
      else if (step === "-a") leaveA();
      else tab.goes();
    }
    tab.goes();
    expect(asked).toEqual([]);
    expect(tab.entries).toHaveLength(2);
    tab.back();
    expect(asked).toEqual(["b"]);
    leaveB();
    tab.goes();
    expect(tab.entries).toEqual([null]);
  },
);

test("who has gone somewhere else on the page is neither asked nor sent back", () => {
  const { tab, asked, enter } = made();
  const leave = enter("a");
  tab.entries.push(null); // a link to #settings
  tab.location.href = "https://calls.example.com/#settings";
  tab.dispatchEvent(new Event("popstate"));
  leave();
  tab.goes();
  expect(asked).toEqual([]);
  expect(tab.entries).toHaveLength(3);
});
