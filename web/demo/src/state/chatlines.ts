import { readKept } from "./kept.ts";

/** Line is a line of a call's chat. */
export interface Line {
  readonly id: number;
  readonly name: string;
  readonly mine: boolean;
  readonly text: string;
  /** atMs is when it was written or came, by this machine's clock (Date.now()). */
  readonly atMs: number;
}

/** chatKey is where a tab keeps what was written in the calls that it is in: what is written is gone with its call, and with the tab. */
export const chatKey = "pronto.chat";

type Kept = Record<string, readonly Line[]>;

/** keptLines are those of a call that this tab was in before it was loaded again. */
export function keptLines(call: string): readonly Line[] {
  const lines = read()[call];
  return Array.isArray(lines) ? lines.filter(isLine) : [];
}

/** keepLines keeps them; with none, the call is forgotten. */
export function keepLines(call: string, lines: readonly Line[]): void {
  const { [call]: _, ...others } = read();
  const all: Kept = lines.length === 0 ? others : { ...others, [call]: lines };
  try {
    if (Object.keys(all).length === 0) sessionStorage.removeItem(chatKey);
    else sessionStorage.setItem(chatKey, JSON.stringify(all));
  } catch {
    // full or forbidden: what was written does not outlast a reload
  }
}

function read(): Kept {
  return readKept<Kept>(chatKey, () => true) ?? {};
}

function isLine(value: unknown): value is Line {
  const { id, name, mine, text, atMs } = Object(value) as Partial<Line>;
  return (
    typeof id === "number" &&
    typeof name === "string" &&
    typeof mine === "boolean" &&
    typeof text === "string" &&
    typeof atMs === "number"
  );
}
