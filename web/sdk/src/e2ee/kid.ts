import type { Source } from "../wire.gen.ts";

// A key's id says who sealed a frame, of what and when:
//
//   KID = context · 2^16 + leaf · 2^8 + epoch mod 2^8
//   context = generation · 2^3 + kind
//
// A generation is given out once in a worker's life, so that two streams of
// one sender, or one stream before and after 2^24 frames, never share a KID.

/** maxLeaf is the highest leaf that a KID can name. */
export const maxLeaf = 255;

/** SealedKind is what is sealed: a picture or sound, or a line of text. */
export type SealedKind = Source | "text";

const kinds = {
  microphone: 1,
  camera: 2,
  screen: 3,
  screenAudio: 4,
  text: 5,
} as const satisfies Record<SealedKind, number>;
const sourceOfKind = new Map<number, SealedKind>(
  (Object.entries(kinds) as [SealedKind, number][]).map(([source, kind]) => [kind, source]),
);

/** Sealed is who sealed a frame, by its KID. */
export interface Sealed {
  readonly source: SealedKind;
  readonly generation: number;
  readonly leaf: number;
  /** epoch is the epoch's low 8 bits. */
  readonly epoch: number;
}

/** kidOf makes a KID. */
export function kidOf({ source, generation, leaf, epoch }: Sealed): number {
  return (generation * 8 + kinds[source]) * 65_536 + leaf * 256 + (epoch & 255);
}

/** readKID tells what a KID says, or undefined if it is none of ours. */
export function readKID(kid: number | bigint): Sealed | undefined {
  if (typeof kid !== "number") return undefined;
  const context = Math.floor(kid / 65_536);
  const source = sourceOfKind.get(context % 8);
  if (source === undefined) return undefined;
  return {
    source,
    generation: Math.floor(context / 8),
    leaf: Math.floor(kid / 256) % 256,
    epoch: kid % 256,
  };
}
