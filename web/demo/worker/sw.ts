// The service worker: it keeps the page for when there is no network, and tells of calls when the page is closed.

import { countMissed, readMemo } from "./memo.ts";
import { type Clicked, type Message, messageOf, type Noted, noteOf, talkPage } from "./note.ts";
import { answer, keep, tidy } from "./shell.ts";

declare const self: ServiceWorkerGlobalScope;

/** claimMs is how long open pages have to say that a notification is theirs. Firefox lets a worker open a page for a second only. */
const claimMs = 400;

/** shown is the last push: each looks at what the one before has left. */
let shown: Promise<void> = Promise.resolve();

self.addEventListener("install", (event) => event.waitUntil(keep(caches)));
self.addEventListener("activate", (event) => event.waitUntil(tidy(caches)));
self.addEventListener("fetch", (event) => {
  const answered = answer(caches, event.request);
  if (answered !== undefined) event.respondWith(answered);
});
self.addEventListener("push", (event) => {
  const text = event.data?.text();
  shown = shown.then(() => pushed(text)).catch(() => undefined);
  event.waitUntil(shown);
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clicked(event.notification.data as Noted, event.action));
});

self.addEventListener("pushsubscriptionchange", (event) => {
  const { oldSubscription, newSubscription } = event as Changed;
  (event as ExtendableEvent).waitUntil(changed(oldSubscription, newSubscription));
});

/** Changed is a PushSubscriptionChangeEvent (Push API, section 11.3), which TypeScript does not have. */
interface Changed extends Event {
  readonly oldSubscription?: PushSubscription | null;
  readonly newSubscription?: PushSubscription | null;
}

/**
 * changed makes a subscription in the place of one that the browser has ended, and has the open pages tell the server of
 * it: the worker itself is nobody there. If none is open, the next page tells it.
 */
async function changed(before: Changed["oldSubscription"], after: Changed["newSubscription"]): Promise<void> {
  const key = before?.options.applicationServerKey;
  if (!after && key)
    await self.registration.pushManager
      .subscribe({ userVisibleOnly: true, applicationServerKey: key })
      .catch(() => undefined); // the page tries again
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true }))
    page.postMessage({ pronto: "renew" });
}

/** pushed shows what was pushed: browsers demand that each push be seen. */
async function pushed(text: string | undefined): Promise<void> {
  const message = messageOf(text);
  if (message === undefined) return; // of another server, or a newer one: the browser says something itself
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (message.type !== "missed" && open.some((page) => page.visibilityState === "visible" && page.focused)) {
    const answers = await Promise.all(open.map((page) => ask(page, { pronto: "rings", ...message })));
    if (answers.includes(true)) return; // it is before somebody's eyes
  }
  const memo = await readMemo(caches);
  const { title, options } = noteOf(message, memo);
  const [before] = await self.registration.getNotifications({ tag: options.tag ?? "" });
  if (message.type === "cancel" && (before?.data as Message | undefined)?.type === "missed") return;
  await self.registration.showNotification(title, options);
  if (message.type === "missed" && (before?.data as Message | undefined)?.type !== "missed")
    await badge(await countMissed(caches));
}

/** clicked goes to the page that the call is of, and opens one if there is none. */
async function clicked(message: Noted, action: string): Promise<void> {
  const { home } = await readMemo(caches);
  const question: Clicked = { pronto: "clicked", ...message, action, home };
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const answers = await Promise.all(pages.map((page) => ask(page, question)));
  const mine = pages[answers.indexOf(true)];
  if (mine !== undefined)
    await mine.focus().catch(() => undefined); // where the browser lets us
  else await self.clients.openWindow(pageOf(message, home));
}

/** pageOf is where a notification leads if no page is open. */
function pageOf(message: Noted, home: string): string {
  if (message.type === "reminder") return talkPage(message, home);
  return message.type === "missed" ? `${home}#recents` : home;
}

/** ask asks a page something that it answers with true if it is the one. */
function ask(page: Client, question: object): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data === true);
    setTimeout(() => resolve(false), claimMs);
    page.postMessage(question, [port2]);
  });
}

/** badge shows a number on the icon of an installed page, where there is one (Badging API). */
async function badge(count: number): Promise<void> {
  const { navigator } = self as { readonly navigator: { setAppBadge?(count: number): Promise<void> } };
  await navigator.setAppBadge?.(count).catch(() => undefined); // not installed
}
