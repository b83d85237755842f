// What looks at a browser's counters. It is loaded when the first connection is there: no page needs it to begin with.

export { HealthWatch, sameHealth } from "./health.ts";
export { Hearing } from "./hearing.ts";
export { Quality } from "./quality.ts";
