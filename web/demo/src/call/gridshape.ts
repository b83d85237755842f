/** perPage is how many pictures one page of the grid shows. */
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

/** lastRowStart is which tile begins a last row that is not full, and by how many half tiles it is moved in; none if full. */
export function lastRowStart(
  count: number,
  columns: number,
): { readonly index: number; readonly offset: number } | undefined {
  const inLast = count % columns;
  return inLast === 0 ? undefined : { index: count - inLast, offset: columns - inLast };
}

/** pageOf cuts the list into pages and returns one; a page that no longer exists is the last one. */
export function pageOf<T>(
  list: readonly T[],
  page: number,
): { readonly items: readonly T[]; readonly page: number; readonly pages: number } {
  const pages = Math.max(1, Math.ceil(list.length / perPage));
  const at = Math.min(Math.max(0, page), pages - 1);
  return { items: list.slice(at * perPage, (at + 1) * perPage), page: at, pages };
}

/** forStrip are the perPage people to show beside what is large, in their order: hands and speakers before the others. */
export function forStrip<T extends { readonly handMs?: number; readonly speaking: boolean }>(
  seats: readonly T[],
): readonly T[] {
  const urgent = (seat: T): number => (seat.handMs !== undefined ? 0 : seat.speaking ? 1 : 2);
  const chosen = new Set([...seats].sort((a, b) => urgent(a) - urgent(b)).slice(0, perPage));
  return seats.filter((seat) => chosen.has(seat));
}
