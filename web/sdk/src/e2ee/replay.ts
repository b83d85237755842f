const windowBits = 1_024;

/** Replay remembers which counters of one key were opened, so that no frame is played twice. */
export class Replay {
  #top = -1;
  readonly #seen = new Uint32Array(windowBits / 32); // of the counters in (top − windowBits, top], each at its number mod windowBits

  /** first tells whether a counter comes for the first time, and remembers it. What is older than the window does not. */
  first(ctr: number): boolean {
    if (ctr <= this.#top - windowBits) return false;
    if (ctr > this.#top) {
      if (ctr - this.#top >= windowBits) this.#seen.fill(0);
      else for (let passed = this.#top + 1; passed < ctr; passed++) this.#clear(passed);
      this.#clear(ctr);
      this.#top = ctr;
    }
    const word = Math.floor((ctr % windowBits) / 32);
    const bit = 1 << (ctr % 32);
    const before = this.#seen[word] ?? 0;
    this.#seen[word] = before | bit;
    return (before & bit) === 0;
  }

  #clear(ctr: number): void {
    const word = Math.floor((ctr % windowBits) / 32);
    this.#seen[word] = (this.#seen[word] ?? 0) & ~(1 << (ctr % 32));
  }
}
