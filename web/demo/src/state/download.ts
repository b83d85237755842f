/** download has the browser save something as a file, a text unless type says else. */
export function download(content: BlobPart, name: string, type = "text/plain"): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // when the browser has surely read it
}
