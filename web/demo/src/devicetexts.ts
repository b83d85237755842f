import { t } from "./lang/index.ts";
import { byDevice } from "./problems.ts";

/**
 * deviceText says why a microphone or camera is not there, and what to do next, in the browser of these own words.
 * permissionDismissed is that the browser's question was closed without an answer: it will ask again.
 */
export function deviceText(code: string, userAgent = ""): string {
  if (code === "permissionDenied" && /Firefox\//.test(userAgent)) return t("device.deniedFirefox");
  if (code === "permissionDenied" && /Safari\//.test(userAgent) && !/Chrome\//.test(userAgent))
    return t("device.deniedSafari");
  if (code === "permissionDismissed") return t("device.dismissed");
  return t(byDevice[code] ?? "device.other");
}
