export type { AccountOptions } from "./account.ts";
export { Account } from "./account.ts";
export { Call } from "./call.ts";
export type { CallEvents, Ended, Notice } from "./callstate.ts";
export type { LocalTracks } from "./devices.ts";
export type { EncryptedMember, Encryption, EncryptionWarning, FrameCounts, Trust } from "./encryption.ts";
export type { AcceptOptions, Stopped } from "./incoming.ts";
export { Incoming } from "./incoming.ts";
export { canEncrypt, type WorkerURL } from "./keyworker.ts";
export type { LocalMedia, Participant, RemoteMedia } from "./participant.ts";
export type { ProblemCode } from "./problem.ts";
export { ProntoError } from "./problem.ts";
export type { JoinOptions, Me, ProntoEvents, ProntoOptions, RingOptions } from "./pronto.ts";
export { Pronto } from "./pronto.ts";
export type { State, TokenSource } from "./signalling.ts";
export type { AudioStats, CallStats, ParticipantStats, VideoStats } from "./stats.ts";
export type {
  CallLog,
  CallLogEntry,
  CallPhase,
  Code,
  CreateLink,
  DataState,
  DataUse,
  Device,
  Direction,
  Discovery,
  EndReason,
  Kind,
  LeaveReason,
  Link,
  Media,
  Outcome,
  Path,
  PauseReason,
  People,
  Person,
  Preferences,
  Presence,
  Privacy,
  Profile,
  RatingReason,
  SetPreferences,
  SetPrivacy,
  SetProfile,
  StopReason,
  Topology,
  VideoCodec,
  ViewItem,
  WhoMayCall,
} from "./wire.gen.ts";
