import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type PlainKey, t } from "../lang/index.ts";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import { attempt } from "../state/toasts.ts";
import { deskOf } from "./desk.ts";

/** reactions are the five signs, in the order of the keys 1 to 5. */
export const reactions = ["thumbsUp", "applause", "laugh", "heart", "wonder"] as const;

type Reaction = (typeof reactions)[number];

const words: Readonly<Record<Reaction, PlainKey>> = {
  thumbsUp: "react.thumbsUp",
  applause: "react.applause",
  laugh: "react.laugh",
  heart: "react.heart",
  wonder: "react.wonder",
};

/** react shows one to all. */
export function react(active: ActiveCall, reaction: Reaction | undefined): void {
  if (reaction !== undefined) void attempt(() => active.call.conduct.react(reaction));
}

/** ReactMenu has the signs and the hand. */
export function ReactMenu({ active, raised }: { active: ActiveCall; raised: boolean }): JSX.Element {
  return (
    <Menu
      label={t("react.menu")}
      icon="smile"
      class={raised ? "control active" : "control"}
      testid="react-menu"
    >
      <div class="reacts">
        {reactions.map((reaction, i) => (
          <button
            key={reaction}
            type="button"
            class="iconbutton quiet"
            aria-label={t(words[reaction])}
            aria-keyshortcuts={String(i + 1)}
            title={`${t(words[reaction])} (${i + 1})`}
            data-testid={`react-${reaction}`}
            onClick={() => react(active, reaction)}
          >
            <Icon name={reaction} />
          </button>
        ))}
      </div>
      <button
        type="button"
        class="button"
        aria-keyshortcuts="h"
        data-testid="raise-hand"
        onClick={() => void attempt(() => active.call.conduct.raiseHand(!raised))}
      >
        <Icon name="hand" />
        {raised ? t("react.lower") : t("react.raise")}
      </button>
    </Menu>
  );
}

/** Signs are the reactions of the moment: they rise beside the name of who made them. */
export function Signs({ active }: { active: ActiveCall }): JSX.Element {
  const { seats } = active.shot.value;
  const name = (participant: string): string => {
    const seat = seats.find((one) => one.participant === participant);
    return seat?.self ? t("call.you") : (seat?.name ?? "");
  };
  return (
    <div class="signs" data-testid="signs">
      {deskOf(active).signs.value.map(({ id, participant, reaction }) => (
        <p key={id} class="rising" data-lane={id % 4}>
          <Icon name={reaction} />
          <span>{name(participant)}</span>
          <span class="unseen">{t(words[reaction])}</span>
        </p>
      ))}
    </div>
  );
}

/** saidEveryMs is how often at most a screen reader is told what happened: ten who come at once are one sentence. */
const saidEveryMs = 2_500;
const mostSaid = 3;

/** Heard reads out what happened, no more often than one can listen to. */
export function Heard({ active }: { active: ActiveCall }): JSX.Element {
  const [said, say] = useState("");
  useEffect(() => {
    let told = 0;
    let queue: string[] = [];
    const undo = active.lines.subscribe((lines) => {
      const fresh = lines.filter(({ id }) => id > told);
      told = Math.max(told, ...fresh.map(({ id }) => id));
      queue.push(...fresh.map(({ text }) => text));
    });
    const timer = setInterval(() => {
      if (queue.length === 0) return;
      const more = queue.length - mostSaid;
      say([...queue.slice(0, mostSaid), ...(more > 0 ? [t("call.more", { count: more })] : [])].join(" "));
      queue = [];
    }, saidEveryMs);
    return () => {
      undo();
      clearInterval(timer);
    };
  }, [active]);
  return (
    <div class="unseen" role="log" aria-live="polite" data-testid="heard">
      <p key={said}>{said}</p>
    </div>
  );
}
