import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { expect, test } from "vitest";
import { enLater } from "../src/lang/en-later.ts";

const web = join(import.meta.dirname, "../..");
const mostBytes = 60_000;
/** saidLater are what state says only about what somebody did on a screen that is loaded later, with its texts, or in a call. */
const saidLater = /^(notice|settings|profile|links|groups|device|tab|terms)\./;

/** bundle builds the page as build.mjs does, in memory. */
async function bundle() {
  const { metafile, outputFiles } = await build({
    absWorkingDir: web,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    entryPoints: { demo: "demo/src/main.tsx" },
    outdir: "dist/assets",
    splitting: true,
    write: false,
    metafile: true,
    define: { builtWorker: '"pronto-keys.js"' },
    loader: { ".woff2": "file" },
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  return { metafile, outputFiles };
}

/** firstOf are the files that the entry imports at once. */
function firstOf({ outputs }: Metafile): readonly string[] {
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === "demo/src/main.tsx");
  const first = new Set(entry === undefined ? [] : [entry]);
  for (const name of first)
    for (const { path, kind } of outputs[name]?.imports ?? [])
      if (kind === "import-statement") first.add(path);
  return [...first];
}

test("the first screen takes at most 60 kB of script, compressed, and no text of what is loaded later", async () => {
  const { metafile, outputFiles } = await bundle();
  const first = firstOf(metafile);
  const bytes = outputFiles
    .filter(({ path }) => first.includes(path.slice(web.length + 1)))
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThanOrEqual(mostBytes);
  const sources = first.flatMap((name) =>
    Object.entries(metafile.outputs[name]?.inputs ?? {})
      .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && path.startsWith("demo/src/"))
      .map(([path]) => readFileSync(join(web, path), "utf8")),
  );
  const text = sources.join("\n");
  const early = Object.keys(enLater).filter((key) => text.includes(`"${key}"`) && !saidLater.test(key));
  expect(early).toEqual([]);
});
