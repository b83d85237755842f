/** Traffic is how much a call has sent and received, in bytes, as the browser counts them. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

type Counters = Readonly<Record<string, unknown>>;

/** TrafficCount adds up what the connections of a call have carried: a call may have several, one after the other. */
export class TrafficCount {
  readonly #connections = new Map<object, Map<string, Traffic>>(); // by connection, then by candidate pair

  /** take takes the counters of one connection (W3C webrtc-stats). */
  take(connection: object, reports: Iterable<readonly [string, Counters]>): void {
    const pairs = this.#connections.get(connection) ?? new Map<string, Traffic>();
    this.#connections.set(connection, pairs);
    for (const [id, { type, bytesSent, bytesReceived }] of reports) {
      if (type !== "candidate-pair") continue;
      const before = pairs.get(id);
      pairs.set(id, {
        sentBytes: Math.max(before?.sentBytes ?? 0, Number(bytesSent ?? 0)),
        receivedBytes: Math.max(before?.receivedBytes ?? 0, Number(bytesReceived ?? 0)),
      });
    }
  }

  /** sum is all of it. */
  get sum(): Traffic {
    let [sentBytes, receivedBytes] = [0, 0];
    for (const pairs of this.#connections.values()) {
      for (const pair of pairs.values()) {
        sentBytes += pair.sentBytes;
        receivedBytes += pair.receivedBytes;
      }
    }
    return { sentBytes, receivedBytes };
  }
}
