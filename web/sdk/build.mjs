// Builds the SDK into dist/sdk:
//
//   pronto.js, pronto.d.ts             an ES module without dependencies
//   pronto-fake.js, pronto-fake.d.ts   the client without a server, for the tests of those who build with it
//   pronto.global.js                   the same as pronto.js as one classic script, window.Pronto
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

/** buildSDK builds all; shared are the options of every script, worker is the name of the worker's file. */
export async function buildSDK(shared, worker) {
  const define = { builtWorker: JSON.stringify(worker) };
  const entry = join(here, "src/index.ts");
  await Promise.all([
    build({ ...shared, define, entryPoints: [entry], outfile: join(out, "pronto.js") }),
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
  for (const name of ["pronto.js", "pronto.d.ts", "pronto-fake.js", "pronto-fake.d.ts", "pronto-keys.js"]) {
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
