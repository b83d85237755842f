import type { JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface IconButtonProps {
  readonly icon: IconName;
  /** label is the button's name to a screen reader and its tooltip. */
  readonly label: string;
  readonly onPress: () => void;
  readonly look?: "plain" | "accept" | "hangup" | "quiet";
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly testid?: string;
}

/** IconButton is a round button with a sign; at least 44 px wide. */
export function IconButton({
  icon,
  label,
  onPress,
  look = "plain",
  pressed,
  disabled,
  testid,
}: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={`iconbutton ${look}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      data-testid={testid}
      onClick={onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

interface ButtonProps {
  readonly children: string;
  /** label names the button to a screen reader where its words alone are not enough; it begins with them. */
  readonly label?: string;
  readonly onPress?: () => void;
  readonly look?: "primary" | "plain" | "quiet" | "danger" | "accept" | "hangup";
  readonly icon?: IconName;
  readonly submit?: boolean;
  readonly disabled?: boolean;
  readonly autofocus?: boolean;
  readonly testid?: string;
}

/** Button is a button with words. */
export function Button({
  children,
  label,
  onPress,
  look = "plain",
  icon,
  submit,
  disabled,
  autofocus,
  testid,
}: ButtonProps): JSX.Element {
  return (
    <button
      type={submit === true ? "submit" : "button"}
      class={`button ${look}`}
      aria-label={label}
      disabled={disabled}
      autofocus={autofocus}
      data-testid={testid}
      onClick={onPress}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  );
}
