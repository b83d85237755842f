/** Bars is how well somebody comes in: 3 is well, 1 is badly. */
export type Bars = 1 | 2 | 3;

/** Health is what a person should know of the call's connection at present. */
export interface Health {
  /** poorNetwork: our own connection has been bad for a while. */
  readonly poorNetwork: boolean;
  /** cpuLimited: this machine has been too slow for the picture that we send. */
  readonly cpuLimited: boolean;
  /** cameraFrozen: our camera is on, and gives no picture. */
  readonly cameraFrozen: boolean;
  /** bars are those of the participants of whom something comes in. */
  readonly bars: ReadonlyMap<string, Bars>;
}

/** healthy is the health before anything is known. */
export const healthy: Health = {
  poorNetwork: false,
  cpuLimited: false,
  cameraFrozen: false,
  bars: new Map(),
};
