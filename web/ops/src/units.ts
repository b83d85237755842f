/** written is a number in a panel's unit, as short as a person reads it. */
export function written(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "–";
  switch (unit) {
    case "percentunit":
      return `${(100 * value).toFixed(Math.abs(value) < 0.1 || Math.abs(value) > 0.99 ? 1 : 0)} %`;
    case "s":
      return value < 1 ? `${short(1_000 * value)} ms` : `${short(value)} s`;
    case "bps":
      return `${scaled(value)}bit/s`;
    case "bytes":
      return `${scaled(value)}B`;
    case "Bps":
      return `${scaled(value)}B/s`;
    case "pps":
      return `${scaled(value)}packets/s`;
    case "reqps":
    case "cps":
      return `${scaled(value)}/s`;
    case "cpm":
      return `${scaled(value)}/min`;
    case "fps":
      return `${short(value)} fps`;
    case "pixel":
      return `${short(value)} px`;
    default:
      return scaled(value).trim();
  }
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

function scaled(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${short(value / 1e9)} G`;
  if (size >= 1e6) return `${short(value / 1e6)} M`;
  if (size >= 1e4) return `${short(value / 1e3)} k`;
  return `${short(value)} `;
}
