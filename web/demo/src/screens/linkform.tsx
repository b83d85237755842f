import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { CallLink, Kind } from "../../../sdk/src/index.ts";
import { type PlainKey, t } from "../lang/index.ts";
import { Button } from "../parts/button.tsx";
import { Choice } from "../parts/choice.tsx";
import { Select, TextField } from "../parts/field.tsx";
import type { LinkList } from "../state/linklist.ts";

const expiries = {
  "3600": "links.expiryHour",
  "86400": "links.expiryDay",
  "604800": "links.expiryWeek",
  "0": "links.expiryNever",
} as const satisfies Record<string, PlainKey>;

const uses = { "0": "links.usesAny", "1": "links.usesOnce", "10": "links.usesTen" } as const satisfies Record<
  string,
  PlainKey
>;

/** LinkForm makes a link. */
export function LinkForm({
  links,
  onMade,
}: {
  links: LinkList;
  onMade: (link: CallLink) => void;
}): JSX.Element {
  const kind = useSignal<Kind>("video");
  const title = useSignal("");
  const expiry = useSignal("86400");
  const most = useSignal("0");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = title.value.trim();
    const made = await links.create({
      kind: kind.value,
      ...(name === "" ? {} : { title: name }),
      ...(expiry.value === "0" ? {} : { expiresInSeconds: Number(expiry.value) }),
      ...(most.value === "0" ? {} : { maxUses: Number(most.value) }),
    });
    if (made !== undefined) onMade(made);
  };
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <Choice<Kind>
        legend={t("links.kind")}
        look="segments"
        value={kind.value}
        options={[
          { value: "voice", name: t("links.voice"), testid: "link-voice" },
          { value: "video", name: t("links.video"), testid: "link-video" },
        ]}
        onChange={(value) => {
          kind.value = value;
        }}
      />
      <TextField
        label={t("links.titleLabel")}
        value={title.value}
        placeholder={t("links.titleHint")}
        maxLength={80}
        testid="link-title"
        onInput={(value) => {
          title.value = value;
        }}
      />
      <div class="pair">
        <Select
          label={t("links.expiry")}
          value={expiry.value}
          options={["3600", "86400", "604800", "0"].map((value) => ({
            value,
            name: t(expiries[value as keyof typeof expiries]),
          }))}
          testid="link-expiry"
          onChange={(value) => {
            expiry.value = value;
          }}
        />
        <Select
          label={t("links.uses")}
          value={most.value}
          options={["0", "1", "10"].map((value) => ({ value, name: t(uses[value as keyof typeof uses]) }))}
          testid="link-uses"
          onChange={(value) => {
            most.value = value;
          }}
        />
      </div>
      <Button submit look="primary" icon="link" testid="create-link">
        {t("links.create")}
      </Button>
    </form>
  );
}
