/** name is that of the lock (W3C Web Locks) which the tab has that is the phone of this browser's account, and of the channel to it. */
const name = "pronto.phone";
/** patienceMs is how long the tab that is the phone has to answer; one that the browser has frozen never does. */
const patienceMs = 1_500;
/** handed are the names of what a tab keeps for its calls: it goes with them. */
const handed = /^pronto\.(chat$|secret\.)/;

/** Told are the messages between the tabs. */
type Told =
  | { readonly type: "take" }
  | { readonly type: "given"; readonly kept: readonly (readonly [string, string])[] };

/** Claim is what becomes of a tab that wants to be the phone. */
export interface Claim {
  /** waits: another tab is it, and this one will be when that one is closed, or when take is called. */
  waits(): void;
  /** aside: another tab is it from now on. */
  aside(): void;
}

let held: Held | undefined; // this tab is the phone
let taking: (() => void) | undefined; // this tab waits to be it

/** lead resolves once this tab is the phone. */
export async function lead(claim: Claim): Promise<void> {
  const locks = navigator.locks as LockManager | undefined; // absent on insecure pages
  if (locks === undefined || typeof BroadcastChannel === "undefined" || held !== undefined) return;
  if (await claimed(claim, { ifAvailable: true })) return;
  const waiting = new AbortController();
  const taken = new Promise<boolean>((resolve) => {
    taking = () => {
      taking = undefined;
      if (held !== undefined) return; // it has just become free
      waiting.abort();
      void ask().then(() => resolve(claimed(claim, { steal: true })));
    };
  });
  claim.waits();
  await Promise.race([claimed(claim, { signal: waiting.signal }), taken]);
  taking = undefined;
}

/** take makes the tab that waits the phone. */
export function take(): void {
  taking?.();
}

/** stopLeading lets another tab be the phone. */
export function stopLeading(): void {
  held?.free();
}

/** claimed asks for the lock and keeps it; false if it is not to be had. One that is not waited for any more never resolves. */
function claimed(claim: Claim, options: LockOptions): Promise<boolean> {
  return new Promise((resolve) => {
    let mine: Held | undefined;
    navigator.locks
      .request(name, options, (lock) => {
        resolve(lock !== null);
        if (lock === null) return undefined;
        mine = held = new Held(claim);
        return mine.until;
      })
      .catch(() => mine?.taken());
  });
}

/** Held is the tab's time as the phone. */
class Held {
  /** until resolves when another tab may have the lock. */
  readonly until: Promise<void>;
  readonly #claim: Claim;
  readonly #channel = new BroadcastChannel(name);
  #free: () => void = () => undefined;

  constructor(claim: Claim) {
    this.#claim = claim;
    this.until = new Promise((resolve) => {
      this.#free = resolve;
    });
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.type === "take") this.#give();
    };
  }

  free(): void {
    this.#end();
    this.#free();
  }

  /** taken: another tab has the lock, perhaps without having asked. */
  taken(): void {
    if (this.#end()) this.#claim.aside();
  }

  #give(): void {
    const kept = Object.entries(sessionStorage).filter(([key]) => handed.test(key));
    this.#end();
    this.#claim.aside();
    const answer = new BroadcastChannel(name);
    answer.postMessage({ type: "given", kept } satisfies Told);
    answer.close();
    setTimeout(() => this.#free(), patienceMs); // whoever asked may be gone by now
  }

  #end(): boolean {
    if (held !== this) return false;
    held = undefined;
    this.#channel.close();
    return true;
  }
}

/** ask asks the tab that is the phone to step aside, and takes over what it keeps. */
function ask(): Promise<void> {
  const channel = new BroadcastChannel(name);
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    channel.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.type !== "given") return;
      for (const [key, value] of data.kept) sessionStorage.setItem(key, value);
      clearTimeout(timer);
      resolve();
    };
    channel.postMessage({ type: "take" } satisfies Told);
  }).finally(() => channel.close());
}
