import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Dial } from "../parts/dial.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import type { Phone } from "../state/phone.ts";
import { hashOf, route, type Section, sections } from "../state/route.ts";
import { AtRest } from "./atrest.tsx";
import { PeopleScreen } from "./people.tsx";

/** preloadMs is when a page that has shown itself fetches the rest. */
const preloadMs = 800;
const later = () => import("./later.ts");
const Elsewhere = lazy(async () => (await later()).Elsewhere);
const RecentsScreen = lazy(async () => (await later()).RecentsScreen);
const PersonPage = lazy(async () => (await later()).PersonPage);
const Groups = lazy(async () => (await later()).GroupsScreen);
const GroupPage = lazy(async () => (await later()).GroupPage);
const Links = lazy(async () => (await later()).LinksScreen);
const LinkPage = lazy(async () => (await later()).LinkPage);
const Settings = lazy(async () => (await later()).SettingsScreen);
const SettingsPage = lazy(async () => (await later()).SettingsPage);
const TermsBanner = lazy(async () => (await later()).TermsBanner);

const looks: Readonly<Record<Section, { readonly icon: IconName; readonly name: PlainKey }>> = {
  people: { icon: "person", name: "nav.people" },
  recents: { icon: "clock", name: "nav.recents" },
  groups: { icon: "people", name: "nav.groups" },
  links: { icon: "link", name: "nav.links" },
  settings: { icon: "settings", name: "nav.settings" },
};

/** Home is the phone at rest: a list, and beside it, or on a phone in its place, what of it is open. */
export function Home({ phone }: { phone: Phone }): JSX.Element {
  const { section, id } = route.value;
  const elsewhere = phone.elsewhere.value;
  const terms = phone.terms.now.value;
  useEffect(() => {
    const look = () => document.hidden || void phone.log.load(); // a call may go on elsewhere
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [phone]);
  useEffect(() => {
    performance.mark("pronto-home"); // from here on it can be used
    void phone.people.load();
    void phone.log.load();
    void phone.groups.load();
    void phone.own.load();
    const preload = setTimeout(() => {
      for (const one of [
        RecentsScreen,
        PersonPage,
        Groups,
        GroupPage,
        Links,
        LinkPage,
        Settings,
        SettingsPage,
      ])
        one.preload();
    }, preloadMs);
    const looked = effect(() => {
      if (route.value.section === "recents" && phone.log.unseen.value > 0) phone.log.look();
    });
    return () => {
      clearTimeout(preload);
      looked();
    };
  }, [phone]);
  useBackFocus();
  return (
    <div class="home" data-testid="home" data-open={id !== undefined}>
      <header class="rail">
        <p class="wordmark">
          <Dial state="idle" />
          <span>{t("app.name")}</span>
        </p>
        <nav aria-label={t("nav.label")}>
          {sections.map((name) => (
            <a
              key={name}
              href={hashOf(name)}
              aria-current={section === name ? "page" : undefined}
              data-testid={`nav-${name}`}
            >
              <Icon name={looks[name].icon} />
              <span>{t(looks[name].name)}</span>
              {name === "recents" ? <Count count={phone.log.unseen.value} name="nav.missed" /> : null}
              {name === "groups" ? (
                <Count count={phone.groups.invitations.value.length} name="nav.invitations" />
              ) : null}
            </a>
          ))}
        </nav>
        <a class="me" href={hashOf("settings", "profile")} data-testid="me">
          <Avatar id={phone.user} name={phone.name} size="small" />
          <span>{phone.name}</span>
        </a>
      </header>
      <main class="panes">
        <div class="pane list">
          {terms === undefined ? null : <TermsBanner phone={phone} terms={terms} />}
          {elsewhere === undefined ? null : <Elsewhere phone={phone} entry={elsewhere} />}
          <List phone={phone} section={section} id={id} />
        </div>
        <div class="pane opened">
          <Detail phone={phone} section={section} id={id} />
        </div>
      </main>
    </div>
  );
}

function List({
  phone,
  section,
  id,
}: {
  phone: Phone;
  section: Section;
  id: string | undefined;
}): JSX.Element {
  switch (section) {
    case "people":
      return <PeopleScreen phone={phone} open={id} />;
    case "recents":
      return <RecentsScreen phone={phone} />;
    case "groups":
      return <Groups phone={phone} open={id} />;
    case "links":
      return <Links phone={phone} open={id} />;
    case "settings":
      return <Settings phone={phone} open={id} />;
  }
}

function Detail({
  phone,
  section,
  id,
}: {
  phone: Phone;
  section: Section;
  id: string | undefined;
}): JSX.Element {
  if (id === undefined) return <AtRest phone={phone} />;
  switch (section) {
    case "people":
      return <PersonPage key={id} phone={phone} user={id} />;
    case "groups":
      return <GroupPage key={id} phone={phone} group={id} />;
    case "links":
      return <LinkPage key={id} phone={phone} link={id} />;
    case "settings":
      return <SettingsPage key={id} phone={phone} page={id} />;
    default:
      return <AtRest phone={phone} />;
  }
}

/** useBackFocus gives the focus back to the row that was open, when its page is closed. */
function useBackFocus(): void {
  useEffect(() => {
    let before = route.peek();
    return effect(() => {
      const now = route.value;
      if (before.id !== undefined && now.id === undefined && before.section === now.section) {
        const was = hashOf(before.section, before.id);
        requestAnimationFrame(() =>
          document.querySelector<HTMLElement>(`.list a[href="${CSS.escape(was)}"]`)?.focus(),
        );
      }
      before = now;
    });
  }, []);
}

function Count({
  count,
  name,
}: {
  count: number;
  name: "nav.missed" | "nav.invitations";
}): JSX.Element | null {
  if (count === 0) return null;
  return (
    <span class="badge" data-testid={name === "nav.missed" ? "unseen" : "invitations"}>
      <span aria-hidden="true">{count}</span>
      <span class="unseen">{t(name, { count })}</span>
    </span>
  );
}
