// A site of somebody else's, for tests of what is embedded in it: pages by path, on an origin of its own.

import { createServer } from "node:http";

/** startSite serves answers by path: a text is a page, a function answers itself. It returns the origin, what was asked, and stop. */
export async function startSite(pages, headers = {}) {
  const asked = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://site").pathname;
    asked.push(path);
    const page = pages[path];
    if (page === undefined) {
      response.writeHead(404).end();
    } else if (typeof page === "function") {
      void page(request, response);
    } else {
      response.writeHead(200, { "Content-Type": typeOf(path), ...headers }).end(page);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

function typeOf(path) {
  if (path.endsWith(".js")) return "text/javascript; charset=utf-8";
  if (path.endsWith(".css")) return "text/css; charset=utf-8";
  return "text/html; charset=utf-8";
}

/** body reads what a request sends. */
export async function body(request) {
  let text = "";
  for await (const part of request) text += part;
  return text;
}
