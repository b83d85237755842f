import { useState } from "preact/hooks";
import { read } from "./source.ts";
import { written } from "./units.ts";

/** Timeline is what is left of a call: steps and quality, and no names. */
interface Timeline {
  readonly kind: string;
  readonly topology: string;
  readonly started: string;
  readonly experiment?: string;
  readonly arm?: string;
  readonly left?: number;
  readonly steps: readonly Step[];
}

interface Step {
  readonly atMs: number;
  readonly who?: string;
  readonly role?: string;
  readonly what: string;
  readonly detail?: string;
  readonly tookMs?: number;
  readonly quality?: Quality;
}

interface Quality {
  readonly path?: string;
  readonly rttMs?: number;
  readonly mos?: number;
  readonly concealed?: number;
  readonly loss?: number;
  readonly bufferMs?: number;
  readonly goodMs?: number;
  readonly fairMs?: number;
  readonly poorMs?: number;
  readonly height?: number;
  readonly frozenMs?: number;
  readonly limitedBy?: string;
}

/** Support finds a call by the code that its people see. */
export function Support() {
  const [timeline, setTimeline] = useState<Timeline>();
  const [problem, setProblem] = useState("");
  const find = (event: SubmitEvent) => {
    event.preventDefault();
    const code = new FormData(event.currentTarget as HTMLFormElement).get("code") as string;
    setTimeline(undefined);
    setProblem("");
    read<Timeline>(`timeline?${new URLSearchParams({ code })}`).then(setTimeline, (error: Error) =>
      setProblem(error.message),
    );
  };
  return (
    <>
      <p class="about">
        People see a code after their call. With it you see what happened, without who they are.
      </p>
      <form onSubmit={find}>
        <label>
          Support code{" "}
          <input name="code" placeholder="7K3M-Q2ZD" autocomplete="off" spellcheck={false} required />
        </label>
        <button type="submit">Find</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
      {timeline && <Steps {...timeline} />}
    </>
  );
}

function Steps({ kind, topology, started, experiment, arm, steps, left }: Timeline) {
  return (
    <>
      <h2>
        {kind}, {topology}, {new Date(started).toLocaleString()}
        {arm === undefined ? "" : `, ${experiment}: arm ${arm}`}
      </h2>
      {left !== undefined && <p>{left} steps of the middle were left out.</p>}
      <table>
        <thead>
          <tr>
            <th>At</th>
            <th>Who</th>
            <th>What</th>
            <th>Took</th>
            <th>Quality</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step, i) => (
            <tr key={i} data-poor={isPoor(step.quality)}>
              <td>{clock(step.atMs)}</td>
              <td>
                {step.who} {step.role}
              </td>
              <td>
                {step.what} {step.detail}
              </td>
              <td>{step.tookMs === undefined ? "" : written(step.tookMs / 1_000, "s")}</td>
              <td>{step.quality && inWords(step.quality)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function isPoor(q: Quality | undefined): boolean {
  if (q === undefined) return false;
  return (q.mos ?? 5) < 3 || (q.concealed ?? 0) > 0.08 || (q.poorMs ?? 0) > (q.goodMs ?? 0) + (q.fairMs ?? 0);
}

function inWords(q: Quality): string {
  const parts = [
    q.path,
    q.rttMs && `RTT ${q.rttMs} ms`,
    q.mos && `score ${q.mos.toFixed(2)}`,
    q.concealed !== undefined && `${(100 * q.concealed).toFixed(1)} % made up`,
    q.loss !== undefined && `${(100 * q.loss).toFixed(1)} % lost`,
    q.height && `${q.height} px`,
    q.frozenMs && `frozen for ${q.frozenMs} ms`,
    q.limitedBy && `limited by ${q.limitedBy}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function clock(ms: number): string {
  const seconds = ms / 1_000;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}
