import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Group, GroupEntry } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Switch } from "../parts/choice.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { TextField } from "../parts/field.tsx";
import { Menu } from "../parts/menu.tsx";
import { Page } from "../parts/page.tsx";
import { PickPeople } from "../parts/pickpeople.tsx";
import { Rename } from "../parts/rename.tsx";
import { Row } from "../parts/row.tsx";
import type { Phone } from "../state/phone.ts";
import { open } from "../state/route.ts";
import { useGroupRing } from "./groupring.tsx";
import { groupDetail } from "./groups.tsx";

/** GroupPage is one group, or the form for a new one. */
export function GroupPage({ phone, group: id }: { phone: Phone; group: string }): JSX.Element {
  useEffect(() => {
    if (id !== "new") void phone.groups.open(id);
  }, [phone, id]);
  if (id === "new") return <NewGroup phone={phone} />;
  const group = phone.groups.groups.value?.find((one) => one.group === id);
  if (group === undefined)
    return (
      <Page title={t("groups.title")} section="groups">
        <p class="empty">
          {phone.groups.groups.value === undefined ? t("app.loading") : t("problem.notFound")}
        </p>
      </Page>
    );
  return <OneGroup phone={phone} group={group} />;
}

function NewGroup({ phone }: { phone: Phone }): JSX.Element {
  const name = useSignal("");
  const picked = useSignal<ReadonlySet<string>>(new Set());
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const made = await phone.groups.create(name.value.trim(), [...picked.value]);
    if (made !== undefined) open("groups", made);
  };
  return (
    <Page title={t("groups.new")} section="groups" testid="group-form">
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <TextField
          label={t("groups.name")}
          value={name.value}
          maxLength={80}
          required
          testid="group-name"
          onInput={(value) => {
            name.value = value;
          }}
        />
        <h2>{t("groups.who")}</h2>
        <p class="detail">{t("groups.whoHint")}</p>
        <PickPeople testid="member" people={phone.people.contacts.value ?? []} picked={picked} />
        <Button submit look="primary" icon="people" disabled={name.value.trim() === ""} testid="create-group">
          {t("groups.create")}
        </Button>
      </form>
    </Page>
  );
}

function OneGroup({ phone, group }: { phone: Phone; group: Group }): JSX.Element {
  const { ring, question } = useGroupRing(phone);
  const adding = useSignal(false);
  const renaming = useSignal(false);
  const leaving = useSignal(false);
  const admin = group.role === "admin";
  const here = group.members.filter(({ membership }) => membership !== "former");
  const stopped = group.suspended === true;
  return (
    <Page title={group.name} section="groups" testid="group-page">
      <div class="portrait">
        <p class="detail" role="status">
          {groupDetail(group)}
        </p>
        <div class="bigacts">
          {group.call === undefined ? (
            <>
              <Button
                icon="phone"
                disabled={phone.busy.value || stopped}
                onPress={() => ring(group.group, "voice")}
                testid="group-ring-voice"
              >
                {t("links.voice")}
              </Button>
              <Button
                look="primary"
                icon="camera"
                disabled={phone.busy.value || stopped}
                onPress={() => ring(group.group, "video")}
                testid="group-ring-video"
              >
                {t("links.video")}
              </Button>
            </>
          ) : (
            <Button
              look="accept"
              icon="phone"
              disabled={phone.busy.value}
              onPress={() => ring(group.group, group.call?.kind ?? "voice")}
              testid="group-join"
            >
              {t("groups.join")}
            </Button>
          )}
        </div>
      </div>
      <Card title={t("groups.membersTitle")}>
        <ul class="rows flat" data-testid="members">
          {here.map((entry) => (
            <Member key={entry.user} phone={phone} group={group} entry={entry} admin={admin} />
          ))}
        </ul>
        <div class="actions">
          <Button
            icon="addPerson"
            testid="add-members"
            onPress={() => {
              adding.value = true;
            }}
          >
            {t("groups.add")}
          </Button>
        </div>
      </Card>
      <Card>
        {admin ? (
          <Switch
            label={t("groups.isolate")}
            hint={t("groups.isolateHint")}
            checked={group.isolate === true}
            onChange={(on) => void phone.groups.isolate(group.group, on)}
            testid="isolate"
          />
        ) : null}
        <div class="actions">
          {admin ? (
            <Button
              icon="pencil"
              testid="rename-group"
              onPress={() => {
                renaming.value = true;
              }}
            >
              {t("groups.rename")}
            </Button>
          ) : null}
          <Button
            look="danger"
            icon="leave"
            testid="leave-group"
            onPress={() => {
              leaving.value = true;
            }}
          >
            {t("groups.leave")}
          </Button>
        </div>
      </Card>
      {adding.value ? (
        <AddMembers phone={phone} group={group} onClose={() => (adding.value = false)} />
      ) : null}
      {renaming.value ? (
        <Rename
          title={t("groups.rename")}
          label={t("groups.name")}
          name={group.name}
          onName={(name) => void phone.groups.rename(group.group, name)}
          onClose={() => (renaming.value = false)}
        />
      ) : null}
      {leaving.value ? (
        <Confirm
          title={t("groups.leaveTitle", { name: group.name })}
          body={t("groups.leaveBody")}
          confirm={t("groups.leave")}
          onCancel={() => {
            leaving.value = false;
          }}
          onConfirm={() => {
            leaving.value = false;
            void phone.groups.leave(group).then((left) => {
              if (left) open("groups");
            });
          }}
        />
      ) : null}
      {question}
    </Page>
  );
}

