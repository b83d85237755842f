import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  /** labelledBy is the id of the element that names the dialog. */
  readonly labelledBy: string;
  readonly describedBy?: string;
  readonly role?: "dialog" | "alertdialog";
  /** onCancel is called on Escape. */
  readonly onCancel: () => void;
  readonly class?: string;
  readonly testid?: string;
  readonly children: ComponentChildren;
}

/** Dialog is modal: the browser keeps the focus inside, and gives it back to where it was. */
export function Dialog({
  labelledBy,
  describedBy,
  role,
  onCancel,
  class: look,
  testid,
  children,
}: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef(onCancel);
  cancel.current = onCancel;
  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    const before = document.activeElement;
    const escaped = (event: KeyboardEvent): void => {
      const top = [...document.querySelectorAll("dialog[open]")].at(-1);
      if (event.key !== "Escape" || event.isComposing || top !== element) return;
      event.preventDefault();
      cancel.current();
    };
    // A phone's back gesture may close a dialog without asking: the page decides whether it is over.
    const closed = (): void => {
      element.showModal();
      cancel.current();
    };
    element.showModal();
    document.addEventListener("keydown", escaped);
    element.addEventListener("close", closed);
    return () => {
      document.removeEventListener("keydown", escaped);
      element.removeEventListener("close", closed);
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${look ?? ""}`}
      role={role}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      data-testid={testid}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      {children}
    </dialog>
  );
}
