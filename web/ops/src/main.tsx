import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { drawHeat, drawLines } from "./chart.ts";
import "./ops.css";
import { type Catalogue, type Dashboard, type Drawing, draw, type Panel, read } from "./source.ts";
import { Support } from "./support.tsx";
import { written } from "./units.ts";

const refreshMs = 15_000;

function App() {
  const [catalogue, setCatalogue] = useState<Catalogue>();
  const [problem, setProblem] = useState("");
  const [uid, setUID] = useState(location.hash.slice(1));
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    read<Catalogue>("dashboards").then(setCatalogue, (error: Error) => setProblem(error.message));
    const move = () => setUID(location.hash.slice(1));
    addEventListener("hashchange", move);
    const timer = setInterval(
      () => document.visibilityState === "visible" && setNowMs(Date.now()),
      refreshMs,
    );
    return () => {
      removeEventListener("hashchange", move);
      clearInterval(timer);
    };
  }, []);
  if (catalogue === undefined) return <main>{problem && <p role="alert">{problem}</p>}</main>;
  const board = catalogue.dashboards.find((d) => d.uid === uid) ?? catalogue.dashboards[0];
  return (
    <>
      <header>
        <h1>Pronto</h1>
        <nav aria-label="Dashboards">
          {catalogue.dashboards.map((d) => (
            <a
              key={d.uid}
              href={`#${d.uid}`}
              aria-current={d === board && uid !== "support" ? "page" : undefined}
            >
              {d.title.replace("Pronto: ", "")}
            </a>
          ))}
          <a href="#support" aria-current={uid === "support" ? "page" : undefined}>
            Support code
          </a>
        </nav>
      </header>
      <main>{uid === "support" ? <Support /> : board && <Board {...{ catalogue, board, nowMs }} />}</main>
    </>
  );
}

function Board({ catalogue, board, nowMs }: { catalogue: Catalogue; board: Dashboard; nowMs: number }) {
  return (
    <>
      <p class="about">
        {board.description} The last {Math.round(catalogue.spanMs / 60_000)} minutes.
      </p>
      <div class="panels">
        {board.panels.map((panel) =>
          panel.type === "row" ? (
            <h2 key={`${board.uid} ${panel.id}`}>{panel.title}</h2>
          ) : (
            <OnePanel key={`${board.uid} ${panel.id}`} {...{ catalogue, panel, nowMs }} />
          ),
        )}
      </div>
    </>
  );
}

function OnePanel({ catalogue, panel, nowMs }: { catalogue: Catalogue; panel: Panel; nowMs: number }) {
  const [drawing, setDrawing] = useState<Drawing>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let late = false;
    draw(catalogue, panel, nowMs).then(
      (done) => {
        if (late) return;
        setDrawing(done);
        setProblem("");
      },
      (error: Error) => late || setProblem(error.message),
    );
    return () => {
      late = true;
    };
  }, [catalogue, panel, nowMs]);
  const empty = drawing?.lines.every((line) => line.values.every((value) => value === null));
  return (
    <section class={panel.type} title={panel.description}>
      <h3>{panel.title}</h3>
      {problem !== "" && <p role="alert">{problem}</p>}
      {panel.type === "stat" ? (
        <Stat panel={panel} drawing={drawing} />
      ) : empty ? (
        <p class="empty">Nothing yet</p>
      ) : (
        drawing && <Chart panel={panel} drawing={drawing} />
      )}
    </section>
  );
}

function Stat({ panel, drawing }: { panel: Panel; drawing: Drawing | undefined }) {
  const value = drawing?.lines[0]?.values.findLast((v) => v !== null);
  const defaults = panel.fieldConfig?.defaults;
  const steps = defaults?.thresholds?.steps ?? [];
  const step = steps.findLast(({ value: from }) => from === null || (value ?? Number.NaN) >= from);
  return (
    <p class="value" data-colour={value === undefined ? "none" : step?.color}>
      {written(value, defaults?.unit ?? "")}
    </p>
  );
}

function Chart({ panel, drawing }: { panel: Panel; drawing: Drawing }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    if (box.current) seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  useEffect(() => {
    if (box.current === null || width === 0) return;
    const defaults = panel.fieldConfig?.defaults;
    const unit = defaults?.unit ?? "";
    if (panel.type === "heatmap") return drawHeat(box.current, drawing, unit);
    return drawLines(box.current, drawing, unit, defaults?.custom?.stacking.mode === "normal");
  }, [panel, drawing, width]);
  return <div class="chart" ref={box} />;
}

const root = document.getElementById("app");
if (root) render(<App />, root);
