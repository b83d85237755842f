import { type ReadonlySignal, signal } from "@preact/signals";

/** Asking is the browser's offer to install the page, where it makes one (Chromium: BeforeInstallPromptEvent). */
interface Asking extends Event {
  prompt(): Promise<unknown>;
}

const asking = signal<Asking | undefined>(undefined);

/** installable says that the browser offers to install the page as an app. */
export const installable: ReadonlySignal<unknown> = asking;

/** keepOffer keeps the offer until somebody wants it: it is made once, early. */
export function keepOffer(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    asking.value = event as Asking;
  });
  addEventListener("appinstalled", () => {
    asking.value = undefined;
  });
}

/** install takes the offer. */
export async function install(): Promise<void> {
  const offer = asking.value;
  asking.value = undefined; // it is good once
  await offer?.prompt();
}
