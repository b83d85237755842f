import type { JSX } from "preact";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../lang/index.ts";
import type { ActiveCall } from "../state/activecall.ts";
import { present } from "../state/shot.ts";
import { Controls } from "./controls.tsx";
import { Tile } from "./tile.tsx";

/** DocumentPictureInPicture is the API of that name (WICG); only Chromium on desks has it. */
interface DocumentPictureInPicture {
  requestWindow(options: { readonly width: number; readonly height: number }): Promise<Window>;
}

function ownWindow(): DocumentPictureInPicture | undefined {
  return (window as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture;
}

/** canFloat tells whether this browser keeps a picture above other windows. */
export function canFloat(): boolean {
  return "documentPictureInPicture" in window || document.pictureInPictureEnabled === true; // to get it takes 8 ms
}

/** float puts the call into a small window above all others, or brings it back: with its buttons where the browser can, else its picture only. */
export async function float(active: ActiveCall): Promise<void> {
  const api = ownWindow();
  if (api !== undefined) {
    const small = await api.requestWindow({ width: 360, height: 300 });
    for (const sheet of document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]"))
      small.document.head.append(sheet.cloneNode());
    small.document.documentElement.lang = document.documentElement.lang;
    small.document.title = t("more.float");
    const root = small.document.body;
    render(<Floating active={active} close={() => small.close()} />, root);
    small.addEventListener("pagehide", () => render(null, root));
    return;
  }
  if (document.pictureInPictureElement !== null) {
    await document.exitPictureInPicture();
    return;
  }
  await document.querySelector<HTMLVideoElement>(".stage video")?.requestPictureInPicture();
}

/** Floating is a call in a small window: who speaks, and the buttons that matter. */
function Floating({ active, close }: { active: ActiveCall; close: () => void }): JSX.Element {
  const { seats, phase } = active.shot.value;
  useEffect(() => active.call.on("ended", close), [active, close]);
  const others = seats.filter((seat) => !seat.self && present(seat));
  const main = others.find((seat) => seat.speaking) ?? others[0] ?? seats.find((seat) => seat.self);
  return (
    <main class="call floating" data-testid="floating" data-phase={phase}>
      <div class="stage two">
        {main === undefined ? null : <Tile key={main.participant} active={active} seat={main} menu={false} />}
      </div>
      <Controls active={active} small />
    </main>
  );
}
