/** builtFiles are what the page is made of, and builtVersion changes with any of them; the build says both. */
declare const builtFiles: readonly string[];
declare const builtVersion: string;

const prefix = "pronto-shell-";
const current = `${prefix}${builtVersion}`;

/** keep fetches the whole page, so that it opens without a network, and so that a page that is open finds its own files after an update. */
export async function keep(caches: CacheStorage): Promise<void> {
  const cache = await caches.open(current);
  await cache.addAll(
    builtFiles.map((path) => new Request(path, { cache: path === "/" ? "no-cache" : "default" })),
  );
}

/** tidy throws away what belonged to versions before. */
export async function tidy(caches: CacheStorage): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== current);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** isPage says that a path is one of the page's own: home, or a link's. */
function isPage(path: string): boolean {
  return path === "/" || /^\/j\/[A-Za-z0-9_-]{1,64}\/?$/.test(path);
}

/**
 * answer is what to answer a request with; undefined leaves it to the network, as the API and the pages of others are.
 * The page is the server's own as long as that answers, and the kept one without it.
 */
export function answer(caches: CacheStorage, request: Request): Promise<Response> | undefined {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return undefined;
  if (request.mode === "navigate") return isPage(pathname) ? page(caches, request) : undefined;
  return builtFiles.includes(pathname) && pathname !== "/" ? kept(caches, request) : undefined;
}

async function page(caches: CacheStorage, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const home = await (await caches.open(current)).match("/");
    if (home === undefined) throw error;
    return home;
  }
}

/** kept files have a hash in their name, or change with the version. */
async function kept(caches: CacheStorage, request: Request): Promise<Response> {
  return (await (await caches.open(current)).match(request)) ?? fetch(request);
}
