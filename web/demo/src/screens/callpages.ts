// What the page needs from the first call on.

export { CallScreen } from "./call.tsx";
export { EndedScreen } from "./ended.tsx";
