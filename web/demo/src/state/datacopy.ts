import { HttpError } from "../api.ts";
import { download } from "./download.ts";
import type { Phone } from "./phone.ts";

/** downloadData has the browser save what the server holds of the user. What goes wrong is an HttpError, or a ProntoError. */
export async function downloadData(phone: Phone): Promise<void> {
  const headers = { Authorization: `Bearer ${await phone.pronto.token()}` };
  let copy: Blob;
  try {
    const response = await fetch("/v1/account/export", { headers, credentials: "omit", cache: "no-store" });
    if (!response.ok) throw refusal(response);
    copy = await response.blob();
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError(0);
  }
  download(copy, `pronto-data-${new Date().toISOString().slice(0, 10)}.json`, "application/json");
}

function refusal({ status, headers }: Response): HttpError {
  const seconds = Number(headers.get("Retry-After"));
  return new HttpError(status, seconds > 0 ? seconds * 1000 : undefined);
}
