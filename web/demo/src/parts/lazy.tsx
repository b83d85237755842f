import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { speakOfAll, t } from "../lang/index.ts";
import { Button } from "./button.tsx";

/** Lazy is a component whose code is loaded when it is first wanted, or before by preload. */
export type Lazy<P> = ((props: P) => JSX.Element | null) & { preload(): void };

/**
 * lazy makes one. Until the code is there it shows nothing: on this page's own server that is a moment. If it cannot be
 * had, it says so and offers to try again.
 */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): Lazy<P> {
  let loaded: ComponentType<P> | undefined;
  let loading: Promise<void> | undefined;
  const fetch = (): Promise<void> => {
    loading ??= Promise.all([load(), speakOfAll()]).then(
      ([component]) => {
        loaded = component;
      },
      (error: unknown) => {
        loading = undefined; // the network may be back the next time
        throw error;
      },
    );
    return loading;
  };
  const Lazily = (props: P): JSX.Element | null => {
    // What was drawn counts, not what is there: the code may have come between the drawing and the effect.
    const [drawn, draw] = useState<ComponentType<P> | "failed" | undefined>(() => loaded);
    const get = (): void =>
      void fetch().then(
        () => draw(() => loaded),
        () => draw("failed"),
      );
    useEffect(() => {
      if (drawn === undefined) get();
    }, [drawn]);
    if (drawn === undefined) return null;
    if (drawn === "failed") return <Missing onAgain={get} />;
    const Component = drawn;
    return <Component {...props} />;
  };
  return Object.assign(Lazily, { preload: () => void fetch().catch(() => undefined) });
}

/** Missing is in the place of what could not be loaded. */
function Missing({ onAgain }: { onAgain: () => void }): JSX.Element {
  return (
    <div class="emptystate" role="alert">
      <p>{t("app.missing")}</p>
      <Button icon="refresh" onPress={onAgain}>
        {t("signin.again")}
      </Button>
    </div>
  );
}
