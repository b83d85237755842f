import type { JSX } from "preact";
import type { Group } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { CallButtons } from "../parts/callbuttons.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import { Row } from "../parts/row.tsx";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";
import { useGroupRing } from "./groupring.tsx";

/** GroupsScreen lists our groups, and those that ask whether we come. */
export function GroupsScreen({ phone, open }: { phone: Phone; open: string | undefined }): JSX.Element {
  const groups = phone.groups.groups.value;
  const { ring, question } = useGroupRing(phone);
  return (
    <>
      <header class="top">
        <Heading>{t("groups.title")}</Heading>
        <a class="button quiet" href={hashOf("groups", "new")} data-testid="new-group">
          <Icon name="plus" />
          {t("groups.new")}
        </a>
      </header>
      {phone.groups.invitations.value.map((group) => (
        <Invitation key={group.group} phone={phone} group={group} />
      ))}
      {groups === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {groups?.length === 0 ? <Empty icon="people" text={t("groups.empty")} /> : null}
      {groups === undefined || groups.length === 0 ? null : (
        <ul class="rows" data-testid="groups">
          {groups.map((group) => (
            <Row
              key={group.group}
              picture={
                <span class="sign">
                  <Icon name="people" />
                </span>
              }
              name={group.name}
              detail={groupDetail(group)}
              href={hashOf("groups", group.group)}
              current={open === group.group}
              testid="group"
            >
              {group.call === undefined ? (
                <CallButtons
                  voice={t("groups.voice", { name: group.name })}
                  video={t("groups.video", { name: group.name })}
                  busy={phone.busy.value || group.suspended === true}
                  onCall={(kind) => ring(group.group, kind)}
                  testid="ring-group"
                />
              ) : (
                <Button
                  look="accept"
                  icon="phone"
                  label={t("groups.joinOne", { name: group.name })}
                  onPress={() => ring(group.group, group.call?.kind ?? "voice")}
                  testid="join-group"
                >
                  {t("groups.join")}
                </Button>
              )}
            </Row>
          ))}
        </ul>
      )}
      {question}
    </>
  );
}

/** groupDetail is what to know of a group in a line. */
export function groupDetail(group: Group): string {
  if (group.suspended) return t("groups.suspended");
  if (group.call !== undefined) return t("groups.inCall", { count: group.call.participants });
  return t("groups.members", { count: group.memberCount ?? 0 });
}

function Invitation({ phone, group }: { phone: Phone; group: Group }): JSX.Element {
  const by = phone.people.contacts.value?.find(({ user }) => user === group.by)?.name ?? group.by ?? "";
  return (
    <section class="card invitation" aria-label={t("groups.invitation")} data-testid="invitation">
      <p>
        <Avatar id={group.by ?? ""} name={by} size="small" />
        <span>{t("groups.invitedBy", { by, name: group.name })}</span>
      </p>
      <div class="actions">
        <Button onPress={() => void phone.groups.decline(group)} testid="decline-group">
          {t("in.decline")}
        </Button>
        <Button look="primary" onPress={() => void phone.groups.accept(group.group)} testid="accept-group">
          {t("groups.accept")}
        </Button>
      </div>
    </section>
  );
}
