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
