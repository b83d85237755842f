import { expect, test } from "vitest";
import { TrafficCount } from "../src/traffic.ts";

const pair = (id: string, sent: number, received: number) =>
  [id, { type: "candidate-pair", bytesSent: sent, bytesReceived: received }] as const;

test("the connections of a call add up, those that are closed included", () => {
  const count = new TrafficCount();
  const [direct, sfu] = [{}, {}];
  count.take(direct, [pair("a", 100, 50), ["t", { type: "transport", bytesSent: 999 }]]);
  count.take(direct, [pair("a", 300, 80), pair("b", 10, 10)]);
  count.take(sfu, [pair("a", 1000, 2000)]);
  expect(count.sum).toEqual({ sentBytes: 1310, receivedBytes: 2090 });
});

test("a counter that a browser starts anew or does not have takes nothing away", () => {
  const count = new TrafficCount();
  const connection = {};
  count.take(connection, [pair("a", 300, 80)]);
  count.take(connection, [pair("a", 5, 5), ["b", { type: "candidate-pair" }]]);
  expect(count.sum).toEqual({ sentBytes: 300, receivedBytes: 80 });
});
