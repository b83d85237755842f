import type { JSX } from "preact";
import { type PlainKey, t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Heading } from "../parts/heading.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Row } from "../parts/row.tsx";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";

/** settingsPages are the pages of the settings, in their order, in groups. */
export const settingsPages = [
  ["privacy", "blocked", "quiet", "alerts"],
  ["media", "quality", "look", "keys"],
  ["linked", "why", "test", "account"],
] as const;

/** SettingsName names one of them; profile is reached by our own picture. */
export type SettingsName = (typeof settingsPages)[number][number] | "profile";

export const settingsLooks: Readonly<
  Record<SettingsName, { readonly icon: IconName; readonly name: PlainKey; readonly detail: PlainKey }>
> = {
  profile: { icon: "person", name: "settings.profile", detail: "settings.profileDetail" },
  privacy: { icon: "shield", name: "settings.privacy", detail: "settings.privacyDetail" },
  blocked: { icon: "block", name: "settings.blocked", detail: "settings.blockedDetail" },
  quiet: { icon: "moon", name: "settings.quiet", detail: "settings.quietDetail" },
  alerts: { icon: "bell", name: "settings.alerts", detail: "settings.alertsDetail" },
  media: { icon: "microphone", name: "settings.media", detail: "settings.mediaDetail" },
  quality: { icon: "chart", name: "settings.quality", detail: "settings.qualityDetail" },
  look: { icon: "globe", name: "settings.look", detail: "settings.lookDetail" },
  keys: { icon: "keyboard", name: "settings.keys", detail: "settings.keysDetail" },
  linked: { icon: "device", name: "settings.linked", detail: "settings.linkedDetail" },
  why: { icon: "question", name: "settings.why", detail: "settings.whyDetail" },
  test: { icon: "pulse", name: "settings.test", detail: "settings.testDetail" },
  account: { icon: "leave", name: "settings.account", detail: "settings.accountDetail" },
};

/** SettingsScreen lists what can be decided. */
export function SettingsScreen({ phone, open }: { phone: Phone; open: string | undefined }): JSX.Element {
  return (
    <>
      <header class="top">
        <Heading>{t("settings.title")}</Heading>
      </header>
      <ul class="rows">
        <Row
          picture={<Avatar id={phone.user} name={phone.name} size="medium" />}
          name={phone.name}
          detail={t("settings.profileDetail")}
          href={hashOf("settings", "profile")}
          current={open === "profile"}
          testid="open-profile"
        />
      </ul>
      {settingsPages.map((names) => (
        <ul key={names[0]} class="rows">
          {names.map((name) => (
            <Row
              key={name}
              picture={
                <span class="sign">
                  <Icon name={settingsLooks[name].icon} />
                </span>
              }
              name={t(settingsLooks[name].name)}
              detail={t(settingsLooks[name].detail)}
              href={hashOf("settings", name)}
              current={open === name}
              testid={`open-${name}`}
            />
          ))}
        </ul>
      ))}
    </>
  );
}
