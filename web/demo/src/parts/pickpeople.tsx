import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Person } from "../../../sdk/src/index.ts";
import { Avatar } from "./avatar.tsx";

/** PickPeople chooses several of those it is given. testid begins the test ids of their boxes. */
export function PickPeople({
  people,
  picked,
  testid,
}: {
  people: readonly Person[];
  picked: Signal<ReadonlySet<string>>;
  testid: string;
}): JSX.Element {
  const toggle = (user: string): void => {
    const next = new Set(picked.value);
    if (!next.delete(user)) next.add(user);
    picked.value = next;
  };
  return (
    <ul class="rows">
      {people.map(({ user, name }) => (
        <li key={user} class="row">
          <label class="pick">
            <input
              type="checkbox"
              checked={picked.value.has(user)}
              data-testid={`${testid}-${user}`}
              onChange={() => toggle(user)}
            />
            <Avatar id={user} name={name} size="small" />
            <span class="name">{name}</span>
          </label>
        </li>
      ))}
    </ul>
  );
}
