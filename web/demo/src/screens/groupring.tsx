import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Kind } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { Confirm } from "../parts/confirm.tsx";
import type { Phone } from "../state/phone.ts";

/** useGroupRing rings or joins a group. If somebody whom we have blocked is in its call, question asks first. */
export function useGroupRing(phone: Phone): {
  readonly ring: (group: string, kind: Kind) => void;
  readonly question: JSX.Element | null;
} {
  const asking = useSignal<{ readonly group: string; readonly kind: Kind } | undefined>(undefined);
  const go = (group: string, kind: Kind, confirmBlocked: boolean): void =>
    void phone.ringGroup(group, kind, {
      confirmBlocked,
      blocked: () => {
        asking.value = { group, kind };
      },
    });
  const wish = asking.value;
  const question =
    wish === undefined ? null : (
      <Confirm
        title={t("groups.blockedTitle")}
        body={t("groups.blockedBody")}
        confirm={t("groups.join")}
        onCancel={() => {
          asking.value = undefined;
        }}
        onConfirm={() => {
          asking.value = undefined;
          go(wish.group, wish.kind, true);
        }}
      />
    );
  return { ring: (group, kind) => go(group, kind, false), question };
}
