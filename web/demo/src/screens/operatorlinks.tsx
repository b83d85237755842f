import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Operator, waysIn } from "../api.ts";
import { t } from "../lang/index.ts";

const texts = {
  contact: "operator.contact",
  privacyNotice: "operator.privacy",
  complaints: "operator.complaints",
} as const;

/** OperatorLinks are the ways to who runs the server, as far as it names any: else there is nothing to see. */
export function OperatorLinks(props: { children: (links: JSX.Element) => JSX.Element }): JSX.Element | null {
  const known = useSignal<Operator>({});
  useEffect(() => {
    waysIn().then(
      ({ operator }) => {
        known.value = operator;
      },
      () => undefined, // it is not what somebody came for
    );
  }, []);
  const named = (Object.keys(texts) as (keyof typeof texts)[]).flatMap((name) => {
    const to = known.value[name];
    return to === undefined ? [] : [{ name, to }];
  });
  if (named.length === 0) return null;
  return props.children(
    <ul class="plain stack">
      {named.map(({ name, to }) => (
        <li key={name}>
          <a href={to} target="_blank" rel="noopener noreferrer" data-testid={`operator-${name}`}>
            {t(texts[name])}
          </a>
        </li>
      ))}
    </ul>,
  );
}
