import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** hint stands below the field; error in its place, and it is read out. */
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly type?: "text" | "search" | "email" | "tel" | "time" | "date" | "datetime-local" | "password";
  readonly name?: string;
  readonly placeholder?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  /** autocomplete is off unless the field is about the user himself (WCAG 1.3.5). */
  readonly autocomplete?: string;
  readonly inputMode?: "text" | "numeric" | "tel" | "email" | "search";
  /** id says that this is no prose: browsers neither capitalise nor correct it. */
  readonly id?: boolean;
  readonly unlabelled?: boolean;
  readonly testid?: string;
  readonly children?: ComponentChildren;
}

/** TextField is a line to type into, with its label above it; unlabelled hides the label from the eye only. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { label, value, onInput, hint, error, type = "text", id = false, unlabelled = false } = props;
  const below = useId();
  const told = error ?? hint;
  return (
    <label class="field">
      <span class={unlabelled ? "unseen" : undefined}>{label}</span>
      <span class="inputbox">
        {props.children}
        <input
          type={type as "text"} // the types of JSX want one element for each
          name={props.name}
          value={value}
          placeholder={props.placeholder}
          pattern={props.pattern}
          maxLength={props.maxLength}
          required={props.required}
          autofocus={props.autofocus}
          inputMode={props.inputMode}
          autocomplete={props.autocomplete ?? "off"}
          autocapitalize={id ? "none" : undefined}
          spellcheck={id ? false : undefined}
          aria-invalid={error === undefined ? undefined : true}
          aria-describedby={told === undefined ? undefined : below}
          data-testid={props.testid}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </span>
      {told === undefined ? null : (
        <span
          id={below}
          class={error === undefined ? "hint" : "hint error"}
          role={error === undefined ? undefined : "alert"}
        >
          {told}
        </span>
      )}
    </label>
  );
}

interface SelectProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly name: string }[];
  readonly onChange: (value: V) => void;
  readonly hint?: string;
  readonly testid?: string;
}

/** Select chooses one of several; the browser's own list serves a phone's thumb and a keyboard best. */
export function Select<V extends string>({
  label,
  value,
  options,
  onChange,
  hint,
  testid,
}: SelectProps<V>): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select data-testid={testid} onChange={(event) => onChange(event.currentTarget.value as V)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.name}
          </option>
        ))}
      </select>
      {hint === undefined ? null : <span class="hint">{hint}</span>}
    </label>
  );
}
