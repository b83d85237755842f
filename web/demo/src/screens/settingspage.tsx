import type { FunctionComponent, JSX } from "preact";
import { t } from "../lang/index.ts";
import { Page } from "../parts/page.tsx";
import type { Phone } from "../state/phone.ts";
import { AccountPage } from "./settings/account.tsx";
import { AlertsPage } from "./settings/alerts.tsx";
import { BlockedPage } from "./settings/blocked.tsx";
import { KeysPage } from "./settings/keys.tsx";
import { LinkedPage } from "./settings/linked.tsx";
import { LookPage } from "./settings/look.tsx";
import { MediaPage } from "./settings/media.tsx";
import { PrivacyPage } from "./settings/privacy.tsx";
import { ProfilePage } from "./settings/profile.tsx";
import { QualityPage } from "./settings/quality.tsx";
import { QuietPage } from "./settings/quiet.tsx";
import { TestPage } from "./settings/test.tsx";
import { WhyPage } from "./settings/why.tsx";
import { type SettingsName, settingsLooks } from "./settings.tsx";

interface Props {
  readonly phone: Phone;
}

const pages: Readonly<Record<SettingsName, FunctionComponent<Props>>> = {
  profile: ProfilePage,
  privacy: PrivacyPage,
  blocked: BlockedPage,
  quiet: QuietPage,
  alerts: AlertsPage,
  media: MediaPage,
  quality: QualityPage,
  look: LookPage,
  keys: KeysPage,
  linked: LinkedPage,
  why: WhyPage,
  test: TestPage,
  account: AccountPage,
};

/** SettingsPage is one page of the settings. */
export function SettingsPage({ phone, page }: { phone: Phone; page: string }): JSX.Element {
  const name = page in pages ? (page as SettingsName) : "profile";
  const Content = pages[name];
  return (
    <Page title={t(settingsLooks[name].name)} section="settings" testid={`settings-${name}`}>
      <Content phone={phone} />
    </Page>
  );
}
