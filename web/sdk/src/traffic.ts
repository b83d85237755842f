/** Traffic is how much a call has sent and received, in bytes, as the browser counts them. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** headerBytes is what UDP and IPv4 add to a packet. */
const headerBytes = 28;

type Counters = Readonly<Record<string, unknown>>;

/** TrafficCount adds up what the connections of a call have carried: a call may have several, one after the other. */
export class TrafficCount {
  readonly #connections = new Map<object, Map<string, Traffic>>(); // by connection, then by candidate pair
  readonly #packets = new Map<string, number>(); // by what counts them, and direction

  /** take takes the counters of one connection (W3C webrtc-stats). */
  take(connection: object, reports: Iterable<readonly [string, Counters]>): void {
    const pairs = this.#connections.get(connection) ?? new Map<string, Traffic>();
    this.#connections.set(connection, pairs);
    const key = this.#key(connection);
    let [sent, received, counted] = [0, 0, false];
    for (const [id, { type, bytesSent, bytesReceived, packetsSent, packetsReceived }] of reports) {
      if (type === "outbound-rtp") sent += Number(packetsSent ?? 0);
      if (type === "inbound-rtp") received += Number(packetsReceived ?? 0);
      if (type !== "candidate-pair") continue;
      const before = pairs.get(id);
      pairs.set(id, {
        sentBytes: Math.max(before?.sentBytes ?? 0, Number(bytesSent ?? 0)),
        receivedBytes: Math.max(before?.receivedBytes ?? 0, Number(bytesReceived ?? 0)),
      });
      if (packetsSent !== undefined) {
        this.#packets.set(`${key} ${id} sent`, Number(packetsSent));
        this.#packets.set(`${key} ${id} received`, Number(packetsReceived ?? 0));
        counted = true;
      }
    }
    if (counted) return;
    // Firefox does not count the packets of a pair: those of media are nearly all.
    this.#packets.set(`${key} sent`, Math.max(sent, this.#packets.get(`${key} sent`) ?? 0));
    this.#packets.set(`${key} received`, Math.max(received, this.#packets.get(`${key} received`) ?? 0));
  }

  /** wire is sum with the headers of UDP and IP, which people pay for too. */
  get wire(): Traffic {
    let { sentBytes, receivedBytes } = this.sum;
    for (const [key, packets] of this.#packets) {
      if (key.endsWith(" sent")) sentBytes += headerBytes * packets;
      else receivedBytes += headerBytes * packets;
    }
    return { sentBytes, receivedBytes };
  }

  #key(connection: object): string {
    const known = [...this.#connections.keys()].indexOf(connection);
    return `connection ${known}`;
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
