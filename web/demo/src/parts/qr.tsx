import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { QRCode } from "../../../sdk/src/share/index.ts";

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
  const drawn = useSignal<QRCode | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    void import("../../../sdk/src/share/index.ts").then(({ qrCode }) => {
      if (wanted) drawn.value = qrCode(text);
    });
    return () => {
      wanted = false;
    };
  }, [text, drawn]);
  if (drawn.value === undefined) return null;
  const { path, size } = drawn.value;
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} data-testid={testid}>
      <path d={path} />
    </svg>
  );
}
