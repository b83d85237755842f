import { t } from "../lang/index.ts";
import type { Phone } from "./phone.ts";
import { attempt, lifetimeMs, say } from "./toasts.ts";

const pending = new Set<() => void>();
let watching = false;

/**
 * forget takes a call out of the log: at once from the screen, and for good when the offer to take that back is over,
 * or when the page goes.
 */
export function forget(phone: Phone, call: string): void {
  watch();
  phone.log.hide(call, true);
  const done = (): void => {
    if (!pending.delete(done)) return;
    clearTimeout(timer);
    void attempt(() => phone.pronto.forgetCalls([call])).then((gone) => {
      if (gone) phone.log.takeForgotten([call]);
      phone.log.hide(call, false);
    });
  };
  const timer = setTimeout(done, lifetimeMs);
  pending.add(done);
  say(t("recents.deleted"), {
    undo: () => {
      clearTimeout(timer);
      if (pending.delete(done)) phone.log.hide(call, false);
    },
  });
}

/** forgetAll deletes the whole log, but for a call that goes on. */
export async function forgetAll(phone: Phone): Promise<void> {
  if (await attempt(() => phone.pronto.forgetCalls())) {
    phone.log.takeForgotten([]);
    say(t("recents.allDeleted"));
  }
}

/** watch does what is still to be done when the page is put aside: it may not come back. */
function watch(): void {
  if (watching) return;
  watching = true;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) for (const done of pending) done();
  });
}
