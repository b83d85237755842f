const extensions: Readonly<Record<string, string>> = {
  "audio/webm": "webm",
  "audio/ogg": "ogg",
  "audio/mp4": "m4a",
  "video/webm": "webm",
  "video/ogg": "ogv",
  "video/mp4": "mp4",
};

/**
 * safeType is the MIME type of a recording if browsers record such. Another one is not taken over: its sender chose it, and
 * what is opened by its address is shown as a page of ours.
 */
export function safeType(type: string): string {
  return Object.hasOwn(extensions, essenceOf(type)) ? type : "application/octet-stream";
}

/** fileName is what a recording is saved as: by whom, and when he called. */
export function fileName(type: string, name: string, ms: number): string {
  const who = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  const at = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${[who, day, `${two(at.getHours())}${two(at.getMinutes())}`].filter(Boolean).join("-")}.${extensions[essenceOf(type)] ?? "bin"}`;
}

function essenceOf(type: string): string {
  return type.split(";")[0]?.trim().toLowerCase() ?? "";
}
