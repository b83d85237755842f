import { type ReadonlySignal, signal } from "@preact/signals";
import { ProntoError } from "../../../sdk/src/index.ts";
import { HttpError } from "../api.ts";
import { problemText } from "../problems.ts";

/** Toast is one line that tells what just happened. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  /** urgent lines interrupt a screen reader; the others wait. */
  readonly urgent: boolean;
  /** undo takes back what was done. */
  readonly undo?: (() => void) | undefined;
}

/** lifetimeMs is how long a line stays: long enough to read two sentences. */
export const lifetimeMs = 6000;
const most = 3;

const list = signal<readonly Toast[]>([]);
let last = 0;

/** toasts are the lines shown now, oldest first. */
export const toasts: ReadonlySignal<readonly Toast[]> = list;

/** say shows a line for some seconds; how is whether it is urgent, or how to take back what it tells. */
export function say(text: string, how: boolean | { readonly undo: () => void } = false): void {
  const toast: Toast = {
    id: ++last,
    text,
    ...(typeof how === "boolean" ? { urgent: how } : { ...how, urgent: false }),
  };
  list.value = [...list.value, toast].slice(-most);
  setTimeout(() => dismiss(toast.id), lifetimeMs);
}

/** dismiss takes a line away. */
export function dismiss(id: number): void {
  list.value = list.value.filter((toast) => toast.id !== id);
}

/** sayProblem tells a failed act in words. What is not an answer of the server is thrown on: it is a fault of the page. */
export function sayProblem(error: unknown): void {
  if (error instanceof ProntoError || error instanceof HttpError) say(problemText(error), true);
  else throw error;
}

/** attempt carries out an act of the user's; it answers whether that went well, and says why if not. */
export async function attempt(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    sayProblem(error);
    return false;
  }
}
