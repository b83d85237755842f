import type { ProntoError } from "../../sdk/src/index.ts";
import { HttpError } from "./api.ts";
import { type PlainKey, t } from "./lang/index.ts";

const byCode: Readonly<Partial<Record<string, PlainKey>>> = {
  notFound: "problem.notFound",
  forbidden: "problem.forbidden",
  denied: "problem.denied",
  noAnswer: "problem.noAnswer",
  notYet: "problem.notYet",
  conflict: "problem.conflict",
  callEnded: "problem.callEnded",
  callFull: "problem.callFull",
  answeredElsewhere: "problem.answeredElsewhere",
  encryptionNeeded: "problem.encryptionNeeded",
  noCommonCodec: "problem.noCommonCodec",
  termsNotAccepted: "terms.first",
  unavailable: "problem.unavailable",
  invalid: "problem.invalid",
  nameReserved: "problem.nameReserved",
  unauthenticated: "problem.unauthenticated",
  suspended: "problem.suspended",
  offline: "problem.offline",
  closed: "problem.offline",
};

const byStatus: Readonly<Partial<Record<number, PlainKey>>> = {
  0: "signin.unreachable",
  400: "problem.invalid",
  404: "problem.notFound",
  422: "problem.invalid",
  503: "problem.unavailable",
};

/** byDevice are the texts about microphones and cameras, by the code of what is wrong. */
export const byDevice: Readonly<Partial<Record<string, PlainKey>>> = {
  permissionDenied: "device.permissionDenied",
  noDevice: "device.noDevice",
  deviceBusy: "device.deviceBusy",
  insecureOrigin: "device.insecureOrigin",
};

/** problemText says in the page's words why an act failed. */
export function problemText(error: Pick<ProntoError, "code" | "retryAfterMs"> | HttpError): string {
  const limited = error instanceof HttpError ? error.status === 429 : error.code === "rateLimited";
  if (limited)
    return t("problem.rateLimited", { count: Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000)) });
  if (error instanceof HttpError)
    return t(byCode[error.code ?? ""] ?? byStatus[error.status] ?? "problem.internal");
  return t(byCode[error.code] ?? byDevice[error.code] ?? "problem.internal");
}
