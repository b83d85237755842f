import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CallLink } from "../../../sdk/src/index.ts";
import { when } from "../format.ts";
import { t } from "../lang/index.ts";
import { IconButton } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon } from "../parts/icon.tsx";
import { useMoment } from "../parts/moment.ts";
import { Row } from "../parts/row.tsx";
import { usable } from "../state/linklist.ts";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";

/** LinksScreen lists our call links. */
export function LinksScreen({ phone, open }: { phone: Phone; open: string | undefined }): JSX.Element {
  useEffect(() => void phone.links.load(), [phone]);
  const links = phone.links.links.value;
  return (
    <>
      <header class="top">
        <Heading>{t("links.title")}</Heading>
        <a class="button quiet" href={hashOf("links", "new")} data-testid="new-link">
          <Icon name="plus" />
          {t("links.new")}
        </a>
      </header>
      <p class="detail">{t("links.lead")}</p>
      {links === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {links?.length === 0 ? <Empty icon="link" text={t("links.empty")} /> : null}
      {links === undefined || links.length === 0 ? null : (
        <ul class="rows" data-testid="links">
          {links.map((link) => (
            <LinkRow key={link.link} link={link} phone={phone} current={link.link === open} />
          ))}
        </ul>
      )}
    </>
  );
}

/** linkName is what a link is called. */
export function linkName(link: CallLink): string {
  return link.title || t(link.kind === "voice" ? "links.untitledVoice" : "links.untitledVideo");
}

/** linkDetail says how often a link was used, and until when it is good. */
export function linkDetail(link: CallLink): string {
  const used =
    link.terms.maxUses === undefined
      ? t("links.used", { count: link.uses })
      : t("links.usedOf", { count: link.uses, max: link.terms.maxUses });
  const until =
    link.revokedMs !== undefined
      ? t("links.revoked")
      : link.endsMs === undefined
        ? t("links.forever")
        : t("links.until", { when: when(link.endsMs, Date.now()) });
  return `${used} · ${until}`;
}

function LinkRow({ link, phone, current }: { link: CallLink; phone: Phone; current: boolean }): JSX.Element {
  useMoment(link.endsMs);
  const alive = usable(link, Date.now());
  const { address } = link;
  const name = linkName(link);
  return (
    <Row
      class={alive ? "link" : "link dead"}
      picture={
        <span class="sign">
          <Icon name={link.kind === "voice" ? "phone" : "camera"} />
        </span>
      }
      name={name}
      detail={linkDetail(link)}
      href={hashOf("links", link.link)}
      current={current}
      testid="link"
    >
      {alive && address !== undefined ? (
        <IconButton
          icon="copy"
          label={t("links.copyOne", { name })}
          onPress={() => void phone.links.copy(address)}
          testid="copy-link-row"
        />
      ) : null}
    </Row>
  );
}
