import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Encryption } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import type { ActiveCall } from "../state/activecall.ts";
import type { Seat } from "../state/shot.ts";
import { SafetyNumber } from "./safetynumber.tsx";

type Trust = Encryption["members"][number]["trust"];

const trustTexts = {
  self: "security.self",
  guest: "security.guest",
  new: "security.new",
  known: "security.known",
  verified: "security.verified",
  changed: "security.changed",
} as const satisfies Record<Trust, string>;

/** lockText says in a few words how safe the call is. */
export function lockText({ state, members, warnings }: Encryption): string {
  if (state === "off") return t("security.off");
  if (warnings.length > 0) return t("security.warning");
  if (state === "connecting") return t("security.connecting");
  return t("security.on", { count: members.length });
}

/** SecurityButton always shows whether the call is encrypted, and opens what there is to check. */
export function SecurityButton({ active }: { active: ActiveCall }): JSX.Element {
  const open = useSignal(false);
  const { encryption } = active.shot.value;
  const alarm = encryption.warnings.length > 0 || encryption.state === "off";
  return (
    <>
      <button
        type="button"
        class={`lock ${alarm ? "alarm" : ""}`}
        data-testid="security"
        data-state={encryption.state}
        aria-label={lockText(encryption)}
        title={lockText(encryption)}
        onClick={() => {
          open.value = true;
        }}
      >
        <Icon name={alarm ? "lockOpen" : "lock"} />
        <span class="words">{lockText(encryption)}</span>
      </button>
      {open.value ? (
        <SecurityDialog
          active={active}
          onClose={() => {
            open.value = false;
          }}
        />
      ) : null}
    </>
  );
}

/** SecurityWarnings says in plain words what is not as it should be. */
export function SecurityWarnings({ active }: { active: ActiveCall }): JSX.Element {
  const { encryption, seats } = active.shot.value;
  const nameOf = (participant: string) =>
    seats.find((seat) => seat.participant === participant)?.name ?? t("security.somebody");
  return (
    <>
      {encryption.warnings.map((warning) => {
        const name = "participant" in warning ? nameOf(warning.participant) : "";
        return (
          <div
            key={`${warning.type}${name}`}
            class="banner"
            role={warning.type === "unopened" ? "status" : "alert"}
            data-testid={`warning-${warning.type}`}
          >
            <p>
              {warning.type === "ghost" ? t("security.ghostText") : null}
              {warning.type === "fingerprint" ? t("security.fingerprintText") : null}
              {warning.type === "stopped" ? t("security.stoppedText") : null}
              {warning.type === "changed" ? t("security.changedText", { name }) : null}
              {warning.type === "unopened" ? t("security.unopenedText", { name }) : null}
            </p>
          </div>
        );
      })}
    </>
  );
}

function SecurityDialog({ active, onClose }: { active: ActiveCall; onClose: () => void }): JSX.Element {
  const { encryption, seats } = active.shot.value;
  const comparing = useSignal<Seat | undefined>(undefined);
  const seatOf = (participant: string | undefined) => seats.find((seat) => seat.participant === participant);
  return (
    <Dialog labelledBy="security-title" onCancel={onClose} testid="security-dialog">
      <h2 id="security-title">{lockText(encryption)}</h2>
      {comparing.value !== undefined ? (
        <SafetyNumber
          active={active}
          seat={comparing.value}
          onBack={() => {
            comparing.value = undefined;
          }}
        />
      ) : (
        <>
          <p>{encryption.state === "off" ? t("security.offText") : t("security.onText")}</p>
          {encryption.code === undefined ? null : (
            <>
              <p>{t("security.codeText")}</p>
              <p class="digits" data-testid="call-code">
                {encryption.code}
              </p>
            </>
          )}
          <ul class="rows">
            {encryption.members.map((member) => {
              const seat = seatOf(member.participant);
              const name = seat?.self === true ? t("call.you") : (seat?.name ?? t("security.somebody"));
              const comparable = seat !== undefined && !seat.self && member.trust !== "guest";
              return (
                <li key={`${member.participant} ${member.account}`} class="row">
                  <Avatar id={member.account || name} name={name} size="small" />
                  <span class="name">
                    {name} {seat?.automated ? <span class="tag">{t("in.bot")}</span> : null}
                    <small data-testid={`trust-${member.account || name}`}>
                      {t(trustTexts[member.trust])}
                    </small>
                  </span>
                  {comparable ? (
                    <Button
                      testid={`compare-${member.account}`}
                      label={t("security.compareWith", { name })}
                      onPress={() => {
                        comparing.value = seat;
                      }}
                    >
                      {t("security.compare")}
                    </Button>
                  ) : null}
                </li>
              );
            })}
          </ul>
          <div class="actions">
            <Button look="primary" testid="security-close" onPress={onClose}>
              {t("security.close")}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
