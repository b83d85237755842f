import { useEffect } from "preact/hooks";
import type { ActiveCall } from "../state/activecall.ts";

const devices = ["microphone", "camera"] as const;

/** recentMs is how long a device that went off just before its permission did counts as taken by that. */
const recentMs = 5_000;

/** usePermissions turns microphone and camera on again when the permission comes back that had been withdrawn while they were on. */
export function usePermissions(active: ActiveCall): void {
  useEffect(() => {
    const ended = new AbortController();
    const onMs = { microphone: Number.NEGATIVE_INFINITY, camera: Number.NEGATIVE_INFINITY };
    const undo = active.shot.subscribe((shot) => {
      for (const device of devices) if (shot[device]) onMs[device] = performance.now();
    });
    for (const device of devices) {
      let taken = false;
      navigator.permissions?.query({ name: device as PermissionName }).then(
        (status) => {
          const changed = (): void => {
            if (status.state !== "granted") {
              taken ||= active.shot.value[device] || performance.now() - onMs[device] < recentMs;
              return;
            }
            if (!taken) return;
            taken = false;
            void (device === "microphone" ? active.setMicrophone(true) : active.setCamera(true));
          };
          status.addEventListener("change", changed, { signal: ended.signal });
        },
        () => undefined, // a browser that does not tell: the person presses the button
      );
    }
    return () => {
      ended.abort();
      undo();
    };
  }, [active]);
}
