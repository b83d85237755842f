import { viteMLS } from "./mls-library.mjs";

export default {
  plugins: [viteMLS],
  test: {
    include: ["sdk/test/**/*.test.ts", "demo/test/**/*.test.{ts,tsx}", "embed/test/**/*.test.ts"],
    environment: "node",
    setupFiles: ["demo/test/setup.ts"],
    testTimeout: 60_000, // on a busy machine
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubGlobals: true,
    server: { deps: { inline: ["ts-mls"] } }, // so that the correction above reaches it
  },
};
