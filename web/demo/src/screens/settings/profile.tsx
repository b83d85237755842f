import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../lang/index.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { TextField } from "../../parts/field.tsx";
import { faces } from "../../state/faces.ts";
import type { Phone } from "../../state/phone.ts";

/** ProfilePage is what others see of us. */
export function ProfilePage({ phone }: { phone: Phone }): JSX.Element {
  const file = useRef<HTMLInputElement>(null);
  const profile = phone.own.profile.value;
  const name = useSignal(phone.name);
  const about = useSignal(profile?.about ?? "");
  useEffect(() => {
    if (profile === undefined) return;
    name.value = profile.name;
    about.value = profile.about ?? "";
  }, [profile, name, about]);
  return (
    <>
      <div class="portrait">
        <Avatar id={phone.user} name={phone.name} size="huge" />
        <div class="actions">
          <Button icon="camera" onPress={() => file.current?.click()} testid="choose-image">
            {t("profile.choose")}
          </Button>
          {faces.value.has(phone.user) ? (
            <Button onPress={() => void phone.own.removeImage()} testid="remove-image">
              {t("profile.remove")}
            </Button>
          ) : null}
        </div>
        <input
          ref={file}
          type="file"
          accept="image/*"
          hidden
          aria-label={t("profile.choose")}
          data-testid="image"
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen !== undefined) void phone.own.setImage(chosen);
            event.currentTarget.value = "";
          }}
        />
      </div>
      <Card>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void phone.own.save(name.value.trim(), about.value.trim());
          }}
        >
          <TextField
            label={t("profile.name")}
            value={name.value}
            maxLength={64}
            required
            autocomplete="name"
            testid="profile-name"
            onInput={(value) => {
              name.value = value;
            }}
          />
          <TextField
            label={t("profile.about")}
            hint={t("profile.aboutHint")}
            value={about.value}
            maxLength={280}
            testid="profile-about"
            onInput={(value) => {
              about.value = value;
            }}
          />
          <div class="actions">
            <Button submit look="primary" testid="save-profile">
              {t("dialog.save")}
            </Button>
          </div>
        </form>
      </Card>
      <p class="detail">{t("person.id", { user: phone.user })}</p>
    </>
  );
}
