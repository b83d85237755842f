import { expect, test, vi } from "vitest";
import { warmUp } from "../src/call/warmup.ts";

test("what warms a browser up while it rings gathers no address, and is made once and closed", async () => {
  const did: string[] = [];
  vi.stubGlobal(
    "RTCPeerConnection",
    class {
      addTransceiver = (kind: string): number => did.push(kind);
      createOffer = async (): Promise<void> => void did.push("offer");
      setLocalDescription = async (): Promise<void> => void did.push("described");
      close = (): number => did.push("close");
    },
  );
  warmUp();
  warmUp();
  await vi.waitFor(() => expect(did).toContain("close"));
  expect(did).toEqual(["audio", "video", "offer", "close"]);
});
