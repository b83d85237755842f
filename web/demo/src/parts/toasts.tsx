import type { JSX } from "preact";
import { t } from "../lang/index.ts";
import { dismiss, toasts } from "../state/toasts.ts";
import { Button, IconButton } from "./button.tsx";

/** Toasts shows what just happened. Both regions are always there, so that a screen reader hears what is put in. */
export function Toasts(): JSX.Element {
  return (
    <div class="toasts" data-testid="toasts">
      {[false, true].map((urgent) => (
        <div key={String(urgent)} role={urgent ? "alert" : "status"}>
          {toasts.value
            .filter((toast) => toast.urgent === urgent)
            .map((toast) => (
              <p key={toast.id} class={urgent ? "toast urgent" : "toast"}>
                <span>{toast.text}</span>
                {toast.undo === undefined ? null : (
                  <Button
                    look="quiet"
                    testid="undo"
                    onPress={() => {
                      toast.undo?.();
                      dismiss(toast.id);
                    }}
                  >
                    {t("toast.undo")}
                  </Button>
                )}
                <IconButton
                  icon="close"
                  look="quiet"
                  label={t("device.dismiss")}
                  onPress={() => dismiss(toast.id)}
                />
              </p>
            ))}
        </div>
      ))}
    </div>
  );
}
