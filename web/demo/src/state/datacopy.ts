import { HttpError } from "../api.ts";
import { download } from "./download.ts";
import type { Phone } from "./phone.ts";
import { ask } from "./rest.ts";

/** downloadData has the browser save what the server holds of the user. What goes wrong is an HttpError, or a ProntoError. */
export async function downloadData(phone: Phone): Promise<void> {
  const response = await ask(phone, "/v1/account/export");
  const copy = await response.blob().catch(() => {
    throw new HttpError(0); // the network went on the way
  });
  download(copy, `pronto-data-${new Date().toISOString().slice(0, 10)}.json`, "application/json");
}
