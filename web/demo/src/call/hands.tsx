import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import type { Seat } from "../state/shot.ts";
import { attempt } from "../state/toasts.ts";

/** handOrder are those who have a hand up, who raised it first before the others. */
export function handOrder(seats: readonly Seat[]): readonly Seat[] {
  return seats.filter((seat) => seat.handMs !== undefined).sort((a, b) => (a.handMs ?? 0) - (b.handMs ?? 0));
}

/** Hands says whose turn it is. The host may take each hand down, and everybody his own. */
export function Hands({ active }: { active: ActiveCall }): JSX.Element | null {
  const { seats, host } = active.shot.value;
  const order = handOrder(seats);
  if (order.length === 0) return null;
  const lower = (seat: Seat): void =>
    void attempt(() =>
      seat.self ? active.call.conduct.raiseHand(false) : active.call.conduct.lowerHand(seat.participant),
    );
  return (
    <section class="hands" aria-label={t("call.hands")} data-testid="hands">
      <Icon name="hand" />
      <ol>
        {order.map((seat) => (
          <li key={seat.participant}>
            {host || seat.self ? (
              <Button
                look="quiet"
                label={t("call.handLower", { name: nameOf(seat) })}
                testid={`lower-${seat.user ?? seat.name}`}
                onPress={() => lower(seat)}
              >
                {nameOf(seat)}
              </Button>
            ) : (
              nameOf(seat)
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function nameOf(seat: Seat): string {
  return seat.self ? t("call.you") : seat.name;
}
