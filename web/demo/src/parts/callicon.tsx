import { drawAlso } from "./icon.tsx";

/** callShapes are the signs that only a call shows. */
const callShapes = {
  hand: (
    <path d="M8 12.5V6a1.4 1.4 0 0 1 2.8 0v4.5V4.6a1.4 1.4 0 0 1 2.8 0v5.9V6a1.4 1.4 0 0 1 2.8 0v7.5l1.6-2.1a1.5 1.5 0 0 1 2.4 1.7l-3 5.4a5.5 5.5 0 0 1-4.8 2.8h-.9A5.7 5.7 0 0 1 8 15.5Z" />
  ),
  smile: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.5 14a4.2 4.2 0 0 0 7 0M9 9.5v.1M15 9.5v.1" />
    </>
  ),
  chat: (
    <path d="M5.5 5h13A1.5 1.5 0 0 1 20 6.5v9a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 3.5V17h-1A1.5 1.5 0 0 1 4 15.5v-9A1.5 1.5 0 0 1 5.5 5Z" />
  ),
  send: <path d="m4.5 12 15.5-7-4.5 15-3.5-6.5ZM12 13.5l8-8.5" />,
  grid: (
    <>
      <rect x="4" y="4" width="7" height="7" rx="1.5" />
      <rect x="13" y="4" width="7" height="7" rx="1.5" />
      <rect x="4" y="13" width="7" height="7" rx="1.5" />
      <rect x="13" y="13" width="7" height="7" rx="1.5" />
    </>
  ),
  speaker: (
    <>
      <rect x="4" y="4" width="16" height="10.5" rx="1.5" />
      <path d="M5.5 19.5h2M11 19.5h2M16.5 19.5h2" />
    </>
  ),
  pin: <path d="M9 4h6l-.8 5.5 3.3 3.5h-11l3.3-3.5ZM12 13v7.5" />,
  pip: (
    <>
      <rect x="3" y="5" width="18" height="14" rx="2" />
      <rect x="12" y="11.5" width="6.5" height="5" rx="1" />
    </>
  ),
  pause: <path d="M9 5.5v13M15 5.5v13" />,
  stop: <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />,
  voicemail: (
    <>
      <circle cx="6.5" cy="12" r="3.75" />
      <circle cx="17.5" cy="12" r="3.75" />
      <path d="M6.5 15.75h11" />
    </>
  ),
  save: <path d="M12 4v10.5M8 11l4 3.7 4-3.7M5 16.5V18a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-1.5" />,
  play: <path d="m8 5 10.5 7L8 19Z" />,
  headset: (
    <>
      <path d="M4.5 15v-3a7.5 7.5 0 0 1 15 0v3" />
      <rect x="3.5" y="13.5" width="4" height="6" rx="1.5" />
      <rect x="16.5" y="13.5" width="4" height="6" rx="1.5" />
    </>
  ),
  thumbsUp: (
    <path d="M4 11h3.5v8.5H4ZM7.5 11.5 11 4.2c1.5 0 2.4 1 2.2 2.5L12.8 10h5.4c1.2 0 2 1.1 1.7 2.2l-1.5 5.8c-.2.9-1 1.5-1.9 1.5h-9" />
  ),
  applause: (
    <path d="m6.5 13.5 4.7 4.9a4.4 4.4 0 0 0 6.3 0l.8-.8a4.4 4.4 0 0 0 1.2-3.9l-.9-4.6c-.9-.2-1.6.3-1.7 1.3l.1 1.8-5.6-5.9c-1.3-.3-1.9.8-1.2 1.7M8.2 8l-.3-.3c-1.3-.2-1.8.9-1.1 1.8l-.3.2c-1.3-.2-1.8 1-1 1.9M4.5 6 3 4.5M8 4.5V2.6M3.5 9.5h-2" />
  ),
  laugh: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M7.8 13h8.4a4.2 4.2 0 0 1-8.4 0ZM8 9.8l1.5-1 1.2 1M13.3 9.8l1.2-1 1.5 1" />
    </>
  ),
  heart: (
    <path d="M12 19.5C5 15 3.5 11.6 3.5 9.2A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8.5 2.2c0 2.4-1.5 5.8-8.5 10.3Z" />
  ),
  wonder: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <circle cx="12" cy="15.2" r="1.9" />
      <path d="M8.8 9.8v.1M15.2 9.8v.1M7.8 7.2l1.6-.6M16.2 7.2l-1.6-.6" />
    </>
  ),
};

/** CallIcon names one of them. */
export type CallIcon = keyof typeof callShapes;

drawAlso(callShapes);
