import type { JSX } from "preact";
import { type Language, languages, t } from "../../lang/index.ts";
import { Card } from "../../parts/card.tsx";
import { Choice } from "../../parts/choice.tsx";
import { prefs, setPrefs, type Theme } from "../../state/prefs.ts";

/** LookPage is the page's language and colours. */
export function LookPage(): JSX.Element {
  const tags = Object.keys(languages) as Language[];
  return (
    <>
      <Card>
        <Choice<Language | "">
          legend={t("look.language")}
          value={prefs.value.language ?? ""}
          options={[
            { value: "", name: t("look.browser"), testid: "language-browser" },
            ...tags.map((tag) => ({ value: tag, name: languages[tag], testid: `language-${tag}` })),
          ]}
          onChange={(tag) => setPrefs({ language: tag === "" ? undefined : tag })}
        />
      </Card>
      <Card>
        <Choice<Theme>
          legend={t("look.theme")}
          look="segments"
          value={prefs.value.theme}
          options={[
            { value: "system", name: t("look.system"), testid: "theme-system" },
            { value: "light", name: t("look.light"), testid: "theme-light" },
            { value: "dark", name: t("look.dark"), testid: "theme-dark" },
          ]}
          onChange={(theme) => setPrefs({ theme })}
        />
      </Card>
    </>
  );
}
