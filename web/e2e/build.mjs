// Builds the server once for all files of a run, unless PRONTO_BIN names one.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder;

export function setup() {
  if (process.env.PRONTO_BIN) return;
  folder = mkdtempSync(join(tmpdir(), "pronto-e2e-"));
  process.env.PRONTO_BIN = join(folder, "pronto");
  execFileSync("go", ["build", "-o", process.env.PRONTO_BIN, "./cmd/pronto"], {
    cwd: "..",
    stdio: "inherit",
  });
}

export function teardown() {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
