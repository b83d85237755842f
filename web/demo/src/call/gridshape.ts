/** perPage is how many pictures one page of the grid shows at most. */
export const perPage = 9;

/** GridShape is how many tiles stand side by side and one above the other. */
export interface GridShape {
  readonly columns: number;
  readonly rows: number;
}

/** tileRatio is the shape a face is comfortable in: between a phone held upright and a wide camera. */
const tileRatio = 4 / 3;

/** gridShape is the shape in which count tiles are largest in a stage of width × height; never over three columns. */
export function gridShape(count: number, width: number, height: number): GridShape {
  let best: GridShape = { columns: 1, rows: Math.max(1, count) };
  let bestArea = 0;
  for (let columns = 1; columns <= Math.min(3, count); columns++) {
    const rows = Math.ceil(count / columns);
    const tileWidth = Math.min(width / columns, (height / rows) * tileRatio);
    const area = tileWidth * tileWidth;
    if (area > bestArea) {
      best = { columns, rows };
      bestArea = area;
    }
  }
  return best;
}

/** leastWidth and leastHeight are what a tile needs for a name and a button, in rem: more where letters are larger. */
const leastWidth = 8;
const leastHeight = 4.5;
/** turningHeight is what the buttons that turn the pages take of the stage, in rem. */
const turningHeight = 3.25;

/** fitting is how many of count tiles a page of a stage of width × height has room for, with a rem of so many pixels; one at least. */
export function fitting(count: number, width: number, height: number, rem: number): number {
  const all = roomFor(width, height, rem);
  return count <= all ? all : roomFor(width, height - turningHeight * rem, rem);
}

function roomFor(width: number, height: number, rem: number): number {
  for (let count = perPage; count > 1; count--) {
    const { columns, rows } = gridShape(count, width, height);
    if (width / columns >= leastWidth * rem && height / rows >= leastHeight * rem) return count;
  }
  return 1;
}

/** lastRowStart is which tile begins a last row that is not full, and by how many half tiles it is moved in; none if full. */
export function lastRowStart(
  count: number,
  columns: number,
): { readonly index: number; readonly offset: number } | undefined {
  const inLast = count % columns;
  return inLast === 0 ? undefined : { index: count - inLast, offset: columns - inLast };
}

/** pageOf cuts the list into pages of so many and returns one; a page that no longer exists is the last one. */
export function pageOf<T>(
  list: readonly T[],
  page: number,
  many: number,
): { readonly items: readonly T[]; readonly page: number; readonly pages: number } {
  const pages = Math.max(1, Math.ceil(list.length / many));
  const at = Math.min(Math.max(0, page), pages - 1);
  return { items: list.slice(at * many, (at + 1) * many), page: at, pages };
}

/** forStrip are the perPage people to show beside what is large, in their order: hands and speakers before the others. */
export function forStrip<T extends { readonly handMs?: number; readonly speaking: boolean }>(
  seats: readonly T[],
): readonly T[] {
  const urgent = (seat: T): number => (seat.handMs !== undefined ? 0 : seat.speaking ? 1 : 2);
  const chosen = new Set([...seats].sort((a, b) => urgent(a) - urgent(b)).slice(0, perPage));
  return seats.filter((seat) => chosen.has(seat));
}
