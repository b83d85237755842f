import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { speakOfAll } from "../lang/index.ts";

/** Lazy is a component whose code is loaded when it is first wanted, or before by preload. */
export type Lazy<P> = ((props: P) => JSX.Element | null) & { preload(): void };

/** lazy makes one. Until the code is there it shows nothing: on this page's own server that is a moment. */
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
    const [, again] = useState(0);
    useEffect(() => {
      if (loaded === undefined) void fetch().then(() => again((n) => n + 1));
    }, []);
    const Component = loaded;
    return Component === undefined ? null : <Component {...props} />;
  };
  return Object.assign(Lazily, { preload: () => void fetch().catch(() => undefined) });
}
