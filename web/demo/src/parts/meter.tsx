import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

const steps = 12;
const scale = Array.from({ length: steps }, (_, step) => step);

/** Meter shows how loud a track is, for the eye; what it means is said in words beside it. */
export function Meter({ track, label }: { track: MediaStreamTrack | undefined; label: string }): JSX.Element {
  const level = useSignal(0);
  useEffect(
    () => (track === undefined ? undefined : listen(track, (now) => (level.value = now))),
    [track, level],
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers let a page style nothing of theirs
    <span
      class="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={steps}
      aria-valuenow={level.value}
      data-testid="meter"
    >
      {scale.map((step) => (
        <span key={step} class={step < level.value ? "step on" : "step"} />
      ))}
    </span>
  );
}

/** listen measures a track's loudness ten times a second, from 0 to steps, until the returned function is called. */
function listen(track: MediaStreamTrack, told: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  const source = context.createMediaStreamSource(new MediaStream([track]));
  source.connect(analyser);
  context.resume().then(undefined, () => undefined); // without a sound device it stays still
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    told(levelOf(samples));
  }, 100);
  return () => {
    clearInterval(timer);
    source.disconnect();
    context.close().then(undefined, () => undefined); // already closed
  };
}

/** levelOf is the loudness of samples on a scale of decibels: −60 dB and less is 0, −6 dB and more is all steps. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) || 1e-9);
  return Math.round(Math.min(1, Math.max(0, (decibels + 60) / 54)) * steps);
}
