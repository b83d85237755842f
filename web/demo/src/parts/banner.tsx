import type { ComponentChildren, JSX } from "preact";
import { t } from "../lang/index.ts";
import { IconButton } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

interface BannerProps {
  /** tone: note is calm, warn wants a look, alarm interrupts a screen reader. */
  readonly tone?: "note" | "warn" | "alarm";
  readonly icon?: IconName;
  /** action is a button that mends what the banner is about. */
  readonly action?: ComponentChildren;
  readonly onDismiss?: (() => void) | undefined;
  readonly testid?: string;
  readonly children: ComponentChildren;
}

/** Banner says what is so at the moment, and what can be done, until it is over or put away. */
export function Banner({
  tone = "note",
  icon,
  action,
  onDismiss,
  testid,
  children,
}: BannerProps): JSX.Element {
  return (
    <div class={`banner ${tone}`} role={tone === "alarm" ? "alert" : "status"} data-testid={testid}>
      {icon === undefined ? null : <Icon name={icon} />}
      <p>{children}</p>
      {action}
      {onDismiss === undefined ? null : (
        <IconButton icon="close" look="quiet" label={t("device.dismiss")} onPress={onDismiss} />
      )}
    </div>
  );
}
