import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Drawing } from "./source.ts";
import { written } from "./units.ts";

const colours = ["#3d8f86", "#d08a2e", "#5a76c4", "#b0527d", "#6f9a3c", "#8a6bbf", "#c2604a", "#4a93b5"];
const meanings: Readonly<Record<string, string>> = {
  good: "#3c9a5f",
  fair: "#d0a52e",
  poor: "#c8453b",
  failed: "#c8453b",
  unknown: "#8d9a95",
};
const heightPx = 190;

/** drawLines draws lines, or areas that stand on one another, into a box. It returns what takes them away. */
export function drawLines(box: HTMLElement, drawing: Drawing, unit: string, stacked: boolean): () => void {
  const shown = stacked ? stack(drawing) : drawing.lines.map((line) => [...line.values]);
  const plot = new uPlot(
    {
      ...frame(box, unit),
      series: [
        {},
        ...drawing.lines.map((line, i) => ({
          label: line.name,
          stroke: colourOf(i, line.name),
          width: 1.5,
          points: { show: false },
          ...(stacked ? { fill: `${colourOf(i, line.name)}55` } : {}),
          value: (_: uPlot, __: number, ___: number, at: number | null) =>
            written(at === null ? null : line.values[at], unit),
        })),
      ],
    },
    [[...drawing.times], ...shown],
    box,
  );
  return () => plot.destroy();
}

/** drawHeat draws the buckets of a histogram as a map: the darker, the more. */
export function drawHeat(box: HTMLElement, drawing: Drawing, unit: string): () => void {
  const bounds = drawing.lines
    .map((line) => ({ line, bound: Number((line.labels.le ?? "").replace("+Inf", "Infinity")) }))
    .sort((a, b) => a.bound - b.bound);
  const cells = bounds.map(({ line }, i) =>
    line.values.map((value, at) => Math.max(0, (value ?? 0) - (bounds[i - 1]?.line.values[at] ?? 0))),
  );
  const most = Math.max(1e-9, ...cells.flat());
  const draw = (plot: uPlot) => {
    const { ctx, bbox } = plot;
    const width = bbox.width / Math.max(1, drawing.times.length);
    const height = bbox.height / Math.max(1, bounds.length);
    for (const [row, values] of cells.entries()) {
      for (const [at, value] of values.entries()) {
        if (value === 0) continue;
        ctx.fillStyle = `rgb(61 143 134 / ${0.15 + (0.85 * value) / most})`;
        const top = bbox.top + bbox.height - (row + 1) * height;
        ctx.fillRect(bbox.left + at * width, top, Math.ceil(width), Math.ceil(height));
      }
    }
  };
  const label = (row: number) => {
    const bound = bounds[row]?.bound;
    return bound === undefined ? "" : Number.isFinite(bound) ? written(bound, unit) : "more";
  };
  const plot = new uPlot(
    {
      ...frame(box, unit),
      legend: { show: false },
      scales: { y: { range: [0, Math.max(1, bounds.length)] } },
      axes: [times(), { ...axis(), size: 56, values: (_, at) => at.map((row) => label(row)) }],
      series: [{}, { stroke: "transparent", points: { show: false } }],
      hooks: { draw: [draw] },
    },
    [[...drawing.times], drawing.times.map(() => 0)],
    box,
  );
  return () => plot.destroy();
}

function frame(box: HTMLElement, unit: string): Omit<uPlot.Options, "series"> {
  return {
    width: Math.max(200, box.clientWidth),
    height: heightPx,
    cursor: { y: false },
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 0) > 0 ? 1.05 * high : 1] } },
    axes: [times(), { ...axis(), size: 72, values: (_, at) => at.map((value) => written(value, unit)) }],
  };
}

/** times is the axis of the time, as clocks show it. */
function times(): uPlot.Axis {
  const two = (n: number) => String(n).padStart(2, "0");
  return {
    ...axis(),
    values: (_, at) =>
      at.map((seconds) => {
        const when = new Date(1_000 * seconds);
        return `${two(when.getHours())}:${two(when.getMinutes())}`;
      }),
  };
}

function axis(): uPlot.Axis {
  const style = getComputedStyle(document.documentElement);
  const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
  return { stroke: style.getPropertyValue("--quiet").trim(), grid, ticks: grid, font: "12px system-ui" };
}

function colourOf(i: number, name: string): string {
  return meanings[name] ?? colours[i % colours.length] ?? "#888888";
}

/** stack adds each line to those after it, so that the first is on top. */
function stack({ times, lines }: Drawing): (number | null)[][] {
  const sums = times.map(() => 0);
  return lines
    .toReversed()
    .map((line) => line.values.map((value, at) => (sums[at] = (sums[at] ?? 0) + (value ?? 0))))
    .toReversed();
}
