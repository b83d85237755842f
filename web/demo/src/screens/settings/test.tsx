import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { diagnose } from "../../../../sdk/src/index.ts";
import { type PlainKey, t } from "../../lang/index.ts";
import { Button } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ConnectionTest, type Line, type LineName, report } from "../../state/conntest.ts";
import { download } from "../../state/download.ts";
import type { Phone } from "../../state/phone.ts";
import { say } from "../../state/toasts.ts";

const names = {
  server: "test.server",
  microphone: "test.microphone",
  camera: "test.camera",
  encryption: "test.encryption",
  media: "test.media",
  relayUDP: "test.relayUDP",
  relayTCP: "test.relayTCP",
} as const satisfies Record<LineName, PlainKey>;

const nexts = {
  server: "test.serverNext",
  microphone: "device.permissionDenied",
  camera: "device.permissionDenied",
  encryption: "problem.encryptionNeeded",
  media: "test.mediaNext",
  relayUDP: "test.relayUDPNext",
  relayTCP: "test.relayTCPNext",
} as const satisfies Record<LineName, PlainKey>;

const grades = {
  waiting: "test.waiting",
  running: "test.running",
  good: "test.good",
  fair: "test.fair",
  bad: "test.bad",
} as const satisfies Record<Line["grade"], PlainKey>;

/** TestPage tries, against this very server, what a call needs, and says what to do about what fails. */
export function TestPage({ phone }: { phone: Phone }): JSX.Element {
  const test = useMemo(() => new ConnectionTest(phone.pronto), [phone]);
  const began = useSignal(false);
  useEffect(() => () => test.close(), [test]);
  const lines = test.lines.value;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(report(lines, navigator.userAgent));
      say(t("test.copied"));
    } catch {
      say(t("links.copyFailed"), true);
    }
  };
  const save = async (): Promise<void> =>
    download(
      JSON.stringify(await diagnose(phone.pronto), null, 1),
      "pronto-diagnostics.json",
      "application/json",
    );
  return (
    <>
      <p class="lead">{t("test.lead")}</p>
      <div class="actions">
        <Button
          look="primary"
          icon="pulse"
          disabled={test.running.value}
          testid="run-test"
          onPress={() => {
            began.value = true;
            void test.run();
          }}
        >
          {began.value ? t("test.again") : t("test.run")}
        </Button>
        {began.value && !test.running.value ? (
          <Button icon="copy" onPress={() => void copy()} testid="copy-report">
            {t("test.copy")}
          </Button>
        ) : null}
        <Button onPress={() => void save()} testid="save-diagnostics">
          {t("test.save")}
        </Button>
      </div>
      <p class="detail">{t("test.saveHint")}</p>
      {began.value ? (
        <ol
          class="rows testlines"
          aria-live="polite"
          data-testid="test-lines"
          data-running={test.running.value}
        >
          {lines.map((line) => (
            <li key={line.name} class="row" data-testid={`test-${line.name}`} data-grade={line.grade}>
              <span class={`grade ${line.grade}`}>
                <Icon
                  name={
                    line.grade === "good"
                      ? "check"
                      : line.grade === "bad"
                        ? "close"
                        : line.grade === "fair"
                          ? "warning"
                          : "clock"
                  }
                />
              </span>
              <span class="who">
                <span class="name">{t(names[line.name])}</span>
                <span class="detail">
                  {t(grades[line.grade])}
                  {line.ms === undefined ? "" : ` · ${t("test.ms", { count: line.ms })}`}
                </span>
                {line.grade === "bad" || line.grade === "fair" ? (
                  <span class="detail">{t(nexts[line.name])}</span>
                ) : null}
              </span>
            </li>
          ))}
        </ol>
      ) : null}
    </>
  );
}
