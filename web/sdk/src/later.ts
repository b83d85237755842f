import { ProntoError } from "./problem.ts";
import { trusted } from "./trusted.ts";

/**
 * Client is what a part that is loaded when it is first wanted has from the client: a part is a file of its own for
 * several builds of it, so its own copy would be another class of errors, and a second policy of trusted types.
 */
export interface Client {
  readonly ProntoError: typeof ProntoError;
  readonly trusted: typeof trusted;
}

export const client: Client = { ProntoError, trusted };

/** later is a part, or unavailable where its file is not beside the client's or is not let in. */
export async function later<Part>(part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (error) {
    throw new ProntoError(
      "unavailable",
      `a part of the SDK does not load; it is served beside pronto.js, and script-src must allow it: ${error}`,
    );
  }
}

/**
 * lately is something of a part of which all methods answer later: it is loaded, and made, when the first of them is
 * called.
 */
export function lately<Thing extends object>(make: () => Promise<Thing>): Thing {
  let made: Promise<Thing> | undefined;
  return new Proxy({} as Thing, {
    get: (_, name) =>
      name === "then" || typeof name === "symbol"
        ? undefined // to wait for it, or to look at it, is none of its methods
        : async (...given: unknown[]) => {
            made ??= make();
            made.catch(() => {
              made = undefined; // the network may be back the next time
            });
            const thing = (await made) as Record<string, (...given: unknown[]) => unknown>;
            return thing[name]?.(...given);
          },
  });
}
