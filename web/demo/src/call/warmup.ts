let warm = false;

/**
 * warmUp does, while it rings, what a browser takes a while for at the first connection of a page: it makes one, with
 * sound and picture, and throws it away. Nothing leaves the device: addresses are gathered only for a local
 * description (W3C webrtc-pc, section 4.4.1), and there is none.
 */
export function warmUp(): void {
  if (warm) return;
  warm = true;
  void import("../../../sdk/src/judging.ts").catch(() => undefined);
  const connection = new RTCPeerConnection();
  for (const kind of ["audio", "video"]) connection.addTransceiver(kind);
  connection
    .createOffer()
    .catch(() => undefined)
    .finally(() => connection.close());
}
