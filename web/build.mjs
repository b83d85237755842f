// Builds what the server embeds: node build.mjs [sdk] [--watch]
//
//   dist/index.html, dist/assets/<name>-<hash>.js|css   the demo page
//   dist/sw.js, icons/, manifest.webmanifest             its service worker, and what installs it
//   dist/sdk/…                                           the SDK: see sdk/build.mjs
//   dist/widget.js, dist/embed/…                         what other sites embed: see embed/build.mjs
//   dist/ops/index.html, dist/ops/assets/…               the viewer for operators
//   pronto-keys.js beside each of them                   the worker that has the keys of encrypted calls
//
// With "sdk", only the SDK. Every text file gets a .br and a .gz beside it.

import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { buildEmbed } from "./embed/build.mjs";
import { esbuildMLS } from "./mls-library.mjs";
import { buildSDK } from "./sdk/build.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, "dist");
/** maxWorkerBytes is how large the worker may become, compressed: people wait for it before their first call. */
const maxWorkerBytes = 120_000;
/** maxFirstBytes is how much script, compressed, may come before the first screen: without the worker and what is loaded later. */
const maxFirstBytes = 60_000;
const compressible = new Set([".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".ts", ".txt"]);

const shared = {
  absWorkingDir: web,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

/** buildWorker builds the worker into a folder, and returns the name of its file. */
async function buildWorker(outdir, entryNames) {
  const { metafile } = await build({
    ...shared,
    format: "iife",
    entryPoints: { "pronto-keys": "sdk/src/e2ee/worker.ts" },
    outdir,
    entryNames,
    plugins: [esbuildMLS],
    metafile: true,
  });
  const [file] = Object.keys(metafile.outputs);
  const bytes = gzipSync(readFileSync(join(web, file)), { level: 9 }).length;
  if (bytes > maxWorkerBytes)
    throw new Error(`${file} has ${bytes} bytes compressed, over ${maxWorkerBytes}`);
  return basename(file);
}

async function buildDemo() {
  const worker = await buildWorker("dist/assets", "[name]-[hash]");
  const { metafile } = await build({
    ...shared,
    entryPoints: { demo: "demo/src/main.tsx" },
    outdir: "dist/assets",
    entryNames: "[name]-[hash]",
    splitting: true, // what is loaded later
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    define: { builtWorker: JSON.stringify(worker) },
    loader: { ".woff2": "file" },
    jsx: "automatic",
    jsxImportSource: "preact",
    metafile: true,
  });
  if (existsSync(join(web, "demo/public"))) {
    cpSync(join(web, "demo/public"), dist, { recursive: true });
  }
  writePage("demo/index.html", "index.html", metafile, preloads(metafile));
  await buildServiceWorker(metafile, worker);
}

/** buildServiceWorker builds sw.js, which keeps the page: all of it but the worker with the keys, which only calls need. */
async function buildServiceWorker({ outputs }, keyWorker) {
  const built = Object.keys(outputs).map((name) => `/assets/${basename(name)}`);
  const files = [
    "/",
    ...built.filter((path) => basename(path) !== keyWorker),
    "/manifest.webmanifest",
    "/icons/icon-192.png",
  ];
  const hash = createHash("sha256").update(readFileSync(join(dist, "index.html")));
  for (const path of files.slice(1)) hash.update(readFileSync(join(dist, path)));
  await build({
    ...shared,
    format: "iife",
    entryPoints: { sw: "demo/worker/sw.ts" },
    outdir: "dist",
    define: {
      builtFiles: JSON.stringify(files),
      builtVersion: JSON.stringify(hash.digest("hex").slice(0, 16)),
    },
  });
}

/** preloads are what the page's script imports at once, and fails if that has become too much. */
function preloads({ outputs }) {
  const [entry] = Object.keys(outputs).filter((name) => outputs[name].entryPoint === "demo/src/main.tsx");
  const first = new Set([entry]);
  for (const name of first)
    for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") first.add(path);
  const bytes = [...first].reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(web, name)), { level: 9 }).length,
    0,
  );
  if (bytes > maxFirstBytes)
    throw new Error(`the first screen needs ${bytes} bytes of script, over ${maxFirstBytes}`);
  return [...first].filter((name) => name !== entry).map((name) => `/assets/${basename(name)}`);
}

async function buildOps() {
  const { metafile } = await build({
    ...shared,
    entryPoints: { ops: "ops/src/main.tsx" },
    outdir: "dist/ops/assets",
    entryNames: "[name]-[hash]",
    jsx: "automatic",
    jsxImportSource: "preact",
    metafile: true,
  });
  writePage("ops/index.html", "ops/index.html", metafile);
}

/** writePage puts the names that were built into a page, and what to fetch without waiting for the script that wants it. */
function writePage(from, to, metafile, preloaded = []) {
  const links = preloaded.map((path) => `<link rel="modulepreload" href="${path}">`).join("\n    ");
  let html = readFileSync(join(web, from), "utf8").replace("</head>", `  ${links}\n  </head>`);
  for (const output of Object.keys(metafile.outputs)) {
    const hashed = basename(output);
    const plain = hashed.replace(/-[A-Z0-9]+(?=\.[a-z]+$)/, "");
    html = html.replaceAll(`/assets/${plain}`, `/assets/${hashed}`);
  }
  writeFileSync(join(dist, to), html);
}

/** A server sends the compressed file as it is, so it is worth the hardest level. */
function compress(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      compress(path);
    } else if (compressible.has(extname(entry.name))) {
      const data = readFileSync(path);
      writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
      writeFileSync(
        `${path}.br`,
        brotliCompressSync(data, {
          params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
        }),
      );
    }
  }
}

const sdkOnly = process.argv.includes("sdk");

function clean() {
  mkdirSync(dist, { recursive: true });
  for (const entry of sdkOnly ? ["sdk"] : readdirSync(dist)) {
    if (entry !== ".keep") rmSync(join(dist, entry), { recursive: true, force: true });
  }
}

async function all() {
  clean();
  await buildSDK(shared, await buildWorker("dist/sdk", "[name]"));
  if (!sdkOnly) await Promise.all([buildDemo(), buildOps(), buildEmbed(shared, { buildWorker, writePage })]);
  compress(sdkOnly ? join(dist, "sdk") : dist);
}

await all();
if (process.argv.includes("--watch")) {
  let again;
  for (const folder of sdkOnly ? ["sdk/src"] : ["sdk/src", "demo", "embed/src"]) {
    watch(join(web, folder), { recursive: true }, () => {
      clearTimeout(again);
      again = setTimeout(() => all().catch((error) => console.error(error.message)), 50);
    });
  }
}
