// What no log at info, metric or exemplar may show. The end-to-end tests are full of it: people with names, ids that the
// server makes, tokens, addresses. Each server of the tests is looked through when it stops.

const telltales = {
  name: /\b(?:ana|bia|carlo|dora|ezio)\b/i,
  id: /\b(?:cal|ses|usr|lnk|grp|gst|dev|whk|evt)_[A-Za-z0-9_-]{6,}/,
  token: /\beyJ[A-Za-z0-9_-]{8,}/,
  address: /\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,}/i,
  candidate: /candidate:|a=ice-ufrag|a=fingerprint/,
  secret: /#k=|whsec_/,
};

/** ownAddresses are where a server tells, once, where it is to be reached. Nothing else of that line may name anything. */
const ownAddresses = ["page", "metrics", "media", "turn"];

/** saidOf is what of a line is looked through. */
function saidOf(line) {
  if (!line.includes('"msg":"pronto is ready"')) return line.replace(/"time":"[^"]*"/, ""); // it looks like an address
  const { time: _, ...said } = JSON.parse(line);
  for (const name of ownAddresses) delete said[name];
  return JSON.stringify(said);
}

/** leaksIn lists what a text shows that names somebody, each with its line. */
export function leaksIn(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const said = saidOf(line);
    for (const [what, pattern] of Object.entries(telltales)) {
      const hit = pattern.exec(said);
      if (hit !== null) found.push(`${what} ${hit[0]} in ${line.slice(0, 300)}`);
    }
  }
  return found;
}

/** scrape is what Prometheus would be told, with exemplars where the server has them; empty if it serves none. */
export async function scrape(address) {
  try {
    const headers = { accept: "application/openmetrics-text" };
    return await (await fetch(address, { headers, signal: AbortSignal.timeout(5_000) })).text();
  } catch {
    return "";
  }
}
