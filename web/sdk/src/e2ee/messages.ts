import type {
  CallID,
  Device,
  KeyFailure,
  KeysCommitted,
  KeysRestarted,
  KeysSwitch,
  KeysWanted,
  KeysWelcomed,
  NoteKey,
  ParticipantID,
  Source,
} from "../wire.gen.ts";
import type { Bytes } from "./bytes.ts";
import type { NoteFault } from "./notefault.ts";
import type { Fault } from "./opener.ts";

// What the page and the worker say to each other. Keys are never in it.

/** Present is a participant of a call, as the server tells of him. */
export interface Present {
  readonly participant: ParticipantID;
  /** account is empty for a guest. */
  readonly account: string;
}

/** StreamOptions come with a transform: what passes it. */
export type StreamOptions =
  | { readonly stream: number; readonly call: CallID; readonly way: "seal"; readonly source: Source }
  | { readonly stream: number; readonly call: CallID; readonly way: "open"; readonly expected?: Expected };

/** Expected is what shall come in by a track. */
export interface Expected {
  readonly participant: ParticipantID;
  readonly source: Source;
}

/** KeyEvent is one of the server's events about a call's keys. */
export type KeyEvent =
  | { readonly type: "keysWanted"; readonly body: KeysWanted }
  | { readonly type: "keysCommitted"; readonly body: KeysCommitted }
  | { readonly type: "keysWelcomed"; readonly body: KeysWelcomed }
  | { readonly type: "keysSwitch"; readonly body: KeysSwitch }
  | { readonly type: "keysRestarted"; readonly body: KeysRestarted };

/** Command is what the page tells the worker; one with an id is answered with Done. */
export type Command =
  | {
      readonly type: "identify";
      readonly id: number;
      readonly account: string;
      readonly device: string;
      readonly devices: readonly Device[];
    }
  | {
      readonly type: "enter";
      readonly call: CallID;
      readonly self: ParticipantID;
      readonly present: readonly Present[];
      readonly isolates: boolean;
      readonly secret?: string;
    }
  | {
      readonly type: "present";
      readonly call: CallID;
      readonly present: readonly Present[];
      readonly isolates: boolean;
    }
  | { readonly type: "event"; readonly call: CallID; readonly event: KeyEvent }
  | { readonly type: "sync"; readonly call: CallID }
  | { readonly type: "leave"; readonly call: CallID }
  | { readonly type: "expect"; readonly call: CallID; readonly stream: number; readonly expected?: Expected }
  | { readonly type: "answer"; readonly id: number; readonly body: unknown }
  | { readonly type: "refusal"; readonly id: number; readonly code: string }
  | { readonly type: "counts"; readonly id: number; readonly call: CallID }
  | { readonly type: "sealLine"; readonly id: number; readonly call: CallID; readonly line: string }
  | {
      readonly type: "openLine";
      readonly id: number;
      readonly call: CallID;
      readonly from: ParticipantID;
      readonly sealed: string;
    }
  | { readonly type: "sign"; readonly id: number; readonly text: string }
  | {
      readonly type: "verify";
      readonly id: number;
      readonly call: CallID;
      readonly from: ParticipantID;
      readonly text: string;
      readonly signature: string;
    }
  | {
      readonly type: "signDevice";
      readonly id: number;
      readonly account: string;
      readonly device: string;
      readonly key: string;
    }
  | {
      readonly type: "safetyNumber";
      readonly id: number;
      readonly call: CallID;
      readonly participant: ParticipantID;
    }
  | {
      readonly type: "trust";
      readonly id: number;
      readonly call: CallID;
      readonly participant: ParticipantID;
      readonly verified: boolean;
    }
  | { readonly type: "noteKey"; readonly id: number; readonly devices: readonly Device[] }
  | { readonly type: "noteKeyID"; readonly id: number }
  | {
      readonly type: "checkNoteKeys";
      readonly id: number;
      readonly keys: readonly NoteKey[];
      readonly to?: string;
    }
  | ({ readonly type: "sealNote"; readonly id: number } & SealNote)
  | ({ readonly type: "openNote"; readonly id: number } & OpenNote);

/** NoteBody is what somebody has recorded. */
export interface NoteBody {
  /** mime is the type of the recording: audio/… or video/…. */
  readonly mime: string;
  /** durationMs is how long it plays, in milliseconds, as its sender says. */
  readonly durationMs: number;
  readonly recording: Bytes;
}

/** SealNote is a note to be sealed. */
export interface SealNote {
  readonly call: CallID;
  /** to is who was rung; without it whoever the keys are of. */
  readonly to?: string;
  /** keys are what the server says he takes notes by. */
  readonly keys: readonly NoteKey[];
  readonly body: NoteBody;
}

/** SealedNote is what the server gets of it. */
export interface SealedNote {
  readonly note: Bytes;
}

/** OpenNote is a note to be opened. */
export interface OpenNote {
  readonly call: CallID;
  /** from is who rang. */
  readonly from: string;
  readonly note: Bytes;
}

/** OwnNoteKey is what the server is told of this browser's key for notes. */
export interface OwnNoteKey {
  readonly noteKey: NoteKey;
  /** identity is the device's key that has signed it, as a Blob. */
  readonly identity: string;
}

/** NoteTrust is how well the identity of a note's sender is known here. */
export type NoteTrust = Extract<Trust, "new" | "known" | "verified">;

/** OrFault is what the worker answers about notes. */
export type OrFault<Result> = Result | { readonly fault: NoteFault };

/** Trust is how well the identity of a member is known here. */
export type Trust = "self" | "guest" | "new" | "known" | "verified" | "changed";

/** MemberState is one who has the call's keys. */
export interface MemberState {
  readonly participant?: ParticipantID;
  readonly account: string;
  readonly device: string;
  readonly trust: Trust;
}

/** KeyState is where a call's keys stand. */
export interface KeyState {
  /** entered: we have the call's keys. */
  readonly entered: boolean;
  readonly members: readonly MemberState[];
  /** code is what all members can compare; empty before entered. */
  readonly code: string;
  /** ghosts is how many have the keys and are nobody in the call. */
  readonly ghosts: number;
}

/** StreamCounts are what has become of the frames of one stream. */
export interface StreamCounts {
  readonly stream: number;
  readonly way: "seal" | "open";
  readonly source?: Source;
  /** participant is whose frames are opened. */
  readonly participant?: ParticipantID;
  /** countedMs is when, in milliseconds by the worker's clock: a page that has much to do hears of it late. */
  readonly countedMs: number;
  /** frames came to the worker. */
  readonly frames: number;
  /** passed were sealed, or opened. */
  readonly passed: number;
  /** empty had nothing to seal: silence. */
  readonly empty: number;
  /** heldMs is the longest time that a frame waited here, for its key or its turn, in milliseconds. */
  readonly heldMs: number;
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
}

/** Identified is what the server and other devices learn of our key. */
export interface Identified {
  /** key is the public key, as a Blob. */
  readonly key: string;
  /** signed says that it is the account's root, or is signed by it. */
  readonly signed: boolean;
}

/** Report is what the worker tells the page. */
export type Report =
  | { readonly type: "done"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly message: string }
  | {
      readonly type: "ask";
      readonly id: number;
      readonly call: CallID;
      readonly request: "enterKeys" | "foundKeys" | "commitKeys" | "keysReady" | "syncKeys";
      readonly body: object;
    }
  | { readonly type: "state"; readonly call: CallID; readonly state: KeyState }
  | { readonly type: "failed"; readonly call: CallID; readonly failure: KeyFailure }
  | { readonly type: "opened"; readonly call: CallID };
