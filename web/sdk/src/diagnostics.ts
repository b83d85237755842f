import type { Call } from "./call.ts";
import type { JournalStep } from "./journal.ts";
import { canEncrypt } from "./keyworker.ts";
import type { Pronto } from "./pronto.ts";
import type { State } from "./signalling.ts";
import type { AudioStats, CallStats, VideoStats } from "./stats.ts";
import type { Traffic } from "./traffic.ts";
import type { CallPhase, Kind, Path, Topology } from "./wire.gen.ts";

/**
 * Diagnostics is what helps to find out why calls do not work here. It is made when somebody asks for it, and goes
 * nowhere by itself. No name, account, number, address, link or key is in it.
 */
export interface Diagnostics {
  readonly version: 1;
  /** atMs is when it was made, by the device's clock (Date.now). */
  readonly atMs: number;
  /** browser is its name and major version: Firefox 140. */
  readonly browser: string;
  /** secure: the page came over TLS or from this machine, without which there are no devices. */
  readonly secure: boolean;
  readonly online: boolean;
  readonly encrypts: boolean;
  readonly telemetry: boolean;
  readonly connection: State;
  /** steps are the last 300, the oldest first. */
  readonly steps: readonly JournalStep[];
  readonly calls: readonly CallDiagnosis[];
}

/** CallDiagnosis is how one call stands. */
export interface CallDiagnosis {
  /** support is the code by which an engineer finds the server's side of the call. */
  readonly support: string;
  readonly kind: Kind;
  readonly phase: CallPhase;
  readonly topology: Topology;
  readonly encrypted: boolean;
  readonly connectedMs: number | null;
  readonly traffic: Traffic;
  readonly path: Path | null;
  /** others are what comes in from each, in no order that says who. */
  readonly others: readonly {
    readonly audio?: AudioStats;
    readonly camera?: VideoStats;
    readonly screen?: VideoStats;
  }[];
}

/** makeDiagnostics makes them of a client. */
export async function makeDiagnostics(pronto: Pronto): Promise<Diagnostics> {
  return {
    version: 1,
    atMs: Date.now(),
    browser: browserOf(globalThis.navigator?.userAgent ?? ""),
    secure: globalThis.isSecureContext ?? false,
    online: globalThis.navigator?.onLine ?? true,
    encrypts: canEncrypt(),
    telemetry: pronto.telemetry,
    connection: pronto.state,
    steps: pronto.steps,
    calls: await Promise.all(pronto.calls.map(diagnoseCall)),
  };
}

const nothing: CallStats = { participants: [] }; // of a connection that closes

async function diagnoseCall(call: Call): Promise<CallDiagnosis> {
  const { path = null, participants } = await call.stats().catch(() => nothing);
  return {
    support: call.support,
    kind: call.kind,
    phase: call.phase,
    topology: call.topology,
    encrypted: call.encryption.state === "on",
    connectedMs: call.connectedMs ?? null,
    traffic: call.traffic,
    path,
    others: participants.map(({ participant: _, ...counters }) => counters),
  };
}

const browsers = [
  ["Firefox", /Firefox\/(\d+)/],
  ["Edge", /Edg\/(\d+)/],
  ["Chromium", /Chrom(?:e|ium)\/(\d+)/],
  ["Safari", /Version\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//],
] as const;

function browserOf(userAgent: string): string {
  for (const [name, pattern] of browsers) {
    const found = pattern.exec(userAgent);
    if (found !== null) return `${name} ${found[1]}`;
  }
  return "other";
}
