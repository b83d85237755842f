import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { LinkSlot } from "../../../sdk/src/index.ts";
import { span, when } from "../format.ts";
import { saveICS } from "../ics.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Choice } from "../parts/choice.tsx";
import { Dial } from "../parts/dial.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { Booked, Joining, JoinPhase } from "../state/joining.ts";
import { say } from "../state/toasts.ts";
import { PreviewPane } from "./previewpane.tsx";

/** DeadLink is the same for every link that leads nowhere. */
export function DeadLink(): JSX.Element {
  return (
    <main class="plainpage" data-testid="dead-link">
      <Dial state="idle">
        <Icon name="link" />
      </Dial>
      <Heading>{t("join.deadTitle")}</Heading>
      <p class="lead">{t("join.dead")}</p>
      <p>
        <a class="button" href="/">
          {t("join.home")}
        </a>
      </p>
    </main>
  );
}

/** WaitingRoom is for who has knocked: he sees himself, and that somebody has been told. */
export function WaitingRoom({ joining, name }: { joining: Joining; name: string }): JSX.Element {
  return (
    <main class="prejoin" data-testid="join-waiting">
      <p class="wordmark">
        <Dial state="connecting" />
        {t("app.name")}
      </p>
      <PreviewPane preview={joining.preview} name={name} />
      <div class="stack">
        <Heading>{t("join.waitingTitle")}</Heading>
        <p class="lead" role="status">
          {t("join.waiting")}
        </p>
        <Button icon="close" onPress={() => joining.cancel()} testid="stop-waiting">
          {t("join.stopWaiting")}
        </Button>
      </div>
    </main>
  );
}

const turned: Readonly<
  Partial<Record<JoinPhase, { readonly icon: IconName; readonly title: PlainKey; readonly text: PlainKey }>>
> = {
  denied: { icon: "block", title: "join.deniedTitle", text: "join.denied" },
  unanswered: { icon: "clock", title: "join.unansweredTitle", text: "join.unanswered" },
  early: { icon: "clock", title: "join.earlyTitle", text: "join.early" },
};

/** TurnedAway says why nobody is in yet, and what to do. */
export function TurnedAway({ joining }: { joining: Joining }): JSX.Element {
  const phase = joining.phase.value;
  const opensMs = joining.opensMs.value;
  const { icon, title, text } = turned[phase] ?? { icon: "clock", title: "join.title", text: "join.lead" };
  const ready = useReady(opensMs);
  return (
    <main class="plainpage" data-testid={`join-${phase}`}>
      <Dial state="idle">
        <Icon name={icon} />
      </Dial>
      <Heading>{t(title)}</Heading>
      <p class="lead">
        {opensMs === undefined ? t(text) : t("join.opens", { when: when(opensMs, Date.now()) })}
      </p>
      <Button
        look="primary"
        icon="refresh"
        disabled={!ready}
        onPress={() => joining.ask()}
        testid="ask-again"
      >
        {t(phase === "early" ? "join.join" : "join.knockAgain")}
      </Button>
    </main>
  );
}

/** useReady is true once a time has come; without one it is true. */
function useReady(atMs: number | undefined): boolean {
  const ready = useSignal(atMs === undefined || atMs <= Date.now());
  useEffect(() => {
    if (atMs === undefined) return;
    const most = 2 ** 31 - 1; // what a timer can wait
    const timer = setTimeout(
      () => {
        ready.value = true;
      },
      Math.min(most, Math.max(0, atMs - Date.now())),
    );
    return () => clearTimeout(timer);
  }, [atMs, ready]);
  return ready.value;
}

/** Booking offers the free times of a link. */
export function Booking({ joining }: { joining: Joining }): JSX.Element {
  const slots = joining.slots.value.filter((slot) => slot.booked !== true);
  const chosen = useSignal("");
  const slot = slots.find((one) => String(one.fromMs) === chosen.value);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (slot !== undefined) void joining.book(slot);
  };
  return (
    <main class="plainpage" data-testid="join-books">
      <Heading>{t("join.booksTitle")}</Heading>
      <p class="lead">{t(slots.length === 0 ? "join.booksNone" : "join.books")}</p>
      {slots.length === 0 ? null : (
        <form class="stack" onSubmit={submit}>
          <Choice<string>
            legend={t("join.booksWhen")}
            value={chosen.value}
            options={slots.map((one) => ({ value: String(one.fromMs), name: slotText(one), testid: "slot" }))}
            onChange={(value) => {
              chosen.value = value;
            }}
          />
          <Button submit look="primary" icon="clock" disabled={slot === undefined} testid="book">
            {t("join.book")}
          </Button>
        </form>
      )}
    </main>
  );
}

/** slotText is a time as people say it. */
export function slotText({ fromMs, toMs }: LinkSlot): string {
  return span(fromMs, toMs);
}

/** BookedPage is the talk that was booked: when, and how to come. */
export function BookedPage({ booked }: { booked: Booked }): JSX.Element {
  const { address, fromMs, toMs } = booked;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(address);
      say(t("links.copied"));
    } catch {
      say(t("links.copyFailed"), true);
    }
  };
  const save = (): void => {
    const link = new URL(address).pathname.slice(3);
    void saveICS({ link, address, sequence: 0, title: t("join.bookedEvent"), fromMs, toMs });
  };
  return (
    <main class="plainpage" data-testid="join-booked">
      <Dial state="idle">
        <Icon name="check" />
      </Dial>
      <Heading>{t("join.bookedTitle")}</Heading>
      <p class="lead">{span(fromMs, toMs)}</p>
      <p>{t("join.booked")}</p>
      <a class="address" href={address} data-testid="booked-address">
        {address}
      </a>
      <div class="actions">
        <Button look="primary" icon="clock" onPress={save} testid="save-ics">
          {t("links.ics")}
        </Button>
        <Button icon="copy" onPress={() => void copy()}>
          {t("links.copy")}
        </Button>
      </div>
    </main>
  );
}
