import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Decision, Reason, Verdict } from "../../../../sdk/src/index.ts";
import { when } from "../../format.ts";
import { type PlainKey, t } from "../../lang/index.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Row } from "../../parts/row.tsx";
import type { Phone } from "../../state/phone.ts";
import { attempt } from "../../state/toasts.ts";

const page = 30;

const verdicts = {
  allowed: "why.allowed",
  quiet: "why.quiet",
  busy: "why.busy",
  silent: "why.silent",
  refused: "why.refused",
} as const satisfies Record<Verdict, PlainKey>;

const reasons = {
  nothingAgainst: "why.nothingAgainst",
  blocked: "why.blocked",
  privacy: "why.privacy",
  doNotDisturb: "why.doNotDisturb",
  silenced: "why.silenced",
  inCall: "why.inCall",
  noCalls: "why.noCalls",
  suspended: "why.suspended",
  notMember: "why.notMember",
  other: "why.other",
} as const satisfies Record<Reason, PlainKey>;

/** WhyPage says who tried to reach us in the last 30 days, and why it rang or did not. */
export function WhyPage({ phone }: { phone: Phone }): JSX.Element {
  const entries = useSignal<readonly Decision[] | undefined>(undefined);
  const next = useSignal<string | undefined>(undefined);
  const load = async (before?: string): Promise<void> => {
    await attempt(async () => {
      const got = await phone.pronto.decisions({ limit: page, ...(before === undefined ? {} : { before }) });
      entries.value = [...(before === undefined ? [] : (entries.value ?? [])), ...got.entries];
      next.value = got.next;
    });
  };
  useEffect(() => void load(), [phone]);
  return (
    <>
      <p class="lead">{t("why.lead")}</p>
      {entries.value === undefined ? <p class="empty">{t("app.loading")}</p> : null}
      {entries.value?.length === 0 ? <Empty icon="question" text={t("why.empty")} /> : null}
      {entries.value === undefined || entries.value.length === 0 ? null : (
        <ul class="rows" data-testid="decisions">
          {entries.value.map((decision, i) => (
            <Row
              key={`${decision.atMs} ${i}`}
              picture={<Avatar id={decision.from ?? decision.name} name={decision.name} />}
              name={decision.name}
              detail={
                <>
                  {t(verdicts[decision.verdict])} {t(reasons[decision.reason])}
                  <span class="when">{when(decision.atMs, Date.now())}</span>
                </>
              }
              testid="decision"
            />
          ))}
        </ul>
      )}
      {next.value === undefined ? null : (
        <Button onPress={() => void load(next.value)}>{t("recents.more")}</Button>
      )}
    </>
  );
}
