import { Pronto, type ProntoOptions } from "./pronto.ts";
import type { RequestOptions } from "./requests.ts";
import type { TokenSource } from "./token.ts";

/** ConnectOptions are those of the client beside its token; an aborted signal closes it, connected or not yet. */
export interface ConnectOptions extends Omit<ProntoOptions, "token">, RequestOptions {}

/**
 * connect makes a client and connects it. It resolves when the server knows us, however long it is away, and
 * rejects if it will not. To hear what rings from the first moment on, make a Pronto, listen, and connect that.
 */
export async function connect(token: TokenSource, options: ConnectOptions = {}): Promise<Pronto> {
  const { signal, ...rest } = options;
  const pronto = new Pronto({ ...rest, token });
  await pronto.connect({ signal });
  return pronto;
}
