import { prefs } from "./state/prefs.ts";

/** Note is one sound of a pattern: when it begins and how long it lasts in seconds, its pitch in hertz, its loudness from 0 to 1. */
interface Note {
  readonly at: number;
  readonly lasts: number;
  readonly pitch: number;
  readonly gain: number;
  /** struck notes fade like a bell; the others are held. */
  readonly struck: boolean;
}

/** Pattern is repeated every period seconds. */
export interface Pattern {
  readonly period: number;
  readonly notes: readonly Note[];
}

/** bell is the tune of the word "pronto?": a low note, a higher one, asked twice, then a pause. */
export const bell: Pattern = {
  period: 3.2,
  notes: [0, 0.75].flatMap((start) =>
    [392, 587.33, 784].map((pitch, i) => ({
      at: start + (i === 0 ? 0 : 0.18),
      lasts: 0.9,
      pitch,
      gain: i === 2 ? 0.05 : 0.16,
      struck: true,
    })),
  ),
};

/** chime is three notes falling, for who wants to be asked softly. */
const chime: Pattern = {
  period: 3.6,
  notes: [880, 659.25, 523.25].map((pitch, i) => ({
    at: i * 0.28,
    lasts: 1.2,
    pitch,
    gain: 0.12,
    struck: true,
  })),
};

/** phone is the bell of a telephone: two pitches in quick turns, twice, then a pause. */
const phone: Pattern = {
  period: 3,
  notes: [0, 0.6].flatMap((start) =>
    Array.from({ length: 8 }, (_, i) => ({
      at: start + i * 0.05,
      lasts: 0.12,
      pitch: i % 2 === 0 ? 1180 : 1400,
      gain: 0.1,
      struck: true,
    })),
  ),
};

/** tunes are what an incoming call may sound like. */
export const tunes = { bell, chime, phone } as const;

/** ringback is the tone of European exchanges (ETSI TR 101 041-2): 425 Hz, 1 s on, 4 s off. */
export const ringback: Pattern = {
  period: 5,
  notes: [{ at: 0, lasts: 1, pitch: 425, gain: 0.05, struck: false }],
};

/**
 * play repeats a pattern until the returned function is called. Without a sound device, or before the user has touched
 * the page, browsers play nothing; whoever rings must be seen as well as heard.
 */
export function play(pattern: Pattern): () => void {
  const context: AudioContext & { setSinkId?(id: string): Promise<void> } = new AudioContext(); // Firefox has no setSinkId
  // A loudspeaker that is not there any more leaves the sound where the system puts it.
  context.setSinkId?.(prefs.peek().speaker ?? "").catch(() => undefined);
  const strike = (): void => {
    if (context.state !== "running") return;
    const start = context.currentTime + 0.05;
    for (const note of pattern.notes) sound(context, note, start);
  };
  context.onstatechange = strike;
  context.resume().then(undefined, () => undefined); // refused until the user has touched the page: then it stays silent
  const timer = setInterval(strike, pattern.period * 1000);
  return () => {
    clearInterval(timer);
    context.onstatechange = null;
    context.close().then(undefined, () => undefined); // already closed
  };
}

function sound(context: AudioContext, note: Note, start: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  const from = start + note.at;
  const to = from + note.lasts;
  oscillator.frequency.value = note.pitch;
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(note.gain, from + 0.02);
  if (!note.struck) gain.gain.setValueAtTime(note.gain, to - 0.02);
  if (note.struck) gain.gain.exponentialRampToValueAtTime(0.0001, to);
  else gain.gain.linearRampToValueAtTime(0, to);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(from);
  oscillator.stop(to);
}
