// Real browsers against a real server: one file after the other, because two
// browsers and a media server are as much as a small machine carries.
export default {
  test: {
    include: ["e2e/**/*.test.mjs"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Its functions run in pages: they must arrive there as they are written.
    server: { deps: { external: [/\/e2e\/harness\.mjs$/] } },
  },
};
