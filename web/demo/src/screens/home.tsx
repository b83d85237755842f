import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Dial } from "../parts/dial.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { Phone } from "../state/phone.ts";
import { LinksScreen } from "./links.tsx";
import { PeopleScreen } from "./people.tsx";
import { RecentsScreen } from "./recents.tsx";
import { SettingsScreen } from "./settings.tsx";

const sections = ["people", "recents", "links", "settings"] as const;
type Section = (typeof sections)[number];

const looks: Readonly<Record<Section, { readonly icon: IconName; readonly name: PlainKey }>> = {
  people: { icon: "people", name: "nav.people" },
  recents: { icon: "clock", name: "nav.recents" },
  links: { icon: "link", name: "nav.links" },
  settings: { icon: "settings", name: "nav.settings" },
};

function sectionOf(hash: string): Section {
  return sections.find((section) => hash === `#${section}`) ?? "people";
}

/** section follows the address, so that the back button goes from one section to the one before. */
const section = signal<Section>(sectionOf(location.hash));
addEventListener("hashchange", () => {
  section.value = sectionOf(location.hash);
});

/** Home is the phone at rest. */
export function Home({ phone }: { phone: Phone }): JSX.Element {
  useEffect(() => {
    void phone.people.load();
    void phone.log.load();
    return effect(() => {
      if (section.value === "recents" && phone.log.unseen.value > 0) phone.log.look();
    });
  }, [phone]);
  return (
    <div class="home" data-testid="home">
      <header class="side">
        <p class="wordmark">
          <Dial state="idle" />
          {t("app.name")}
        </p>
        <nav aria-label={t("nav.label")}>
          {sections.map((name) => (
            <a
              key={name}
              href={`#${name}`}
              aria-current={section.value === name ? "page" : undefined}
              data-testid={`nav-${name}`}
            >
              <Icon name={looks[name].icon} />
              <span>{t(looks[name].name)}</span>
              {name === "recents" ? <Unseen count={phone.log.unseen.value} /> : null}
            </a>
          ))}
        </nav>
        <p class="me" data-testid="me">
          <Avatar id={phone.user} name={phone.name} size="small" />
          <span>{phone.name}</span>
        </p>
      </header>
      <main class="content">
        {section.value === "people" ? <PeopleScreen phone={phone} /> : null}
        {section.value === "recents" ? <RecentsScreen phone={phone} /> : null}
        {section.value === "links" ? <LinksScreen phone={phone} /> : null}
        {section.value === "settings" ? <SettingsScreen phone={phone} /> : null}
      </main>
    </div>
  );
}

function Unseen({ count }: { count: number }): JSX.Element | null {
  if (count === 0) return null;
  return (
    <span class="badge" data-testid="unseen">
      <span aria-hidden="true">{count}</span>
      <span class="unseen">{t("nav.missed", { count })}</span>
    </span>
  );
}
