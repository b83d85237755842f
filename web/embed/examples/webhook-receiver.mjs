// Receives webhooks: WEBHOOK_SECRET=whsec_… PORT=3001 node webhook-receiver.mjs
// Needs the package standardwebhooks. It prints one line for each event that is genuine and new.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? "");
const seen = new Set(); // events come at least once: keep their ids where you keep the rest

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  try {
    webhook.verify(body, request.headers); // throws for a wrong signature or an old one
  } catch {
    response.writeHead(400).end();
    return;
  }
  const id = String(request.headers["webhook-id"]);
  if (!seen.has(id)) {
    seen.add(id);
    console.log(JSON.parse(body).type, id);
  }
  response.writeHead(204).end(); // answer soon; do the work afterwards
});
server.listen(Number(process.env.PORT ?? 3001), "127.0.0.1", () =>
  console.log("listening", server.address().port),
);
