import type { Call } from "../../../sdk/src/index.ts";

/** patienceMs is how long a page waits at most: on a slow network there is time to draw between two descriptions. */
const patienceMs = 1_000;

/**
 * offered resolves when our offer for a call's new connection has left, or patience is over. To draw a call takes a page a
 * tenth of a second and more, and for as long it sends nothing: it draws while the other answers.
 */
export function offered(call: Pick<Call, "offering" | "on">): Promise<void> {
  if (!call.offering) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      undo();
      clearTimeout(timer);
      resolve();
    };
    const undo = call.on("change", () => {
      if (!call.offering) done();
    });
    const timer = setTimeout(done, patienceMs);
  });
}
