// Real browsers against a real server: one file after the other, because two
// browsers and a media server are as much as a small machine carries.

/** long take a minute and more each, or have a short form among the others: make soak runs them. */
const long = [
  "alerts",
  "badnetwork",
  "codecs",
  "incall",
  "lobby",
  "matrix",
  "screens",
  "telemetry",
  "vitals",
].map((name) => `e2e/${name}.test.mjs`);

export default {
  test: {
    ...(process.env.E2E_LONG === undefined
      ? { include: ["e2e/**/*.test.mjs"], exclude: long }
      : { include: long }),
    environment: "node",
    globalSetup: "e2e/build.mjs",
    fileParallelism: false,
    testTimeout: 120_000,
    retry: 1, // three browsers on two processors: once in a thousand stories one gets none for half a minute
    hookTimeout: 180_000,
    // Its functions run in pages: they must arrive there as they are written.
    server: { deps: { external: [/\/e2e\/harness\.mjs$/] } },
  },
};
