import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Kind } from "../../../sdk/src/index.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import type { LinkList } from "../state/linklist.ts";

const expiries: readonly { readonly seconds: number; readonly name: PlainKey }[] = [
  { seconds: 3600, name: "links.expiryHour" },
  { seconds: 86_400, name: "links.expiryDay" },
  { seconds: 7 * 86_400, name: "links.expiryWeek" },
  { seconds: 0, name: "links.expiryNever" },
];

const uses: readonly { readonly count: number; readonly name: PlainKey }[] = [
  { count: 0, name: "links.usesAny" },
  { count: 1, name: "links.usesOnce" },
  { count: 10, name: "links.usesTen" },
];

/** LinkForm makes a link. */
export function LinkForm({ links }: { links: LinkList }): JSX.Element {
  const kind = useSignal<Kind>("video");
  const title = useSignal("");
  const expiry = useSignal(86_400);
  const most = useSignal(0);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = title.value.trim();
    const made = await links.create({
      kind: kind.value,
      ...(name === "" ? {} : { title: name }),
      ...(expiry.value === 0 ? {} : { expiresInSeconds: expiry.value }),
      ...(most.value === 0 ? {} : { maxUses: most.value }),
    });
    if (made) title.value = "";
  };
  return (
    <form class="linkform" onSubmit={(event) => void submit(event)}>
      <fieldset class="choice">
        <legend>{t("links.kind")}</legend>
        {(["voice", "video"] as const).map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="kind"
              value={each}
              checked={kind.value === each}
              data-testid={`link-${each}`}
              onChange={() => {
                kind.value = each;
              }}
            />
            {t(each === "voice" ? "links.voice" : "links.video")}
          </label>
        ))}
      </fieldset>
      <label class="field wide">
        <span>{t("links.titleLabel")}</span>
        <input
          type="text"
          name="title"
          maxLength={80}
          value={title.value}
          placeholder={t("links.titleHint")}
          autocomplete="off"
          data-testid="link-title"
          onInput={(event) => {
            title.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="field">
        <span>{t("links.expiry")}</span>
        <select
          data-testid="link-expiry"
          onChange={(event) => {
            expiry.value = Number(event.currentTarget.value);
          }}
        >
          {expiries.map(({ seconds, name }) => (
            <option key={seconds} value={seconds} selected={seconds === expiry.value}>
              {t(name)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t("links.uses")}</span>
        <select
          data-testid="link-uses"
          onChange={(event) => {
            most.value = Number(event.currentTarget.value);
          }}
        >
          {uses.map(({ count, name }) => (
            <option key={count} value={count} selected={count === most.value}>
              {t(name)}
            </option>
          ))}
        </select>
      </label>
      <Button submit look="primary" icon="link" testid="create-link">
        {t("links.create")}
      </Button>
    </form>
  );
}
