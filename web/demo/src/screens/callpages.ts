// What the page needs from the first call on.

export { warmUp } from "../call/warmup.ts";
export { ActiveCall } from "../state/activecall.ts";
export { CallScreen } from "./call.tsx";
export { EndedScreen } from "./ended.tsx";
