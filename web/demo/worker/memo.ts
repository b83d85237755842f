// What the page leaves for the service worker, which has no localStorage: in a cache of its own, because both can read that.

/** Memo is what the page has told its worker. */
export interface Memo {
  /** home is the page of whoever wants to be told of calls. */
  readonly home: string;
  /** language is that of the texts. */
  readonly language: string;
  readonly texts: Texts;
}

/** Texts are what a notification may say, in the page's language. They name nobody. */
export interface Texts {
  readonly voice: string;
  readonly video: string;
  readonly answer: string;
  readonly missedVoice: string;
  readonly missedVideo: string;
  readonly missedBody: string;
  readonly over: string;
  /** soon has {time}: when a booked talk begins. */
  readonly soon: string;
  readonly soonBody: string;
}

/** english is for who was told nothing, or something that does not fit. */
export const english: Memo = {
  home: "/",
  language: "en",
  texts: {
    voice: "Incoming voice call",
    video: "Incoming video call",
    answer: "Open Pronto to answer.",
    missedVoice: "Missed voice call",
    missedVideo: "Missed video call",
    missedBody: "Open Pronto to see who it was.",
    over: "The call is over",
    soon: "A booked talk begins at {time}",
    soonBody: "Open Pronto to join.",
  },
};

/** memoCache is the cache's name. */
export const memoCache = "pronto-memo";
const memoPath = "/memo";
const missedPath = "/missed";

/** writeMemo leaves a memo. */
export async function writeMemo(caches: CacheStorage, memo: Memo): Promise<void> {
  await (await caches.open(memoCache)).put(memoPath, Response.json(memo));
}

/** readMemo reads it. */
export async function readMemo(caches: CacheStorage): Promise<Memo> {
  const kept = await read<Partial<Memo>>(caches, memoPath);
  const texts = { ...english.texts, ...kept?.texts };
  return { ...english, ...kept, texts };
}

/** countMissed counts one more missed call, and says how many there are that nobody has looked at. */
export async function countMissed(caches: CacheStorage): Promise<number> {
  const missed = Number((await read<number>(caches, missedPath)) ?? 0) + 1;
  await setMissed(caches, missed);
  return missed;
}

/** setMissed says how many missed calls nobody has looked at. */
export async function setMissed(caches: CacheStorage, missed: number): Promise<void> {
  await (await caches.open(memoCache)).put(missedPath, Response.json(missed));
}

async function read<T>(caches: CacheStorage, path: string): Promise<T | undefined> {
  try {
    return (await (await (await caches.open(memoCache)).match(path))?.json()) as T | undefined;
  } catch {
    return undefined; // something else has written there
  }
}
