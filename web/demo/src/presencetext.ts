import type { PersonPresence } from "../../sdk/src/index.ts";
import { when } from "./format.ts";
import { t } from "./lang/index.ts";

/** presenceText says in words whether somebody is there; undefined if we may not know. */
export function presenceText(presence: PersonPresence | undefined): string | undefined {
  if (presence?.inCall) return t("presence.inCall");
  if (presence?.online) return t("presence.online");
  if (presence?.lastSeenMs !== undefined)
    return t("presence.lastSeen", { when: when(presence.lastSeenMs, Date.now()) });
  return undefined;
}

/** presenceDot is the dot of an avatar for that. */
export function presenceDot(presence: PersonPresence | undefined): "online" | "inCall" | undefined {
  return presence?.inCall ? "inCall" : presence?.online ? "online" : undefined;
}
