// A push service (RFC 8030) on this machine, which speaks to Firefox as Mozilla's does (autopush): WebSocket on one side, POST on
// the other. It hands on what it gets as it is: it cannot read it.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const handshake = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, section 1.3

/** PushService has what was posted, in posts, and answers 410 to what was made for subscriptions that have ended. */
export class PushService {
  posts = [];
  #channels = new Map(); // by the token in their address
  #sockets = new Set();
  #http = createServer((request, response) => this.#posted(request, response));

  async start() {
    this.#http.on("upgrade", (request, socket) => this.#connected(request, socket));
    await new Promise((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
    this.port = this.#http.address().port;
  }

  /** socketURL is what Firefox is told. */
  get socketURL() {
    return `ws://localhost:${this.port}/ws`;
  }

  /** endAll ends all subscriptions, as services do with those that nobody uses. */
  endAll() {
    this.#channels.clear();
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #posted(request, response) {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const { ttl, urgency, topic } = request.headers;
      const channel = this.#channels.get(request.url.split("/").at(-1));
      const status = channel === undefined ? 410 : 201;
      this.posts.push({ ttl: Number(ttl), urgency, topic, status });
      response.writeHead(status, { Location: "/m/1", TTL: ttl ?? "0" }).end();
      channel?.send({
        messageType: "notification",
        channelID: channel.id,
        version: randomBytes(8).toString("hex"),
        ttl: Number(ttl),
        data: Buffer.concat(parts).toString("base64url"),
        headers: { encoding: request.headers["content-encoding"] },
      });
    });
  }

  #connected(request, socket) {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    const accept = createHash("sha1")
      .update(request.headers["sec-websocket-key"] + handshake)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: push-notification\r\n\r\n`,
    );
    const send = (message) => socket.write(frame(JSON.stringify(message)));
    let buffered = Buffer.alloc(0);
    socket.on("data", (data) => {
      buffered = Buffer.concat([buffered, data]);
      for (let read = unframe(buffered); read !== undefined; read = unframe(buffered)) {
        buffered = buffered.subarray(read.length);
        if (read.opcode === 8) socket.end();
        if (read.opcode === 1) this.#told(JSON.parse(read.text), send);
      }
    });
  }

  #told(message, send) {
    const { messageType, channelID } = message;
    if (messageType === "hello")
      send({
        messageType,
        uaid: randomBytes(16).toString("hex"),
        status: 200,
        use_webpush: true,
        broadcasts: {},
      });
    else if (messageType === "register") {
      const token = randomBytes(16).toString("hex");
      this.#channels.set(token, { id: channelID, send });
      const pushEndpoint = `http://localhost:${this.port}/wpush/${token}`;
      send({ messageType, channelID, status: 200, pushEndpoint });
    } else if (messageType === "unregister") send({ messageType, channelID, status: 200 });
    else if (messageType === "ping" || messageType === undefined) send({});
  }
}

/** frame is a text as one frame of a server (RFC 6455, section 5.2). */
function frame(text) {
  const body = Buffer.from(text);
  const long = body.length > 125;
  const head = long
    ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
    : Buffer.from([0x81, body.length]);
  return Buffer.concat([head, body]);
}

/** unframe reads one frame of a client, which is masked; undefined until all of it is here. */
function unframe(data) {
  if (data.length < 2) return undefined;
  let size = data[1] & 127;
  let at = 2;
  if (size === 126) {
    if (data.length < 4) return undefined;
    size = data.readUInt16BE(2);
    at = 4;
  }
  if (data.length < at + 4 + size) return undefined;
  const mask = data.subarray(at, at + 4);
  const body = Buffer.from(data.subarray(at + 4, at + 4 + size).map((byte, i) => byte ^ mask[i % 4]));
  return { opcode: data[0] & 15, text: body.toString(), length: at + 4 + size };
}
