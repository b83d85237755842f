import type { ComponentChildren, JSX } from "preact";
import type { CallIcon } from "./callicon.tsx";

/** shapes are drawn on a field of 24 × 24, with strokes 1.75 wide. */
const shapes = {
  phone: (
    <path d="M6.2 3.8h2.6l1.6 4.2-2 1.5a12.6 12.6 0 0 0 6.1 6.1l1.5-2 4.2 1.6v2.6a2.2 2.2 0 0 1-2.4 2.2A16 16 0 0 1 4 6.2a2.2 2.2 0 0 1 2.2-2.4Z" />
  ),
  hangup: (
    <path d="M3.2 14.6c-1-2.2 3.6-6 8.8-6s9.8 3.8 8.8 6l-.9 1.7-4.2-.8-.5-2.7a11.5 11.5 0 0 0-6.4 0l-.5 2.7-4.2.8Z" />
  ),
  camera: (
    <>
      <rect x="3" y="6.5" width="12.5" height="11" rx="2.5" />
      <path d="m15.5 10.5 5.5-3v9l-5.5-3" />
    </>
  ),
  cameraOff: (
    <>
      <path d="M7.5 6.5H13a2.5 2.5 0 0 1 2.5 2.5v3M15.5 15.5a2.5 2.5 0 0 1-2.5 2H5.5A2.5 2.5 0 0 1 3 15V9c0-.9.5-1.7 1.2-2.1" />
      <path d="m16.5 10 4.5-2.5v9M3.5 3.5l17 17" />
    </>
  ),
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>
  ),
  microphoneOff: (
    <>
      <path d="M9 8V6a3 3 0 0 1 6 0v5M9.3 12.3A3 3 0 0 0 13 13.8" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.4 6.4 0 0 1-.5 2.5M12 18v3M3.5 3.5l17 17" />
    </>
  ),
  screen: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M8.5 20h7M12 13.5v-6M9.5 9.8 12 7.3l2.5 2.5" />
    </>
  ),
  people: (
    <>
      <circle cx="9" cy="8.5" r="3.5" />
      <path d="M2.8 19.5a6.2 6.2 0 0 1 12.4 0M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.3a6.2 6.2 0 0 1 3.7 5.2" />
    </>
  ),
  addPerson: (
    <>
      <circle cx="9.5" cy="8.5" r="3.5" />
      <path d="M3.3 19.5a6.2 6.2 0 0 1 12.4 0M18.5 7.5v6M15.5 10.5h6" />
    </>
  ),
  lock: (
    <>
      <rect x="5" y="10.5" width="14" height="9.5" rx="2.5" />
      <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
    </>
  ),
  lockOpen: (
    <>
      <rect x="5" y="10.5" width="14" height="9.5" rx="2.5" />
      <path d="M8 10.5V8a4 4 0 0 1 7.5-2M12 14v2.5" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  link: (
    <path d="M10 14a4 4 0 0 0 6 .4l3-3a4.2 4.2 0 0 0-6-6l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4.2 4.2 0 0 0 6 6l1.2-1.2" />
  ),
  settings: (
    <>
      <path d="M4 7.5h9M18 7.5h2M4 16.5h2M11 16.5h9" />
      <circle cx="15.5" cy="7.5" r="2.5" />
      <circle cx="8.5" cy="16.5" r="2.5" />
    </>
  ),
  more: (
    <>
      <circle cx="5.5" cy="12" r=".9" />
      <circle cx="12" cy="12" r=".9" />
      <circle cx="18.5" cy="12" r=".9" />
    </>
  ),
  close: <path d="m6 6 12 12M18 6 6 18" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  copy: (
    <>
      <rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2" />
      <path d="M15.5 8.5V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7.5a2 2 0 0 0 2 2h2.5" />
    </>
  ),
  battery: (
    <>
      <rect x="3" y="8" width="15.5" height="8" rx="2" />
      <path d="M21 11v2M6 11v2" />
    </>
  ),
  incoming: <path d="M18 6 7 17M7 9v8h8" />,
  outgoing: <path d="M6 18 17 7M9 7h8v8" />,
  chart: <path d="M5 20v-7M12 20V4M19 20v-10" />,
  previous: <path d="m14.5 6-6 6 6 6" />,
  next: <path d="m9.5 6 6 6-6 6" />,
  block: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="m6 6 12 12" />
    </>
  ),
  sound: <path d="M4 9.5v5h3.5l5 4v-13l-5 4ZM16 9a4.2 4.2 0 0 1 0 6M18.5 6.5a7.8 7.8 0 0 1 0 11" />,
  star: <path d="m12 3.6 2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.2-4.1 5.8-.8Z" />,
  search: (
    <>
      <circle cx="10.8" cy="10.8" r="6.3" />
      <path d="m15.6 15.6 4.9 4.9" />
    </>
  ),
  back: <path d="M19.5 12H5M11 5.5 4.5 12l6.5 6.5" />,
  plus: <path d="M12 5v14M5 12h14" />,
  share: (
    <>
      <path d="M12 14.5V4M8 7.5 12 3.8l4 3.7" />
      <path d="M7 11H6a2 2 0 0 0-2 2v5.5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V13a2 2 0 0 0-2-2h-1" />
    </>
  ),
  person: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.8 20a7.2 7.2 0 0 1 14.4 0" />
    </>
  ),
  bell: (
    <path d="M6 16.5c1-1.2 1.3-2.7 1.3-5.2a4.7 4.7 0 0 1 9.4 0c0 2.5.3 4 1.3 5.2ZM10.2 19.5a2 2 0 0 0 3.6 0" />
  ),
  moon: <path d="M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z" />,
  shield: <path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6Z" />,
  device: (
    <>
      <rect x="7" y="3" width="10" height="18" rx="2.2" />
      <path d="M10.5 18h3" />
    </>
  ),
  globe: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M3.5 12h17M12 3.5c2.4 2.4 3.6 5.2 3.6 8.5s-1.2 6.1-3.6 8.5c-2.4-2.4-3.6-5.2-3.6-8.5s1.2-6.1 3.6-8.5Z" />
    </>
  ),
  pulse: <path d="M3 12h4l2.5-6.5 5 13L17 12h4" />,
  question: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.8M12 16.4v.1" />
    </>
  ),
  keyboard: (
    <>
      <rect x="3" y="6" width="18" height="12" rx="2" />
      <path d="M7 10h.1M11 10h.1M15 10h.1M8 14h8" />
    </>
  ),
  flip: (
    <>
      <path d="M4.5 11A7.5 7.5 0 0 1 18 7.5l1.5 1.5M19.5 13A7.5 7.5 0 0 1 6 16.5L4.5 15" />
      <path d="M19.5 4.5V9H15M4.5 19.5V15H9" />
    </>
  ),
  pencil: <path d="m4 20 1-4.2L16.2 4.6a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L8.2 19Z" />,
  trash: (
    <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12a1.5 1.5 0 0 0 1.5 1.5h6.4a1.5 1.5 0 0 0 1.5-1.5l.8-12" />
  ),
  warning: <path d="M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17v.1" />,
  refresh: <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15" />,
  leave: <path d="M14 4H6.5a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2H14M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5" />,
} satisfies Record<string, ComponentChildren>;

/** IconName names a sign. */
export type IconName = keyof typeof shapes | CallIcon;

const later: Record<string, ComponentChildren> = {};

/** drawAlso adds signs that are loaded with what needs them. */
export function drawAlso(more: Readonly<Record<CallIcon, ComponentChildren>>): void {
  Object.assign(later, more);
}

/** Icon draws a sign. It says nothing to a screen reader: its button does. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {shapes[name as keyof typeof shapes] ?? later[name]}
    </svg>
  );
}
