// A bad network between a page and the server's media (sfu/lab), for the lab and for stories.

import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Network is the bad network's process. */
export class Network {
  static async start(folder, address, target) {
    const path = join(folder, "lab");
    execFileSync("go", ["build", "-o", path, "./sfu/lab"], { cwd: root, stdio: "inherit" });
    const child = spawn(path, ["-listen", `${address}:0`, "-target", target], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Network(child, lines, (await lines.next()).value);
  }

  constructor(child, lines, address) {
    this.child = child;
    this.lines = lines;
    this.address = address;
  }

  /** set changes the weather, downwards and upwards. */
  async set(down, up = down.delayMs === undefined ? {} : { delayMs: down.delayMs }) {
    this.child.stdin.write(`${JSON.stringify({ up, down })}\n`);
    if ((await this.lines.next()).value !== "set") throw new Error("the weather was not set");
  }

  async stop() {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
  }
}

/** through runs in a page before everything else: its media goes to another address than the server names. */
export function through({ from, to }) {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp.replaceAll(` ${from.replace(":", " ")} typ`, ` ${to.replace(":", " ")} typ`);
    return set.call(this, { type: description.type, sdp });
  };
}

/** freePort is one that nobody has at the moment. */
export async function freePort(address) {
  const socket = createSocket("udp4").bind(0, address);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
