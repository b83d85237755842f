import type { JSX } from "preact";
import type { Person } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { CallButtons } from "../parts/callbuttons.tsx";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import { Row } from "../parts/row.tsx";
import { presenceDot, presenceText } from "../presencetext.ts";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";

interface PersonRowProps {
  readonly phone: Phone;
  readonly person: Person;
  readonly current: boolean;
  /** selected is undefined while nobody is being selected. */
  readonly selected: boolean | undefined;
  readonly onSelect: () => void;
  readonly onBlock: () => void;
}

/** PersonRow is one contact: to call, to open, or to select. */
export function PersonRow({
  phone,
  person,
  current,
  selected,
  onSelect,
  onBlock,
}: PersonRowProps): JSX.Element {
  const { user, name } = person;
  const favourite = phone.people.isFavourite(user);
  const presence = phone.watching.people.value.get(user);
  const profile = phone.watching.profiles.value.get(user);
  const detail = presenceText(presence) ?? (profile?.about || user);
  const picture = <Avatar id={user} name={name} presence={presenceDot(presence)} />;
  if (selected !== undefined) {
    return (
      <li class="row" data-testid={`contact-${user}`}>
        <label class="pick">
          <input
            type="checkbox"
            checked={selected}
            aria-label={t("people.selectOne", { name })}
            data-testid={`pick-${user}`}
            onChange={onSelect}
          />
          {picture}
          <span class="who">
            <span class="name">{name}</span>
            <span class="detail">{detail}</span>
          </span>
        </label>
      </li>
    );
  }
  return (
    <Row
      picture={picture}
      name={name}
      mark={favourite ? <Favourite /> : null}
      detail={detail}
      href={hashOf("people", user)}
      current={current}
      testid={`contact-${user}`}
    >
      {profile?.noCalls ? null : (
        <CallButtons
          voice={t("people.voice", { name })}
          video={t("people.video", { name })}
          busy={phone.busy.value}
          onCall={(kind) => void phone.ring([user], kind)}
          testid={user}
        />
      )}
      <Menu label={t("people.more", { name })} testid={`more-${user}`}>
        <Button
          icon="star"
          onPress={() => void phone.people.setFavourite(user, !favourite)}
          testid={`favourite-${user}`}
        >
          {favourite ? t("people.unstar") : t("people.star")}
        </Button>
        <Button icon="trash" onPress={() => void phone.people.remove(person)} testid={`remove-${user}`}>
          {t("people.remove")}
        </Button>
        <Button look="danger" icon="block" onPress={onBlock} testid={`block-${user}`}>
          {t("people.block")}
        </Button>
      </Menu>
    </Row>
  );
}

function Favourite(): JSX.Element {
  return (
    <>
      <Icon name="star" />
      <span class="unseen">{t("people.favourite")}</span>
    </>
  );
}
