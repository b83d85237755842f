import type { JSX } from "preact";
import { type PlainKey, t } from "../lang/index.ts";

/** Name is what is printed on a key, or the text that names it. */
type Name = string | { readonly named: PlainKey };

type Acts = readonly (readonly [keys: readonly Name[], act: PlainKey])[];

const single: Acts = [
  [["M"], "keys.microphone"],
  [[{ named: "keys.space" }], "keys.talk"],
  [["V"], "keys.camera"],
  [["S"], "keys.share"],
  [["P"], "keys.people"],
  [["C"], "chat.title"],
  [["H"], "keys.hand"],
  [["1–5"], "keys.react"],
  [["I"], "keys.statistics"],
  [["?"], "keys.help"],
];
const others: Acts = [
  [[{ named: "keys.control" }, { named: "keys.enter" }], "keys.accept"],
  [[{ named: "keys.escape" }], "keys.decline"],
];

/** KeyList says what each key does in a call. */
export function KeyList(): JSX.Element {
  return (
    <dl class="keys" data-testid="key-list">
      {[...single, ...others].map(([keys, act]) => (
        <div key={act}>
          <dt>
            {keys.map((name) => {
              const text = typeof name === "string" ? name : t(name.named);
              return <kbd key={text}>{text}</kbd>;
            })}
          </dt>
          <dd>{t(act)}</dd>
        </div>
      ))}
    </dl>
  );
}
