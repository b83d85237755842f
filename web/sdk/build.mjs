// Builds the SDK into dist/sdk:
//
//   pronto.js, pronto.d.ts             an ES module without dependencies
//   pronto-fake.js, pronto-fake.d.ts   the client without a server, for the tests of those who build with it
//   pronto.global.js                   the same as pronto.js as one classic script, window.Pronto
//   pronto-push.js, …                  parts of both that are loaded when they are first wanted
//   pronto-share.js, pronto-share.d.ts the QR code and the calendar file of a link
//   pronto-keys.js                     the worker that has the keys of encrypted calls
//   pronto-sdk.tgz                     all of it as an npm package: npm install https://your.server/sdk/pronto-sdk.tgz

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const web = dirname(here);
const out = join(web, "dist/sdk");
const reference = '/// <reference lib="esnext.disposable" />\n';

/** besideItself has the fake import the client as the package has it, so that there is one class Pronto. */
const besideItself = {
  name: "beside itself",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/index\.ts$/ }, () => ({ path: "./pronto.js", external: true }));
  },
};

/**
 * parts are what of the client is loaded when it is first wanted, each a file of its own beside it: they use nothing of the
 * client's but what they are given, so that they fit the module and the classic script alike.
 */
const parts = ["account", "diagnostics", "groups", "judging", "links", "push", "usagebackup"];
/** clients are what there must be one of: see later.ts. */
const clients = ["problem", "trusted"].map((name) => `sdk/src/${name}.ts`);

/**
 * partsBeside has the client find its parts: at is the code of where the file of a name is. It changes the sources, because
 * the classic script needs code there: for one of another origin a path is relative to nothing (HTML, "create a classic script").
 */
const partsBeside = (at) => ({
  name: "parts beside",
  setup({ onLoad }) {
    const imported = new RegExp(`import\\("\\./(${parts.join("|")})\\.ts"\\)`, "g");
    onLoad({ filter: /[\\/]sdk[\\/]src[\\/]\w+\.ts$/ }, ({ path }) => ({
      loader: "ts",
      contents: readFileSync(path, "utf8").replace(
        imported,
        (_, name) => `import(${at(`./pronto-${name}.js`)})`,
      ),
    }));
  },
});

/** buildPart builds one, and fails if it has a copy of what there must be one of. */
async function buildPart(shared, name) {
  const { metafile } = await build({
    ...shared,
    entryPoints: [join(here, `src/${name}.ts`)],
    outfile: join(out, `pronto-${name}.js`),
    metafile: true,
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  for (const copy of clients)
    if (inputs[copy]?.bytesInOutput > 0) throw new Error(`the part ${name} has a copy of ${copy}`);
}

/** buildSDK builds all; shared are the options of every script, worker is the name of the worker's file. */
export async function buildSDK(shared, worker) {
  const define = { builtWorker: JSON.stringify(worker) };
  const entry = join(here, "src/index.ts");
  await Promise.all([
    ...parts.map((name) => buildPart(shared, name)),
    build({
      ...shared,
      entryPoints: [join(here, "src/share/index.ts")],
      outfile: join(out, "pronto-share.js"),
    }),
    build({
      ...shared,
      define,
      entryPoints: [entry],
      outfile: join(out, "pronto.js"),
      external: ["./pronto-*.js"],
      plugins: [partsBeside((file) => JSON.stringify(file))],
    }),
    build({
      ...shared,
      entryPoints: [join(here, "src/fake/index.ts")],
      outfile: join(out, "pronto-fake.js"),
      plugins: [besideItself],
    }),
    build({
      ...shared,
      format: "iife",
      globalName: "Pronto",
      define: { ...define, "import.meta.url": "scriptURL" },
      inject: [join(here, "src/classic.ts")],
      plugins: [partsBeside((file) => `new URL(${JSON.stringify(file)}, import.meta.url).href`)],
      entryPoints: [entry],
      outfile: join(out, "pronto.global.js"),
    }),
  ]);
  execFileSync(process.execPath, [join(web, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.sdk.json"], {
    cwd: web,
    stdio: "inherit",
  });
  nameModules(join(out, "types"));
  writeFileSync(join(out, "pronto.d.ts"), `${reference}export * from "./types/index.js";\n`);
  writeFileSync(join(out, "pronto-fake.d.ts"), `${reference}export * from "./types/fake/index.js";\n`);
  writeFileSync(join(out, "pronto-share.d.ts"), 'export * from "./types/share/index.js";\n');
  pack();
}

/** nameModules has the declarations name each other as modules, not as the sources they came from. */
function nameModules(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
  }
}

/** pack makes the npm package of what was built. */
function pack() {
  const folder = join(out, "package");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const packed = ["pronto", "pronto-fake", "pronto-share"].flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  for (const name of [...packed, "pronto-keys.js", ...parts.map((part) => `pronto-${part}.js`)]) {
    copyFileSync(join(out, name), join(folder, name));
  }
  cpSync(join(out, "types"), join(folder, "types"), { recursive: true });
  for (const name of ["package.json", "README.md"]) copyFileSync(join(here, name), join(folder, name));
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--offline"], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  renameSync(join(folder, filename), join(out, "pronto-sdk.tgz"));
  rmSync(folder, { recursive: true });
}
