/** Target is one query of a panel. */
export interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

/** Step is the colour of a number from a value on. */
export interface Step {
  readonly color: string;
  readonly value: number | null;
}

/** Panel is one of Grafana's, as far as it is drawn here. */
export interface Panel {
  readonly id: number;
  readonly type: "row" | "stat" | "timeseries" | "heatmap";
  readonly title: string;
  readonly description?: string;
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly thresholds?: { readonly steps: readonly Step[] };
      readonly custom?: { readonly stacking: { readonly mode: "none" | "normal" } };
    };
  };
  readonly targets?: readonly Target[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
}

/** Catalogue is what the server says it can draw. */
export interface Catalogue {
  /** query is where range queries go, relative to the page. */
  readonly query: string;
  readonly spanMs: number;
  readonly stepMs: number;
  readonly dashboards: readonly Dashboard[];
}

/** Line is one series: a number, or none, for each time. */
export interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
}

/** Drawing is the answer to all queries of a panel. */
export interface Drawing {
  /** times are in seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/** manyLines is from how many lines on those are left out of which nothing has come. */
const manyLines = 3;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

/** read asks the server for JSON; what went wrong is the error's message. */
export async function read<T>(path: string): Promise<T> {
  const answer = await fetch(path);
  const body = (await answer.json()) as T & { error?: string };
  if (!answer.ok) throw new Error(body.error ?? `the server answered ${answer.status}`);
  return body;
}

/** draw asks all queries of a panel over the last spanMs. */
export async function draw(catalogue: Catalogue, panel: Panel, nowMs: number): Promise<Drawing> {
  const step = catalogue.stepMs / 1_000;
  const end = Math.floor(nowMs / catalogue.stepMs) * step;
  const start = end - catalogue.spanMs / 1_000;
  const times = Array.from({ length: Math.round((end - start) / step) + 1 }, (_, i) => start + i * step);
  const lines: Line[] = [];
  for (const { expr, legendFormat } of panel.targets ?? []) {
    const query = fill(expr, catalogue);
    const parts = new URLSearchParams({ query, start: `${start}`, end: `${end}`, step: `${step}` });
    const { data } = await read<Answer>(`${catalogue.query}?${parts}`);
    for (const { metric, values } of data.result) {
      const at = new Map(values.map(([time, value]) => [Math.round(time), Number(value)]));
      lines.push({
        name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
        labels: metric,
        values: times.map((time) => {
          const value = at.get(Math.round(time));
          return value === undefined || !Number.isFinite(value) ? null : value;
        }),
      });
    }
  }
  const shown = lines.filter(({ values }) => values.some((value) => value !== null && value !== 0));
  if (shown.length > 0 && lines.length > manyLines) lines.splice(0, lines.length, ...shown);
  lines.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return { times, lines };
}

/** fill puts in what Grafana's variables stand for: all servers, and a rate over six samples or more. */
function fill(expr: string, { stepMs, spanMs }: Catalogue): string {
  const rate = `${Math.max(60, (4 * stepMs) / 1_000)}s`;
  return expr
    .replaceAll("$__rate_interval", rate)
    .replaceAll("$__range", `${Math.round(spanMs / 1_000)}s`)
    .replaceAll(/\$(job|instance)/g, ".+");
}
