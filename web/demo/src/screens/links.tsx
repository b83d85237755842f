import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CallLink } from "../../../sdk/src/index.ts";
import { when } from "../format.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import { addressOf, type LinkList, usable } from "../state/linklist.ts";
import type { Phone } from "../state/phone.ts";
import { LinkForm } from "./linkform.tsx";

/** LinksScreen makes call links and lists ours. */
export function LinksScreen({ phone }: { phone: Phone }): JSX.Element {
  useEffect(() => void phone.links.load(), [phone]);
  const revoking = useSignal<CallLink | undefined>(undefined);
  const links = phone.links.links.value;
  return (
    <>
      <header class="top">
        <Heading>{t("links.title")}</Heading>
      </header>
      <p class="lead">{t("links.lead")}</p>
      <LinkForm links={phone.links} />
      {links === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {links?.length === 0 ? <p class="empty">{t("links.empty")}</p> : null}
      {links === undefined || links.length === 0 ? null : (
        <ul class="rows" data-testid="links">
          {links.map((link) => (
            <LinkRow
              key={link.link}
              link={link}
              links={phone.links}
              onRevoke={() => {
                revoking.value = link;
              }}
            />
          ))}
        </ul>
      )}
      {revoking.value === undefined ? null : (
        <Confirm
          title={t("links.revokeTitle")}
          body={t("links.revokeBody")}
          confirm={t("links.revoke")}
          onCancel={() => {
            revoking.value = undefined;
          }}
          onConfirm={() => {
            if (revoking.value !== undefined) void phone.links.revoke(revoking.value);
            revoking.value = undefined;
          }}
        />
      )}
    </>
  );
}

function LinkRow({
  link,
  links,
  onRevoke,
}: {
  link: CallLink;
  links: LinkList;
  onRevoke: () => void;
}): JSX.Element {
  const alive = usable(link, Date.now());
  const used =
    link.terms.maxUses === undefined
      ? t("links.used", { count: link.uses })
      : t("links.usedOf", { count: link.uses, max: link.terms.maxUses });
  const until =
    link.endsMs === undefined
      ? t("links.forever")
      : t("links.until", { when: when(link.endsMs, Date.now()) });
  return (
    <li class={alive ? "row link" : "row link dead"} data-testid="link">
      <span class="sign">
        <Icon name={link.kind === "voice" ? "phone" : "camera"} />
      </span>
      <span class="who">
        <span class="name">
          {link.title || t(link.kind === "voice" ? "links.untitledVoice" : "links.untitledVideo")}
        </span>
        <span class="detail">
          {used} · {link.revokedMs === undefined ? until : t("links.revoked")}
        </span>
        {alive ? (
          <a class="address" href={addressOf(link)} data-testid="link-address">
            {addressOf(link)}
          </a>
        ) : null}
      </span>
      {alive ? (
        <span class="rowactions">
          <Button icon="copy" onPress={() => void links.copy(link)} testid="copy-link">
            {t("links.copy")}
          </Button>
          <Button look="danger" onPress={onRevoke} testid="revoke-link">
            {t("links.revoke")}
          </Button>
        </span>
      ) : null}
    </li>
  );
}
