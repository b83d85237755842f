import type { JSX } from "preact";
import type { Kind, Person } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { CallButtons } from "../parts/callbuttons.tsx";
import { Menu } from "../parts/menu.tsx";

interface PersonRowProps {
  readonly person: Person;
  readonly busy: boolean;
  /** selected is undefined while nobody is being selected. */
  readonly selected: boolean | undefined;
  readonly onSelect: () => void;
  readonly onCall: (kind: Kind) => void;
  readonly onRemove: () => void;
  readonly onBlock: () => void;
}

/** PersonRow is one contact: to call, or to select. */
export function PersonRow({
  person,
  busy,
  selected,
  onSelect,
  onCall,
  onRemove,
  onBlock,
}: PersonRowProps): JSX.Element {
  const { user, name } = person;
  const who = (
    <>
      <Avatar id={user} name={name} />
      <span class="who">
        <span class="name">{name}</span>
        <span class="detail">{user}</span>
      </span>
    </>
  );
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
          {who}
        </label>
      </li>
    );
  }
  return (
    <li class="row" data-testid={`contact-${user}`}>
      {who}
      <CallButtons
        voice={t("people.voice", { name })}
        video={t("people.video", { name })}
        busy={busy}
        onCall={onCall}
        testid={user}
      />
      <Menu label={t("people.more", { name })} testid={`more-${user}`}>
        <Button onPress={onRemove} testid={`remove-${user}`}>
          {t("people.remove")}
        </Button>
        <Button look="danger" onPress={onBlock} testid={`block-${user}`}>
          {t("people.block")}
        </Button>
      </Menu>
    </li>
  );
}
