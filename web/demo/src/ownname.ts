import { beside, likenesses, reserved } from "./reserved.gen.ts";

const alike = new Map(
  Object.entries(likenesses).flatMap(([like, others]) => [...others].map((other) => [other, like] as const)),
);
/** unseen are the letters that nothing is drawn for. */
const unseen = /[\u115f\u1160\u3164\uffa0]/;
/** longest is over the length of every one of the words. */
const longest = 20;

/** skeleton is what the eye keeps of a text: its letters, those that look alike as one, and its digits as letters, if they count. */
function skeleton(text: string, digits: boolean): string {
  return [...text.normalize("NFKD")]
    .map((char) => {
      const small = alike.has(char) ? char : char.toLowerCase();
      const like = alike.get(small);
      if (like !== undefined) return digits || !/\p{Nd}/u.test(small) ? like : "";
      return /\p{L}/u.test(small) && !unseen.test(small) ? small : "";
    })
    .join("");
}

const words = (list: readonly string[]) => new Set(list.map((word) => skeleton(word, true)));
const theService = words(reserved);
const besides = words(beside);

/** pretends tells whether a skeleton is nothing but reserved words, one at least, and words beside them. */
function pretends(text: string): boolean {
  const plain = new Set([0]);
  const taken = new Set<number>();
  for (let from = 0; from < text.length; from++) {
    if (!plain.has(from) && !taken.has(from)) continue;
    for (let to = from + 1; to <= Math.min(text.length, from + longest); to++) {
      const word = text.slice(from, to);
      if (theService.has(word)) taken.add(to);
      else if (besides.has(word)) {
        if (plain.has(from)) plain.add(to);
        if (taken.has(from)) taken.add(to);
      }
    }
  }
  return taken.has(text.length);
}

/**
 * readsAsTheService tells whether others would take a name for the service itself: identity.CheckOwnName in Go, which
 * sees no title that is encrypted.
 */
export function readsAsTheService(name: string): boolean {
  return [true, false].some((digits) => pretends(skeleton(name, digits)));
}
