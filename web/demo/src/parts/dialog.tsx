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
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
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
