export default {
  test: {
    include: ["sdk/test/**/*.test.ts", "demo/test/**/*.test.{ts,tsx}"],
    environment: "node",
    restoreMocks: true,
    unstubGlobals: true,
  },
};
