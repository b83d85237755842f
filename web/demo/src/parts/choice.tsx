import type { JSX } from "preact";
import { useId } from "preact/hooks";

interface Option<V extends string> {
  readonly value: V;
  readonly name: string;
  readonly hint?: string;
  readonly testid?: string;
}

interface ChoiceProps<V extends string> {
  readonly legend: string;
  readonly value: V;
  readonly options: readonly Option<V>[];
  readonly onChange: (value: V) => void;
  /** look: a list has room for hints, segments stand side by side. */
  readonly look?: "list" | "segments";
  /** unlabelled hides the legend from the eye only. */
  readonly unlabelled?: boolean;
}

/** Choice is one of a few that are all to be seen. */
export function Choice<V extends string>({
  legend,
  value,
  options,
  onChange,
  look = "list",
  unlabelled = false,
}: ChoiceProps<V>): JSX.Element {
  const name = useId();
  return (
    <fieldset class={`choice ${look}`}>
      <legend class={unlabelled ? "unseen" : undefined}>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class="option">
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            data-testid={option.testid}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.name}
            {option.hint === undefined ? null : <span class="detail">{option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly hint?: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (on: boolean) => void;
  readonly testid?: string;
}

/** Switch turns one thing on or off, at once. */
export function Switch({ label, hint, checked, disabled, onChange, testid }: SwitchProps): JSX.Element {
  return (
    <label class="option switch">
      <span>
        {label}
        {hint === undefined ? null : <span class="detail">{hint}</span>}
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        aria-checked={checked}
        disabled={disabled}
        data-testid={testid}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
