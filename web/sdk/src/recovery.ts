/** RecoveryOptions are what a Recovery needs of its owner. */
export interface RecoveryOptions {
  /** online tells whether the server can be reached: without it no restart can work. */
  online(): boolean;
  /** restart restarts ICE (W3C webrtc-pc, section 4.7.3). */
  restart(): void;
  /** failed is called once, when restarts have not helped. */
  failed(): void;
  /** searching tells whether all is known that a first connection needs, and it looks for a way. */
  searching?(): boolean;
  /** slow is called once, when it has not found one for 3 s. */
  slow?(): void;
}

const tickMs = 1_000;
const firstRestartMs = 8_000; // a first connection through a relay may take this long
const slowMs = 3_000; // most ways are found in half a second; a person says hello, and waits
const restartAfterLossMs = 2_000;
const restartEveryMs = 5_000;
const giveUpMs = 20_000;

/**
 * Recovery watches one connection. While it does not work it restarts ICE, and
 * after 20 s of that, not counting the time without the server, it gives up. Of a
 * first connection it says sooner that it takes long.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  #timer: ReturnType<typeof setInterval> | undefined;
  #brokenMs = 0;
  #searchedMs = 0;
  #nextRestartMs = firstRestartMs;
  #connected = false; // it has worked before
  #gaveUp = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#watch();
  }

  /** heard takes the connection's state. */
  heard(state: RTCPeerConnectionState): void {
    if (state === "connected") {
      this.#connected = true;
      this.close();
    } else if (state === "failed") {
      this.#broken(0);
    } else if (state === "disconnected") {
      this.#broken(restartAfterLossMs);
    }
  }

  /** nudge restarts at once if the connection does not work: the network has changed. */
  nudge(): void {
    if (this.#timer !== undefined && this.#connected) this.#restart();
  }

  /** close stops watching. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#gaveUp) return;
    this.#brokenMs = 0;
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  #broken(restartInMs: number): void {
    const fresh = this.#timer === undefined;
    this.#watch();
    if (fresh || restartInMs === 0) this.#nextRestartMs = this.#brokenMs + restartInMs;
    if (restartInMs === 0 && !this.#gaveUp && this.#options.online()) this.#restart();
  }

  #tick(): void {
    if (!this.#options.online()) return;
    this.#brokenMs += tickMs;
    this.#search();
    if (this.#brokenMs >= giveUpMs) {
      this.close();
      this.#gaveUp = true;
      this.#options.failed();
    } else if (this.#brokenMs >= this.#nextRestartMs) {
      this.#restart();
    }
  }

  #search(): void {
    if (this.#connected || this.#searchedMs >= slowMs || this.#options.searching?.() !== true) return;
    this.#searchedMs += tickMs;
    if (this.#searchedMs >= slowMs) this.#options.slow?.();
  }

  #restart(): void {
    this.#nextRestartMs = this.#brokenMs + restartEveryMs;
    this.#options.restart();
  }
}
