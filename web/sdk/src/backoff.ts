import { closeCodes } from "./wire.gen.ts";

const firstMs = 200;
const longestMs = 5_000;

/**
 * retryDelayMs is how long to wait before connecting again, in milliseconds.
 * attempt counts the failures in a row from 0; the wait doubles from 0.2 s to
 * 5 s, of which a random half is cut off so that the clients of a restarted
 * server do not come back all at once.
 */
export function retryDelayMs(attempt: number, closeCode: number | undefined, random: () => number): number {
  if (attempt === 0 && closeCode === closeCodes.restarting) return random() * 2_000;
  if (attempt === 0 && closeCode === closeCodes.tooSlow) return 0;
  const grown = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  const wait = closeCode === closeCodes.tooMany ? longestMs : grown;
  return wait / 2 + (random() * wait) / 2;
}

/** isFinal tells whether connecting again after this close code would be wrong. */
export function isFinal(closeCode: number): boolean {
  return closeCode === closeCodes.replaced;
}
