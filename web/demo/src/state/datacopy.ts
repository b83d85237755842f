import { HttpError, refreshToken, signIn } from "../api.ts";
import { keptAccount } from "./account.ts";
import { download } from "./download.ts";
import { inDemo } from "./session.ts";

/** downloadData has the browser save what the server holds of an account, which signs in for it once more. */
export async function downloadData(user: string): Promise<void> {
  const { token } = inDemo() ? await signIn(user) : await refreshToken(keptAccount()?.refresh ?? "");
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch("/v1/account/export", {
    headers,
    credentials: "omit",
    cache: "no-store",
  }).catch(() => undefined);
  if (response?.ok !== true)
    throw new HttpError(
      response?.status ?? 0,
      Number(response?.headers.get("Retry-After")) * 1000 || undefined,
    );
  const copy = await response.blob().catch(() => {
    throw new HttpError(0); // the network went on the way
  });
  download(copy, `pronto-data-${new Date().toISOString().slice(0, 10)}.json`, "application/json");
}
