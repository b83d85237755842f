// A machine with two ways to this one, for stories of a change of address: a network namespace, joined by two pairs of
// virtual cables. It takes root to make one.

import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });

/** TwoWays is the machine. Its addresses are 10.213.0.2 and 10.213.1.2; it sends by the first as long as that is there. */
export class TwoWays {
  constructor() {
    this.name = `pronto-${process.pid}`;
    ip("netns", "add", this.name);
    ip("-n", this.name, "link", "set", "lo", "up");
    for (const way of [0, 1]) {
      const cable = `pronto${way}`;
      ip("link", "add", cable, "type", "veth", "peer", "name", `way${way}`, "netns", this.name);
      ip("address", "add", `10.213.${way}.1/24`, "dev", cable);
      ip("link", "set", cable, "up");
      ip("-n", this.name, "address", "add", `10.213.${way}.2/24`, "dev", `way${way}`);
      ip("-n", this.name, "link", "set", `way${way}`, "up");
      const first = ["default", "via", `10.213.${way}.1`, "metric", `${100 + way}`];
      ip("-n", this.name, "route", "add", ...first);
    }
  }

  /** cut takes a way, and its address, away. */
  cut(way) {
    ip("-n", this.name, "link", "delete", `way${way}`);
  }

  /** program is how to run a program there: a file that is to be run in its place. */
  program(folder, path) {
    const file = join(folder, "there");
    writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${this.name} ${path} "$@"\n`);
    chmodSync(file, 0o755);
    return file;
  }

  stop() {
    ip("netns", "delete", this.name); // and its cables with it
  }
}
