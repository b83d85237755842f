import type { Notice } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";

/** noticeText is what a call says about somebody; undefined for what is shown elsewhere or is about ourselves. */
export function noticeText(notice: Notice, self: string): string | undefined {
  const { name, participant } = notice.participant;
  if (participant === self) return undefined;
  switch (notice.type) {
    case "joined":
      return t("notice.joined", { name });
    case "left":
      return notice.reason === "lost"
        ? t("notice.lost", { name })
        : notice.reason === "moved"
          ? t("notice.moved", { name })
          : t("notice.left", { name });
    case "unanswered":
      return t("notice.unanswered", { name });
    case "busy":
      return t("notice.busy", { name });
    case "invited":
      return notice.by === undefined || notice.by.participant === self
        ? t("notice.invitedByYou", { name })
        : t("notice.invited", { by: notice.by.name, name });
    case "batteryLow":
      return t("notice.battery", { name });
    case "reconnecting":
      return t("notice.reconnecting", { name });
    case "back":
      return t("notice.back", { name });
    default:
      return undefined;
  }
}

/** Line is one notice on the screen. */
export interface Line {
  readonly id: number;
  readonly text: string;
}

/** most is how many notices stand on the screen at a time; older ones go first. */
const most = 4;

/** withLine puts a line under the others. What was said just before is not said twice. */
export function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  if (lines.at(-1)?.text === line.text) return lines;
  return [...lines, line].slice(-most);
}
