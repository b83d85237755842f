// Real browsers against a real server: one file after the other, because two
// browsers and a media server are as much as a small machine carries.

const files = (names) => names.map((name) => `e2e/${name}.test.mjs`);

/** long take a minute and more each, or have a short form among the others: make soak runs them. */
const long = files(["alerts", "badnetwork", "codecs", "incall", "lobby", "screens", "telemetry", "vitals"]);

/** both tell a story or two in make test, and more of them in make soak: see E2E_LONG in them. */
const both = files(["matrix"]);

export default {
  test: {
    ...(process.env.E2E_LONG === undefined
      ? { include: ["e2e/**/*.test.mjs"], exclude: long }
      : { include: [...long, ...both] }),
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
