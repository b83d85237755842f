import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ActiveCall } from "../state/activecall.ts";

/** MicSigns is what a person should know of his own microphone. */
export interface MicSigns {
  /** mutedSpeaking: he speaks, and is muted. */
  readonly mutedSpeaking: boolean;
  /** silent: he is not muted, and the microphone gives no sound at all. */
  readonly silent: boolean;
}

const stepMs = 200;
const loud = 0.02; // of full scale, −34 dB: speech, not breath
const dead = 0.00005; // −86 dB: no room is as quiet as this
const loudSteps = 3; // in the last second
const speakingHoldMs = 4_000;
const silentMs = 8_000;

/** Hearing judges a microphone by its level, told every 200 ms. */
export class Hearing {
  #loud: boolean[] = [];
  #loudMs = Number.NEGATIVE_INFINITY;
  #soundMs: number | undefined; // when there was a sound last, or we began to listen
  #now: MicSigns = { mutedSpeaking: false, silent: false };

  /** take takes the root mean square of the last moment, from 0 to 1. */
  take(level: number, muted: boolean, nowMs: number): MicSigns {
    this.#loud = muted ? [...this.#loud, level >= loud].slice(-5) : [];
    if (this.#loud.filter(Boolean).length >= loudSteps) this.#loudMs = nowMs;
    if (!muted) this.#loudMs = Number.NEGATIVE_INFINITY;
    if (level > dead || muted || this.#soundMs === undefined) this.#soundMs = nowMs;
    const next = {
      mutedSpeaking: nowMs - this.#loudMs < speakingHoldMs,
      silent: nowMs - this.#soundMs >= silentMs,
    };
    const same = next.mutedSpeaking === this.#now.mutedSpeaking && next.silent === this.#now.silent;
    this.#now = same ? this.#now : next;
    return this.#now;
  }
}

/** useMicSigns listens to our own microphone for as long as the call is on the screen. Nothing of it leaves this page. */
export function useMicSigns(active: ActiveCall): Signal<MicSigns> {
  const signs = useSignal<MicSigns>({ mutedSpeaking: false, silent: false });
  const track = active.call.local.tracks.microphone;
  useEffect(() => {
    if (track === undefined) {
      signs.value = { mutedSpeaking: false, silent: false };
      return;
    }
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 2048;
    const source = context.createMediaStreamSource(new MediaStream([track]));
    source.connect(analyser);
    context.resume().then(undefined, () => undefined); // without a sound device nothing is said
    const samples = new Float32Array(analyser.fftSize);
    const hearing = new Hearing();
    const timer = setInterval(() => {
      if (context.state !== "running") return;
      analyser.getFloatTimeDomainData(samples);
      const before = signs.value;
      const now = hearing.take(levelOf(samples), !active.shot.value.microphone, performance.now());
      if (now.mutedSpeaking && !before.mutedSpeaking) active.call.note("mutedSpeaking");
      if (now.silent && !before.silent) active.call.note("noMicrophone");
      signs.value = now;
    }, stepMs);
    return () => {
      clearInterval(timer);
      source.disconnect();
      context.close().then(undefined, () => undefined); // already closed
    };
  }, [track, active, signs]);
  return signs;
}

function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
