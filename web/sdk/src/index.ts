export type { Account, AccountOptions } from "./account.ts";
export { Call } from "./call.ts";
export type { CallEvents, Ended, Notice } from "./callstate.ts";
export type { DeviceChoice } from "./choice.ts";
export type { Proposal, ProposalAnswer, Reacted } from "./conduct.ts";
export { Conduct } from "./conduct.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export type { DevicesEvents, LocalTracks, Replaced } from "./devices.ts";
export { Devices } from "./devices.ts";
export { diagnose } from "./diagnose.ts";
export type { CallDiagnosis, Diagnostics } from "./diagnostics.ts";
export type { ListenOptions } from "./emitter.ts";
export type { EncryptedMember, Encryption, EncryptionWarning, FrameCounts, Trust } from "./encryption.ts";
export type { Groups } from "./groups.ts";
export type { Bars } from "./healthy.ts";
export type { AcceptOptions, Stopped } from "./incoming.ts";
export { Incoming } from "./incoming.ts";
export type { JournalStep } from "./journal.ts";
export { canEncrypt } from "./keyworker.ts";
export type { LinkAddress } from "./linkaddress.ts";
export { linkAddress, newLinkSecret, readLinkAddress } from "./linkaddress.ts";
export type { LinkDetails } from "./linkdetails.ts";
export type { CallLink, Door, LinkChange, Links, LinkWish, Reminder } from "./links.ts";
export { openDetails, sealDetails } from "./linksecret.ts";
export type { Knocking } from "./lobby.ts";
export { Lobby } from "./lobby.ts";
export type { Note, NoteOptions, OpenedNote } from "./notes.ts";
export type { LocalMedia, Participant, RemoteMedia } from "./participant.ts";
export type { ProblemCode } from "./problem.ts";
export { ProntoError } from "./problem.ts";
export type {
  JoinGroupOptions,
  JoinOptions,
  Me,
  ProntoEvents,
  ProntoOptions,
  RingGroupOptions,
  RingOptions,
} from "./pronto.ts";
export { Pronto } from "./pronto.ts";
export type { Push, PushMessage, PushState } from "./push.ts";
export type { Queues } from "./queues.ts";
export type { RequestOptions } from "./requests.ts";
export type { State } from "./signalling.ts";
export type { AudioStats, CallStats, ParticipantStats, VideoStats } from "./stats.ts";
export type { TokenSource } from "./token.ts";
export type { Traffic } from "./traffic.ts";
export type { WorkerURL } from "./trusted.ts";
export type { MonthUsed, Usage, Used } from "./usage.ts";
export type {
  BookedSlot,
  Callback,
  CallLog,
  CallLogEntry,
  CallPhase,
  Code,
  CreateGroup,
  DataState,
  DataUse,
  DayRange,
  Decision,
  DecisionPath,
  Decisions,
  Device,
  DeviceClass,
  DeviceCode,
  Direction,
  Discovery,
  DoNotDisturb,
  EndReason,
  Group,
  GroupCall,
  GroupEntry,
  GroupGone,
  GroupRole,
  Kind,
  KindAnswer,
  LeaveReason,
  Link,
  LinkSlot,
  LinkTerms,
  LobbyMode,
  Media,
  OpeningHours,
  Outcome,
  Path,
  PauseReason,
  People,
  Person,
  PersonPresence,
  Preferences,
  Presence,
  PresenceAudience,
  PresenceSetting,
  Privacy,
  Profile,
  Queue,
  QueueState,
  RatingReason,
  Reaction,
  Reason,
  SetPreferences,
  SetPrivacy,
  SetProfile,
  SlotTime,
  StopReason,
  Terms,
  Topology,
  Verdict,
  VideoCodec,
  ViewItem,
  Waiter,
  WhoMayCall,
} from "./wire.gen.ts";
