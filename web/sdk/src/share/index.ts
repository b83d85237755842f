// What helps to hand a link out, made on the device: no server can, because it does not have what is after # of an address.

export { type CalendarEvent, calendarFile, linkEvent } from "./calendar.ts";
export { type QRCode, qrCode, qrPNG, qrSVG } from "./qrcode.ts";
