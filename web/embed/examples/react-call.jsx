// A component that rings somebody: <CallButton user="bia" name="Bia" url="https://calls.example.com" />

import { connect } from "pronto-sdk";
import { useEffect, useState } from "react";

export function CallButton({ user, name, url }) {
  const [pronto, setPronto] = useState();
  const [phase, setPhase] = useState("idle");
  const [problem, setProblem] = useState();
  useEffect(() => {
    const ended = new AbortController();
    connect("/my-token", { url, signal: ended.signal }).then(setPronto, (error) => {
      if (!ended.signal.aborted) setProblem(error.message);
    });
    return () => ended.abort();
  }, [url]);
  const ring = async () => {
    try {
      const call = await pronto.ring([user], { kind: "voice", microphone: true });
      call.on("change", () => setPhase(call.phase));
      setPhase(call.phase);
    } catch (error) {
      setProblem(error.message);
    }
  };
  const hangUp = () => pronto.calls[0]?.leave();
  if (problem !== undefined) return <p role="alert">{problem}</p>;
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
