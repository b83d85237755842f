import { useEffect } from "preact/hooks";

/** useWakeLock keeps a phone's display on. Browsers take the lock back when the page is hidden; it is asked for again. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const take = (): void => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      navigator.wakeLock.request("screen").then(
        (sentinel) => {
          if (over) void sentinel.release();
          else lock = sentinel;
        },
        () => undefined, // refused to save battery: the display may sleep, the call goes on
      );
    };
    take();
    document.addEventListener("visibilitychange", take);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, []);
}
