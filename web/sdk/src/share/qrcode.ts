import { encode } from "uqr";

/** QRCode is a code as a drawing, with the light margin that a camera needs. */
export interface QRCode {
  /** size is how many squares a side has. */
  readonly size: number;
  /** path draws the dark squares: the d of an SVG path in a viewBox of size by size. */
  readonly path: string;
}

const mostBytes = 1_000; // beyond it phones do not read the code
const marginSquares = 4; // ISO/IEC 18004, section 9.1

/**
 * qrCode makes the code of a text of at most 1,000 bytes, such as a link's whole address; it throws if there are more. A
 * quarter of the code may be unreadable, as on a printed poster.
 */
export function qrCode(text: string): QRCode {
  const { size, rows } = draw(text);
  const dots = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { size, path: dots.join("") };
}

/** qrSVG is the code as an SVG file, black on white; label is what a screen reader says. */
export function qrSVG(text: string, label = "QR code"): string {
  const { size, path } = qrCode(text);
  const said = label.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" role="img" aria-label="${said}" ` +
    `shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`
  );
}

/** qrPNG is the code as a PNG file, black on white; squarePixels is the side of each of its squares. */
export async function qrPNG(text: string, squarePixels = 8): Promise<Blob> {
  const { size, rows } = draw(text);
  const canvas = new OffscreenCanvas(size * squarePixels, size * squarePixels);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser draws no pictures at present");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  for (const [y, row] of rows.entries())
    for (const [x, dark] of row.entries())
      if (dark) context.fillRect(x * squarePixels, y * squarePixels, squarePixels, squarePixels);
  return canvas.convertToBlob({ type: "image/png" });
}

function draw(text: string): { size: number; rows: readonly boolean[][] } {
  const { length } = new TextEncoder().encode(text);
  if (length > mostBytes)
    throw new RangeError(
      `${length} bytes are too many for a QR code that a phone reads, at most ${mostBytes}`,
    );
  const { data, size } = encode(text, { border: marginSquares, ecc: "Q" });
  return { size, rows: data };
}
