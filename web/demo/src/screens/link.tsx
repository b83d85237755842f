import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CallLink } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { QR } from "../parts/qr.tsx";
import { addressOf, usable } from "../state/linklist.ts";
import type { Phone } from "../state/phone.ts";
import { open } from "../state/route.ts";
import { LinkForm } from "./linkform.tsx";
import { linkDetail, linkName } from "./links.tsx";

/** LinkPage is one call link, to be shown, copied and shared; or the form for a new one. */
export function LinkPage({ phone, link: id }: { phone: Phone; link: string }): JSX.Element {
  useEffect(() => {
    if (phone.links.links.value === undefined) void phone.links.load();
  }, [phone]);
  if (id === "new")
    return (
      <Page title={t("links.new")} section="links" testid="link-form">
        <p class="lead">{t("links.lead")}</p>
        <LinkForm links={phone.links} onMade={(link) => open("links", link.link)} />
      </Page>
    );
  const link = phone.links.links.value?.find((one) => one.link === id);
  if (link === undefined)
    return (
      <Page title={t("links.title")} section="links">
        <p class="empty">
          {phone.links.links.value === undefined ? t("app.loading") : t("problem.notFound")}
        </p>
      </Page>
    );
  return <OneLink phone={phone} link={link} />;
}

function OneLink({ phone, link }: { phone: Phone; link: CallLink }): JSX.Element {
  const revoking = useSignal(false);
  const alive = usable(link, Date.now());
  const address = addressOf(link);
  return (
    <Page title={linkName(link)} section="links" testid="link-page">
      <p class="detail" role="status">
        {linkDetail(link)}
      </p>
      {alive ? (
        <Card>
          <div class="linkshow">
            <QR text={address} label={t("links.qr")} testid="link-qr" />
            <div class="stack">
              <p class="detail">{t("links.qrHint")}</p>
              <a class="address" href={address} data-testid="link-address">
                {address}
              </a>
              <div class="actions">
                <Button
                  look="primary"
                  icon="copy"
                  onPress={() => void phone.links.copy(link)}
                  testid="copy-link"
                >
                  {t("links.copy")}
                </Button>
                {canShareText() ? (
                  <Button icon="share" onPress={() => void phone.links.share(link)} testid="share-link">
                    {t("links.share")}
                  </Button>
                ) : null}
              </div>
            </div>
          </div>
        </Card>
      ) : (
        <p class="empty">{t("links.dead")}</p>
      )}
      {alive ? (
        <div class="actions">
          <a class="button" href={address} data-testid="open-link">
            <Icon name={link.kind === "voice" ? "phone" : "camera"} />
            {t("links.join")}
          </a>
          <Button
            look="danger"
            icon="trash"
            testid="revoke-link"
            onPress={() => {
              revoking.value = true;
            }}
          >
            {t("links.revoke")}
          </Button>
        </div>
      ) : null}
      {revoking.value ? (
        <Confirm
          title={t("links.revokeTitle")}
          body={t("links.revokeBody")}
          confirm={t("links.revoke")}
          onCancel={() => {
            revoking.value = false;
          }}
          onConfirm={() => {
            revoking.value = false;
            void phone.links.revoke(link);
          }}
        />
      ) : null}
    </Page>
  );
}

function canShareText(): boolean {
  return typeof navigator.share === "function";
}
