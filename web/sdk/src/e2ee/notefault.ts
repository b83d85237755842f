/** maxNoteBytes is how large a note may be, sealed. */
export const maxNoteBytes = 1 << 20;

/**
 * NoteFault is why a note was not sealed, or not opened.
 * - noKeys: there is no browser that it could be sealed for
 * - badKeys: a key is not one of a browser of the account, whatever the server says
 * - changed: the other's identity is another one than before
 * - badRecording: the recording is none of sound or picture
 * - tooLarge: the note is larger than maxNoteBytes
 * - otherBrowsers: the note was sealed for other browsers
 * - tampered: the note is not what somebody who rang has sealed for this account and this call
 */
export type NoteFault =
  | "noKeys"
  | "badKeys"
  | "changed"
  | "badRecording"
  | "tooLarge"
  | "otherBrowsers"
  | "tampered";

/** NoteError is thrown with a fault. */
export class NoteError extends Error {
  readonly fault: NoteFault;

  constructor(fault: NoteFault) {
    super(fault);
    this.fault = fault;
  }
}
