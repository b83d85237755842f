import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CallLink, LinkChange, LinkSlot } from "../../../sdk/src/index.ts";
import { linkEvent } from "../../../sdk/src/share/index.ts";
import { span, when } from "../format.ts";
import { saveICS } from "../ics.ts";
import { t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { useMoment } from "../parts/moment.ts";
import { Page } from "../parts/page.tsx";
import { QR } from "../parts/qr.tsx";
import { Rename } from "../parts/rename.tsx";
import { over, usable } from "../state/linklist.ts";
import type { Phone } from "../state/phone.ts";
import { open } from "../state/route.ts";
import { attempt } from "../state/toasts.ts";
import { LinkForm } from "./linkform.tsx";
import { linkDetail, linkName } from "./links.tsx";
import { LobbySelect, MostSelect, TermSwitch } from "./linkterms.tsx";

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
  const renaming = useSignal(false);
  useMoment(link.endsMs);
  const alive = usable(link, Date.now());
  const ended = over(link, Date.now());
  const { address } = link;
  return (
    <Page title={linkName(link)} section="links" testid="link-page">
      <p class="detail" role="status">
        {linkDetail(link)}
      </p>
      {alive ? (
        <Card>
          {address === undefined ? (
            <p data-testid="link-elsewhere">{t("links.elsewhere")}</p>
          ) : (
            <Shown phone={phone} link={link} address={address} />
          )}
        </Card>
      ) : (
        <p class="empty">{t(ended ? "links.dead" : "links.spent")}</p>
      )}
      {!ended && address !== undefined ? <HostLink phone={phone} link={link} /> : null}
      {alive ? <Bookings phone={phone} link={link} /> : null}
      {ended ? null : <Terms phone={phone} link={link} />}
      {ended ? null : (
        <div class="actions">
          {address === undefined ? null : (
            <a class="button" href={address} data-testid="open-link">
              <Icon name={link.kind === "voice" ? "phone" : "camera"} />
              {t("links.join")}
            </a>
          )}
          {address === undefined ? null : (
            <Button
              icon="pencil"
              testid="rename-link"
              onPress={() => {
                renaming.value = true;
              }}
            >
              {t("links.rename")}
            </Button>
          )}
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
      )}
      {renaming.value ? (
        <Rename
          title={t("links.rename")}
          label={t("links.titleLabel")}
          name={link.title}
          onName={(title) => void phone.links.change(link, { title })}
          onClose={() => {
            renaming.value = false;
          }}
        />
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

/** Shown is the address of a link to hand out. */
function Shown({ phone, link, address }: { phone: Phone; link: CallLink; address: string }): JSX.Element {
  return (
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
            onPress={() => void phone.links.copy(address)}
            testid="copy-link"
          >
            {t("links.copy")}
          </Button>
          {canShareText() ? (
            <Button
              icon="share"
              onPress={() => void phone.links.share(link.title, address)}
              testid="share-link"
            >
              {t("links.share")}
            </Button>
          ) : null}
        </div>
      </div>
    </div>
  );
}

/** HostLink is the address by which others come as hosts; it is shown once, when it is made. */
function HostLink({ phone, link }: { phone: Phone; link: CallLink }): JSX.Element {
  const address = phone.links.hostOf(link);
  return (
    <Card title={t("links.hostLink")} lead={t("links.hostLead")} testid="host-link">
      {address === undefined ? null : (
        <p class="address" data-testid="host-address">
          {address}
        </p>
      )}
      <div class="actions">
        {address === undefined ? null : (
          <Button icon="copy" onPress={() => void phone.links.copy(address)} testid="copy-host">
            {t("links.copy")}
          </Button>
        )}
        <Button icon="refresh" onPress={() => void phone.links.newHost(link)} testid="new-host">
          {t("links.newHost")}
        </Button>
      </div>
    </Card>
  );
}

/** Terms are what can be changed of a link that others have already. */
function Terms({ phone, link }: { phone: Phone; link: CallLink }): JSX.Element {
  const { lobby = "off", maxParticipants = 0, joinMuted = false, ringHost = false, opensMs } = link.terms;
  const change = (terms: LinkChange): void => void phone.links.change(link, terms);
  const save = (): void => {
    const event = linkEvent({ ...link, title: linkName(link) }, phone.name);
    if (event !== undefined) void saveICS(event);
  };
  return (
    <Card title={t("links.terms")} testid="link-terms">
      {opensMs === undefined ? null : (
        <>
          <p>{t("join.opens", { when: when(opensMs, Date.now()) })}</p>
          <div class="actions">
            <Button icon="clock" onPress={save} testid="save-ics">
              {t("links.ics")}
            </Button>
          </div>
        </>
      )}
      <LobbySelect value={lobby} onChange={(mode) => change({ lobby: mode })} />
      {lobby === "off" ? null : (
        <TermSwitch name="ringHost" checked={ringHost} onChange={(on) => change({ ringHost: on })} />
      )}
      <MostSelect value={maxParticipants} onChange={(most) => change({ maxParticipants: most })} />
      <TermSwitch name="joinMuted" checked={joinMuted} onChange={(on) => change({ joinMuted: on })} />
    </Card>
  );
}

/** Bookings are the times that a link offers, if it offers any, and which of them are taken. */
function Bookings({ phone, link }: { phone: Phone; link: CallLink }): JSX.Element | null {
  const slots = useSignal<readonly LinkSlot[]>([]);
  const talks = bookedBy(phone.links.links.value ?? [], link);
  useEffect(() => {
    let here = true;
    void attempt(async () => {
      const found = await phone.links.slots(link);
      if (here) slots.value = found;
    });
    return () => {
      here = false;
    };
  }, [phone, link, slots, talks]);
  if (slots.value.length === 0) return null;
  return (
    <Card title={t("links.books")} testid="bookings">
      <ul class="plain">
        {slots.value.map(({ fromMs, toMs, booked = false }) => (
          <li key={fromMs} data-booked={booked}>
            {span(fromMs, toMs)} · {t(booked ? "links.booked" : "links.free")}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** bookedBy tells the talks apart that were booked by a link: another text, and its times are other ones. */
function bookedBy(links: readonly CallLink[], { link }: CallLink): string {
  return links
    .filter(({ bookedFrom }) => bookedFrom === link)
    .map((talk) => `${talk.link}${talk.revokedMs === undefined ? "" : "-"}`)
    .join();
}

function canShareText(): boolean {
  return typeof navigator.share === "function";
}
