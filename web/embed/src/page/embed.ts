// The module for pages that want more than the one-line widget: <pronto-button>, and a frame of one's own.

export type { Phase, RefusalCode, Theme } from "../protocol.ts";
export { define, ProntoButton } from "./button.ts";
export { CallFrame, type FrameEvents, type FrameOptions, RefusedError } from "./frame.ts";
