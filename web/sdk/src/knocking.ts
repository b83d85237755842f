import { read } from "./linkdetails.ts";
import type { Knocking } from "./lobby.ts";
import type { Signalling } from "./signalling.ts";
import type { Lobby as WireLobby } from "./wire.gen.ts";

/** toKnocking adds what to do about a lobby. @internal */
export async function toKnocking(
  signalling: Signalling,
  lobby: WireLobby,
  secret: string | undefined,
): Promise<Knocking> {
  const answer = async (waiter: string, admit: boolean): Promise<void> => {
    await signalling.request("answerKnock", { call: lobby.call, waiter, admit });
  };
  return {
    ...lobby,
    ...(await read(secret, lobby)),
    admit: (waiter) => answer(waiter, true),
    deny: (waiter) => answer(waiter, false),
  };
}
