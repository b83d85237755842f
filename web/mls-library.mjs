// Two corrections to the MLS library, ts-mls 1.6.4, wherever it is bundled or tested.

import { readFile } from "node:fs/promises";

/** corrections are, for each file of the library, what is wrong in it and what is right. */
const corrections = {
  // RFC 9420, section 7.9: when a leaf is unmerged at a parent, every node that is
  // not blank *between* the two must have it among its unmerged leaves. The library
  // asks for the same whole list at every node up to the root, and so refuses good
  // groups of four and more after some have left.
  "clientState.js": [
    [
      /if \(tree\[nodeIndex\]\?\.nodeType !== "leaf" && !dp\.includes\(toNodeIndex\(i\)\)\)/,
      'if (tree[nodeIndex]?.nodeType !== "leaf" || !dp.includes(toNodeIndex(i)))',
    ],
    [
      /for \(const parentIdx of dp\) \{/,
      "for (const parentIdx of dp.slice(0, dp.indexOf(toNodeIndex(i)))) {",
    ],
    [
      /if \(!arraysEqual\(dpNode\.parent\.unmergedLeaves, n\.parent\.unmergedLeaves\)\)/,
      "if (!dpNode.parent.unmergedLeaves.includes(unmergedLeaf))",
    ],
  ],
  // RFC 9420, section 7.4: the commit secret follows the last path secret of the
  // *filtered* direct path. When everybody in the other half of the tree has left,
  // that path ends below the root, and the library derives once more than it should.
  "pathSecrets.js": [
    [
      /const nextIndex = findFirstNonBlankAncestor\(tree, currentIndex\);/,
      `$&
        if (tree[nextIndex] === undefined) {
            pathSecrets[rootIndex] = pathSecrets[currentIndex];
            break;
        }`,
    ],
  ],
};

const where = /ts-mls[\\/]dist[\\/]src[\\/](clientState\.js|pathSecrets\.js)$/;

/** repairMLS corrects the text of one of the library's files, and throws if that is another version's. */
export function repairMLS(file, source) {
  const [, name] = where.exec(file) ?? [];
  return (corrections[name] ?? []).reduce((text, [pattern, right]) => {
    if (!pattern.test(text))
      throw new Error("ts-mls has changed: see whether mls-library.mjs is still needed");
    return text.replace(pattern, right);
  }, source);
}

/** esbuildMLS are the corrections for esbuild. It leaves out the cipher suites that we do not use. */
export const esbuildMLS = {
  name: "mls-library",
  setup(build) {
    build.onResolve({ filter: /^@(noble|hpke)\// }, ({ path }) =>
      path === "@hpke/core" || path === "@hpke/common" ? undefined : { path, external: true },
    );
    build.onLoad({ filter: /implementation[\\/]noble[\\/]provider\.js$/ }, () => ({
      contents: "export const nobleCryptoProvider = undefined;",
    }));
    build.onLoad({ filter: where }, async ({ path }) => ({
      contents: repairMLS(path, await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};

/** viteMLS are the corrections for vitest. The library names source maps that it does not have. */
export const viteMLS = {
  name: "mls-library",
  enforce: "pre",
  async load(id) {
    if (!/ts-mls[\\/]dist[\\/].*\.js$/.test(id)) return undefined;
    const source = (await readFile(id, "utf8")).replace(/\n\/\/# sourceMappingURL=.*$/, "");
    return { code: repairMLS(id, source), map: null };
  },
};