interface MemberProps {
  readonly phone: Phone;
  readonly group: Group;
  readonly entry: GroupEntry;
  readonly admin: boolean;
}

function Member({ phone, group, entry, admin }: MemberProps): JSX.Element {
  const { user, name, automated, membership, role } = entry;
  const self = user === phone.user;
  const what =
    membership === "invited"
      ? t("groups.invited")
      : role === "admin"
        ? t("groups.admin")
        : t("groups.member");
  return (
    <Row
      picture={<Avatar id={user} name={name} />}
      name={self ? t("call.you") : name}
      mark={
        automated && !self ? (
          <>
            {" "}
            <span class="tag">{t("in.bot")}</span>
          </>
        ) : undefined
      }
      detail={what}
      testid={`member-row-${user}`}
    >
      {!admin || self ? null : (
        <Menu label={t("people.more", { name })} testid={`member-more-${user}`}>
          {membership === "active" ? (
            <Button
              onPress={() =>
                void phone.groups.setRole(group.group, user, role === "admin" ? "member" : "admin")
              }
              testid={`role-${user}`}
            >
              {role === "admin" ? t("groups.makeMember") : t("groups.makeAdmin")}
            </Button>
          ) : null}
          <Button
            onPress={() => void phone.groups.remove(group.group, user, false)}
            testid={`remove-${user}`}
          >
            {t("groups.remove")}
          </Button>
          <Button look="danger" onPress={() => void phone.groups.remove(group.group, user, true)}>
            {t("groups.ban")}
          </Button>
        </Menu>
      )}
    </Row>
  );
}

function AddMembers({
  phone,
  group,
  onClose,
}: {
  phone: Phone;
  group: Group;
  onClose: () => void;
}): JSX.Element {
  const picked = useSignal<ReadonlySet<string>>(new Set());
  const inside = new Set(
    group.members.filter(({ membership }) => membership !== "former").map(({ user }) => user),
  );
  const offered = (phone.people.contacts.value ?? []).filter(({ user }) => !inside.has(user));
  const submit = (event: Event): void => {
    event.preventDefault();
    if (picked.value.size > 0) void phone.groups.add(group.group, [...picked.value]);
    onClose();
  };
  return (
    <Dialog labelledBy="add-members" onCancel={onClose} testid="add-members-dialog">
      <form onSubmit={submit}>
        <h2 id="add-members">{t("groups.add")}</h2>
        {offered.length === 0 ? (
          <p>{t("groups.allHere")}</p>
        ) : (
          <PickPeople testid="member" people={offered} picked={picked} />
        )}
        <div class="actions">
          <Button onPress={onClose}>{t("dialog.cancel")}</Button>
          <Button submit look="primary" disabled={picked.value.size === 0} testid="add-members-yes">
            {t("people.add")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
