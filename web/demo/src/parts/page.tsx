import type { ComponentChildren, JSX } from "preact";
import { t } from "../lang/index.ts";
import { hashOf, type Section } from "../state/route.ts";
import { Heading } from "./heading.tsx";
import { Icon } from "./icon.tsx";

interface PageProps {
  readonly title: string;
  /** section is the list that this page was opened from, and goes back to on a phone. */
  readonly section: Section;
  /** hidden hides the title from the eye, where a large name says the same. */
  readonly hidden?: boolean;
  /** acts stand at the end of the title. */
  readonly acts?: ComponentChildren;
  readonly testid?: string;
  readonly children: ComponentChildren;
}

/** Page is what is open of a list. */
export function Page({ title, section, hidden = false, acts, testid, children }: PageProps): JSX.Element {
  return (
    <article class="page" data-testid={testid}>
      <header class="pagetop">
        <a
          class="iconbutton quiet back"
          href={hashOf(section)}
          aria-label={t("page.back")}
          data-testid="back"
        >
          <Icon name="back" />
        </a>
        <Heading hidden={hidden}>{title}</Heading>
        {acts}
      </header>
      {children}
    </article>
  );
}
