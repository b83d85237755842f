import type { Code, Problem } from "./wire.gen.ts";

/**
 * ProblemCode says what went wrong: one of the server's codes, or one of the
 * SDK's own.
 * - permissionDenied: the person or the browser refused microphone, camera or screen
 * - noDevice: there is no such device
 * - deviceBusy: another program has the device
 * - insecureOrigin: browsers give microphone and camera only to https and localhost
 * - denied: a host did not let us in
 * - noAnswer: we waited and no host answered
 * - offline: the server could not be reached in time; it may or may not have heard us
 * - closed: the client is not connected, or was closed
 * - noNotes: the one who was rung takes no notes
 * - notesFull: too many notes wait at him, or of ours
 * - otherDevice: a note can be opened in another browser of ours, and not in this one
 * - identityChanged: somebody's identity is another one than before; compare the safety number first
 * - tampered: a note, or a key for one, is not of whom the server says
 */
export type ProblemCode =
  | Code
  | "permissionDenied"
  | "noDevice"
  | "deviceBusy"
  | "insecureOrigin"
  | "denied"
  | "noAnswer"
  | "offline"
  | "closed"
  | "noNotes"
  | "notesFull"
  | "otherDevice"
  | "identityChanged"
  | "tampered";

/** ProntoError is every error that the SDK throws. Choose by code; message is for a log. */
export class ProntoError extends Error {
  readonly code: ProblemCode;
  /** retryAfterMs is how long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** device is the name of the device that answered, with answeredElsewhere. */
  readonly device?: string;

  constructor(code: ProblemCode, detail: string, more: { retryAfterMs?: number; device?: string } = {}) {
    super(detail);
    this.name = "ProntoError";
    this.code = code;
    if (more.retryAfterMs !== undefined) this.retryAfterMs = more.retryAfterMs;
    if (more.device !== undefined) this.device = more.device;
  }

  /** from makes an error of the server's answer. @internal */
  static from(problem: Problem): ProntoError {
    return new ProntoError(problem.code, problem.detail, problem);
  }

  /** fromDevice makes an error of what getUserMedia or getDisplayMedia threw. @internal */
  static fromDevice(error: unknown): ProntoError {
    const name = error instanceof Error ? error.name : "";
    const detail = error instanceof Error ? error.message : String(error);
    switch (name) {
      case "NotAllowedError":
      case "SecurityError":
        return new ProntoError("permissionDenied", detail);
      case "NotReadableError":
      case "AbortError":
        return new ProntoError("deviceBusy", detail);
      default: // NotFoundError, OverconstrainedError
        return new ProntoError("noDevice", detail);
    }
  }

  /** of makes a ProntoError of anything that was thrown. @internal */
  static of(error: unknown): ProntoError {
    if (error instanceof ProntoError) return error;
    return new ProntoError("internal", error instanceof Error ? error.message : String(error));
  }
}
