import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { HttpError, type Identity, identities } from "../api.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { IconButton } from "../parts/button.tsx";
import { CallButtons } from "../parts/callbuttons.tsx";
import { Row } from "../parts/row.tsx";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";
import { inDemo } from "../state/session.ts";

/** OthersHere lists the demo's other identities, so that a newcomer without contacts has somebody to call. */
export function OthersHere({ phone }: { phone: Phone }): JSX.Element | null {
  const all = useSignal<readonly Identity[]>([]);
  useEffect(() => {
    if (!inDemo()) return;
    let shown = true;
    identities().then(
      (list) => {
        if (shown) all.value = list ?? [];
      },
      (error: unknown) => {
        if (!(error instanceof HttpError)) throw error; // without the list, contacts still work
      },
    );
    return () => {
      shown = false;
    };
  }, [all]);
  const contacts = phone.people.contacts.value;
  if (contacts === undefined) return null;
  const known = new Set([
    phone.user,
    ...contacts.map(({ user }) => user),
    ...phone.people.blocked.value.map(({ user }) => user),
  ]);
  const others = all.value.filter(({ user }) => !known.has(user));
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="others">
      <h2 id="others">{t("people.others")}</h2>
      <ul class="rows" data-testid="others">
        {others.map(({ user, name }) => (
          <Row
            key={user}
            picture={<Avatar id={user} name={name} />}
            name={name}
            detail={user}
            href={hashOf("people", user)}
            testid={`other-${user}`}
          >
            <CallButtons
              voice={t("people.voice", { name })}
              video={t("people.video", { name })}
              busy={phone.busy.value}
              onCall={(kind) => void phone.ring([user], kind)}
              testid={user}
            />
            <IconButton
              icon="addPerson"
              look="quiet"
              label={t("people.addOne", { name })}
              onPress={() => void phone.people.add(user)}
              testid={`add-${user}`}
            />
          </Row>
        ))}
      </ul>
    </section>
  );
}
