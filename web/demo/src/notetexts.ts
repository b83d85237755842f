import { ProntoError } from "../../sdk/src/index.ts";
import { t } from "./lang/index.ts";
import { problemText } from "./problems.ts";

/** leavingText says why a note to somebody could not be left, and what to do next. */
export function leavingText(error: unknown, name: string): string {
  switch (codeOf(error)) {
    case "notFound":
      return t("note.tooLate");
    case "noNotes":
      return t("note.takesNone", { name });
    case "notesFull":
      return t("note.full", { name });
    case "tooLarge":
      return t("note.tooLarge");
    case "rateLimited":
      return t("note.tooMany");
    case "identityChanged":
      return t("note.changedThem", { name });
    case "tampered":
      return t("note.badKeys", { name });
    default:
      return textOf(error);
  }
}

/** openingText says why a note of somebody could not be opened, and what to do next. */
export function openingText(error: unknown, name: string): string {
  switch (codeOf(error)) {
    case "notFound":
      return t("note.gone");
    case "otherDevice":
      return t("note.otherDevice");
    case "identityChanged":
      return t("note.changedYou", { name });
    case "tampered":
      return t("note.tampered", { name });
    default:
      return textOf(error);
  }
}

/** isFinal says that opening it once more cannot go better. */
export function isFinal(error: unknown): boolean {
  return codeOf(error) === "notFound";
}

/** mistrusts says that somebody's keys are not those that they should be. */
export function mistrusts(error: unknown): boolean {
  const code = codeOf(error);
  return code === "identityChanged" || code === "tampered";
}

function codeOf(error: unknown): string | undefined {
  return error instanceof ProntoError ? error.code : undefined;
}

/** textOf is what an error says anywhere on the page. What is none of the SDK's is a fault of the page. */
function textOf(error: unknown): string {
  return error instanceof ProntoError ? problemText(error) : t("problem.internal");
}
