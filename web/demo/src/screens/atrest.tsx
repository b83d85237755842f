import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { Dial } from "../parts/dial.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { Phone } from "../state/phone.ts";
import { hashOf } from "../state/route.ts";

/** AtRest is what a wide page shows beside a list of which nothing is open: what else one might want. */
export function AtRest({ phone }: { phone: Phone }): JSX.Element {
  const wishes: readonly { readonly icon: IconName; readonly name: string; readonly href: string }[] = [
    { icon: "link", name: t("rest.link"), href: hashOf("links", "new") },
    { icon: "people", name: t("rest.group"), href: hashOf("groups", "new") },
    { icon: "pulse", name: t("rest.test"), href: hashOf("settings", "test") },
    { icon: "question", name: t("rest.why"), href: hashOf("settings", "why") },
  ];
  return (
    <div class="atrest">
      <Dial state="idle">
        <span class="handset">
          <Icon name="phone" />
        </span>
      </Dial>
      <p class="restname">{t("rest.title", { name: phone.name })}</p>
      <p class="detail">{t("rest.lead")}</p>
      <ul class="wishes">
        {wishes.map(({ icon, name, href }) => (
          <li key={href}>
            <a class="button" href={href}>
              <Icon name={icon} />
              {name}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
