import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { deviceText } from "../devicetexts.ts";

/** DeviceText says why a microphone or camera is not there, and what to do next. */
export function DeviceText({ code }: { code: string }): JSX.Element {
  const asks = useSignal(false);
  useEffect(() => {
    let here = true;
    asks.value = false;
    if (code === "permissionDenied")
      void wouldAsk().then((would) => {
        if (here) asks.value = would;
      });
    return () => {
      here = false;
    };
  }, [code, asks]);
  return <>{deviceText(asks.value ? "permissionDismissed" : code, navigator.userAgent)}</>;
}

/** wouldAsk is true if the browser has no answer yet: its question was closed, and it would ask again. */
async function wouldAsk(): Promise<boolean> {
  try {
    const names = ["microphone", "camera"] as const;
    const all = await Promise.all(
      names.map((name) => navigator.permissions.query({ name: name as PermissionName })),
    );
    return all.some(({ state }) => state === "prompt") && all.every(({ state }) => state !== "denied");
  } catch {
    return false; // a browser that cannot say
  }
}
