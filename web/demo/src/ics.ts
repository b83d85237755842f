import type { CalendarEvent } from "../../sdk/src/share/index.ts";

/** saveICS hands an event to the browser as a download. It is made here: its address has a part that no server gets. */
export async function saveICS(event: CalendarEvent): Promise<void> {
  const { calendarFile } = await import("../../sdk/src/share/index.ts");
  const url = URL.createObjectURL(new Blob([await calendarFile(event)], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "pronto.ics";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
