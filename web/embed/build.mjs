// Builds what other sites embed:
//
//   dist/embed/index.html, dist/embed/assets/…      the page in the frame, served as /embed/<link>
//   dist/embed/privacy.html                         the privacy notice of a server that has no other
//   dist/embed/pronto-embed.js                      an ES module: ProntoButton, CallFrame
//   dist/embed/pronto-embed.element.js              the same for who only writes <pronto-button>
//   dist/widget.js                                  one classic script: a button in the corner of a page

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../dist");

/** buildEmbed builds all; shared are the options of every script, the rest is what build.mjs does for every page. */
export async function buildEmbed(shared, { buildWorker, writePage }) {
  mkdirSync(join(dist, "embed"), { recursive: true });
  const worker = await buildWorker("dist/embed/assets", "[name]-[hash]");
  const page = (name) => join(here, "src/page", name);
  const [{ metafile }] = await Promise.all([
    build({
      ...shared,
      entryPoints: { frame: join(here, "src/frame/main.tsx"), privacy: join(here, "src/frame/privacy.css") },
      outdir: "dist/embed/assets",
      entryNames: "[name]-[hash]",
      define: { builtWorker: JSON.stringify(worker) },
      jsx: "automatic",
      jsxImportSource: "preact",
      metafile: true,
    }),
    build({ ...shared, entryPoints: [page("embed.ts")], outfile: "dist/embed/pronto-embed.js" }),
    build({ ...shared, entryPoints: [page("element.ts")], outfile: "dist/embed/pronto-embed.element.js" }),
    build({
      ...shared,
      format: "iife",
      define: { "import.meta.url": "undefined" },
      entryPoints: [page("widget.ts")],
      outfile: "dist/widget.js",
    }),
  ]);
  writePage("embed/index.html", "embed/index.html", metafile);
  writePage("embed/privacy.html", "embed/privacy.html", metafile);
}
