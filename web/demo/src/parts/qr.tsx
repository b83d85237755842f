import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

/** QR draws a code; what makes it is loaded when it is first wanted. */
export function QR({
  text,
  label,
  testid,
}: {
  text: string;
  label: string;
  testid?: string;
}): JSX.Element | null {
  const drawn = useSignal<{ d: string; size: number } | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    void import("uqr").then(({ encode }) => {
      if (!wanted) return;
      const { data, size } = encode(text, { border: 2 });
      const dots = data.flatMap((line, y) => line.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
      drawn.value = { d: dots.join(""), size };
    });
    return () => {
      wanted = false;
    };
  }, [text, drawn]);
  if (drawn.value === undefined) return null;
  const { d, size } = drawn.value;
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} data-testid={testid}>
      <path d={d} />
    </svg>
  );
}
