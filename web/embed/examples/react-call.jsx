// A component that rings somebody: <CallButton user="bia" name="Bia" url="wss://calls.example.com/v1/ws" />

import { connect } from "pronto-sdk";
import { useEffect, useState } from "react";

export function CallButton({ user, name, url }) {
  const [pronto, setPronto] = useState();
  const [phase, setPhase] = useState("idle");
  useEffect(() => {
    const ended = new AbortController();
    connect("/my-token", { url, signal: ended.signal }).then(setPronto, () => undefined);
    return () => ended.abort();
  }, [url]);
  const ring = async () => {
    const call = await pronto.ring([user], { kind: "voice" });
    call.on("change", () => setPhase(call.phase));
  };
  const hangUp = () => pronto.calls[0]?.leave();
  return phase === "idle" || phase === "ended" ? (
    <button type="button" disabled={pronto === undefined} onClick={ring}>
      Call {name}
    </button>
  ) : (
    <button type="button" onClick={hangUp}>
      Hang up ({phase})
    </button>
  );
}
