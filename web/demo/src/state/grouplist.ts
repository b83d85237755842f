import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Group, GroupCall, GroupGone, GroupRole, Pronto } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { attempt, say } from "./toasts.ts";

/** withGroup puts a group's newer state into a list, which keeps the members that the older one had if it has none. */
export function withGroup(list: readonly Group[], group: Group): readonly Group[] {
  const before = list.find((one) => one.group === group.group);
  if (before === undefined) return [group, ...list];
  if (before.version > group.version) return list;
  const members = group.members.length === 0 ? before.members : group.members;
  return list.map((one) => (one === before ? { ...group, members } : one));
}

/** GroupList is the groups that we are in or invited to. */
export class GroupList {
  readonly #pronto: Pronto;
  readonly #all = signal<readonly Group[] | undefined>(undefined);

  /** groups are those that we are in, the newest first; undefined until known. */
  readonly groups: ReadonlySignal<readonly Group[] | undefined> = computed(() =>
    this.#all.value?.filter(({ membership }) => membership === "active"),
  );
  /** invitations are those that want to know whether we come. */
  readonly invitations: ReadonlySignal<readonly Group[]> = computed(
    () => this.#all.value?.filter(({ membership }) => membership === "invited") ?? [],
  );

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** load asks for all of them. */
  async load(): Promise<void> {
    await attempt(async () => {
      const listed = await this.#pronto.groups.list();
      let all: readonly Group[] = listed;
      for (const known of this.#all.value ?? [])
        if (listed.some(({ group }) => group === known.group)) all = withMembers(all, known);
      this.#all.value = all;
    });
  }

  /** open asks for a group's members. */
  async open(group: string): Promise<void> {
    await attempt(async () => this.take(await this.#pronto.groups.get(group)));
  }

  /** take is called with what the server tells unasked. */
  take(group: Group): void {
    this.#all.value = withGroup(this.#all.value ?? [], group);
  }

  /** takeGone is told that we are not in a group any more. */
  takeGone({ group }: GroupGone): void {
    this.#all.value = (this.#all.value ?? []).filter((one) => one.group !== group);
  }

  /** takeCall is told that a group has a call to join, or none any more. */
  takeCall(call: GroupCall): void {
    this.#all.value = (this.#all.value ?? []).map((one) => {
      if (one.group !== call.group) return one;
      const { call: _, ...rest } = one;
      return call.active ? { ...rest, call } : rest;
    });
  }

  /** create makes a group; its id if that went well. */
  async create(name: string, users: readonly string[]): Promise<string | undefined> {
    let made: string | undefined;
    await attempt(async () => {
      const group = await this.#pronto.groups.create({ name, users });
      this.take(group);
      made = group.group;
    });
    return made;
  }

  add(group: string, users: readonly string[]): Promise<boolean> {
    return this.#change(() => this.#pronto.groups.add(group, [...users]));
  }
  rename(group: string, name: string): Promise<boolean> {
    return this.#change(() => this.#pronto.groups.rename(group, name));
  }
  remove(group: string, user: string, ban: boolean): Promise<boolean> {
    return this.#change(() => this.#pronto.groups.remove(group, user, ban ? { ban } : {}));
  }
  setRole(group: string, user: string, role: GroupRole): Promise<boolean> {
    return this.#change(() => this.#pronto.groups.setRole(group, user, role));
  }
  accept(group: string): Promise<boolean> {
    return this.#change(() => this.#pronto.groups.accept(group));
  }
  isolate(group: string, on: boolean): Promise<boolean> {
    return this.#change(() => this.#pronto.groups.isolate(group, on));
  }

  async decline(group: Group): Promise<void> {
    await attempt(async () => {
      await this.#pronto.groups.decline(group.group);
      this.takeGone({ group: group.group, reason: "declined" });
    });
  }
  async leave(group: Group): Promise<boolean> {
    return attempt(async () => {
      await this.#pronto.groups.leave(group.group);
      this.takeGone({ group: group.group, reason: "left" });
      say(t("groups.left", { name: group.name }));
    });
  }

  #change(act: () => Promise<Group>): Promise<boolean> {
    return attempt(async () => this.take(await act()));
  }
}

function withMembers(all: readonly Group[], known: Group): readonly Group[] {
  return all.map((one) =>
    one.group === known.group && one.members.length === 0 ? { ...one, members: known.members } : one,
  );
}
