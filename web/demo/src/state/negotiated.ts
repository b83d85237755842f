import type { Call } from "../../../sdk/src/index.ts";

/** patienceMs is how long a page waits at most: on a slow network there is time to draw between two descriptions. */
const patienceMs = 1_000;

/**
 * negotiated resolves when a call's new connection has been described both ways, or patience is over. To draw a call takes a
 * page a tenth of a second and more, and for as long it neither sends nor answers.
 */
export function negotiated(call: Pick<Call, "negotiating" | "on">): Promise<void> {
  if (!call.negotiating) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      undo();
      clearTimeout(timer);
      resolve();
    };
    const undo = call.on("change", () => {
      if (!call.negotiating) done();
    });
    const timer = setTimeout(done, patienceMs);
  });
}
