/** Sound is what a receiver measured over some seconds. */
export interface Sound {
  /** rttMs is the round-trip time of the path, in milliseconds. */
  readonly rttMs: number;
  /** jitterBufferMs is how long the jitter buffer held a frame on average, in milliseconds. */
  readonly jitterBufferMs: number;
  /** concealed is the part of the samples that the decoder made up, silence not counted; 0 to 1. */
  readonly concealed: number;
  /** repaired says that forward error correction or redundancy was in use. */
  readonly repaired: boolean;
}

/**
 * meanOpinionScore is the E-model's (ITU-T G.107), 1 (bad) to 4.41: the same
 * as metrics/emodel computes in Go, where the terms are explained.
 */
export function meanOpinionScore({ rttMs, jitterBufferMs, concealed, repaired }: Sound): number {
  const delayMs = rttMs / 2 + jitterBufferMs + 40;
  const percent = 100 * Math.min(1, Math.max(0, concealed));
  const loss = (95 * percent) / (percent + (repaired ? 20 : 10));
  const r = Math.min(93.2, Math.max(0, 93.2 - delayImpairment(delayMs) - loss));
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

function delayImpairment(ms: number): number {
  if (ms <= 100) return 0;
  const x = Math.log2(ms / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}
