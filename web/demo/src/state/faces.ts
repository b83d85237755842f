import { type ReadonlySignal, signal } from "@preact/signals";

const images = signal<ReadonlyMap<string, string>>(new Map());

/** faces are the images of accounts that show us one, by account: paths on this server. */
export const faces: ReadonlySignal<ReadonlyMap<string, string>> = images;

/** setFaces takes what was learnt of some accounts; without an image an account has none any more. */
export function setFaces(learnt: Iterable<{ readonly user: string; readonly avatar?: string }>): void {
  const next = new Map(images.value);
  for (const { user, avatar } of learnt) {
    if (avatar === undefined) next.delete(user);
    else next.set(user, avatar);
  }
  images.value = next;
}
