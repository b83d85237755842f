import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Waiter } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { useAside } from "../parts/covering.ts";
import { play, tunes } from "../ringtone.ts";
import type { Phone } from "../state/phone.ts";
import { prefs } from "../state/prefs.ts";
import { attempt } from "../state/toasts.ts";

/** rungMs is how long somebody who waits is heard, at most: he goes on to be seen. */
const rungMs = 12_000;

/** Lobby is what a host decides about: who waits, and what lets him in or not. */
interface Lobby {
  readonly call: string;
  readonly title: string;
  readonly waiting: readonly Waiter[];
  readonly rings: boolean;
  admit(waiter: string): Promise<void>;
  deny(waiter: string): Promise<void>;
}

/** lobbiesOf are those of our own links, and that of the call we are in, if we are a host of it. */
function lobbiesOf(phone: Phone): readonly Lobby[] {
  const own = phone.lobbies.all.value.map((one) => ({ rings: false, ...one }));
  const active = phone.call.value;
  if (active === undefined || own.some(({ call }) => call === active.call.id)) return own;
  const { title = "" } = active.shot.value; // is drawn again when the call changes
  const { lobby } = active.call;
  if (!lobby.hosting || lobby.waiting.length === 0) return own;
  const here: Lobby = {
    call: active.call.id,
    title,
    waiting: lobby.waiting,
    rings: false,
    admit: (waiter) => lobby.admit(waiter),
    deny: (waiter) => lobby.deny(waiter),
  };
  return [...own, here];
}

/** LobbyPanel says who waits at our links, above whatever else is shown, and lets them in or not. */
export function LobbyPanel({ phone }: { phone: Phone }): JSX.Element | null {
  const panel = useRef<HTMLElement>(null);
  const lobbies = lobbiesOf(phone);
  const rings = lobbies.some((lobby) => lobby.rings);
  useEffect(() => {
    if (!rings || !prefs.peek().sounds) return;
    const silence = play(tunes.chime);
    const timer = setTimeout(silence, rungMs);
    return () => {
      clearTimeout(timer);
      silence();
    };
  }, [rings]);
  useAside(panel);
  if (lobbies.length === 0) return null;
  return (
    <aside ref={panel} class="lobby" aria-label={t("lobby.label")} data-testid="lobby">
      {lobbies.map((lobby) => (
        <section key={lobby.call}>
          <p class="detail" role="status">
            {lobby.title === ""
              ? t("lobby.waiting", { count: lobby.waiting.length })
              : t("lobby.waitingAt", { count: lobby.waiting.length, title: lobby.title })}
          </p>
          <ul>
            {lobby.waiting.map((waiter) => (
              <WaiterRow key={waiter.waiter} lobby={lobby} waiter={waiter} />
            ))}
          </ul>
        </section>
      ))}
    </aside>
  );
}

function WaiterRow({ lobby, waiter }: { lobby: Lobby; waiter: Waiter }): JSX.Element {
  const { name } = waiter;
  return (
    <li data-testid="waiter">
      <Avatar id={waiter.user ?? waiter.waiter} name={name} size="small" />
      <span class="who">
        <span class="name">
          {name} {waiter.automated === true ? <span class="tag">{t("in.bot")}</span> : null}
        </span>
        {waiter.guest === true ? <span class="detail">{t("call.tileGuest")}</span> : null}
      </span>
      <Button
        look="quiet"
        label={t("lobby.denyOne", { name })}
        onPress={() => void attempt(() => lobby.deny(waiter.waiter))}
        testid="deny"
      >
        {t("lobby.deny")}
      </Button>
      <Button
        look="primary"
        label={t("lobby.admitOne", { name })}
        onPress={() => void attempt(() => lobby.admit(waiter.waiter))}
        testid="admit"
      >
        {t("lobby.admit")}
      </Button>
    </li>
  );
}
