import type { ComponentChildren, JSX } from "preact";

/** holes of a rotary dial: ten digits over 300°, with the finger stop in the gap. */
const holes = Array.from({ length: 10 }, (_, i) => {
  const angle = ((i * 300) / 9 - 240) * (Math.PI / 180);
  return { hole: i, x: 50 + 44 * Math.cos(angle), y: 50 + 44 * Math.sin(angle) };
});

/** DialState is how the dial moves: idle rests, calling is faint, ringing runs round, connecting closes in. */
export type DialState = "idle" | "calling" | "ringing" | "connecting";

/** Dial is Pronto's sign: the holes of a rotary dial around a face or nothing. It shows ringing to those who do not hear it. */
export function Dial({ state, children }: { state: DialState; children?: ComponentChildren }): JSX.Element {
  return (
    <span class="dial" data-state={state}>
      <svg viewBox="0 0 100 100" aria-hidden="true" focusable="false">
        {holes.map(({ hole, x, y }) => (
          <circle key={hole} class={`hole hole-${hole}`} cx={x.toFixed(2)} cy={y.toFixed(2)} r="3.2" />
        ))}
      </svg>
      {children}
    </span>
  );
}
