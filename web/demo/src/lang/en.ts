/**
 * English is the dictionary that the others are measured by: a language is an object with the same keys. A plural has
 * the forms of Intl.PluralRules and counts by {count}. Names in braces are put in by t(). Here are the texts of what is
 * loaded first, and in en-later.ts those of the screens that parts/lazy.tsx loads.
 */
export const enFirst = {
  "app.name": "Pronto",
  "app.loading": "One moment…",

  "signin.motto": "Pick up. It’s for you.",
  "signin.title": "Who is calling?",
  "signin.lead": "Pick a name. Each tab is its own phone: open a second one to call yourself.",
  "signin.offTitle": "This phone needs a key",
  "signin.off":
    "Nobody can sign in here by name. The service that sent you has to hand over a token; ask whoever runs it. If you are signed in on another device, link this one to it. Call links open without an account.",
  "signin.out": "Sign out",
  "signin.again": "Try again",
  "signin.lost": "Your sign-in is no longer accepted. Please sign in again.",
  "signin.unreachableTitle": "No line",
  "signin.unreachable": "The server cannot be reached. Check your network, then try again.",

  "link.this": "Link this device to my account",
  "link.waitingTitle": "Now let this device in",
  "link.waiting": "The account of {name} has another device. Say yes there; this page goes on by itself.",
  "link.refused": "The other device did not let this one in.",

  "nav.label": "Sections",
  "nav.people": "People",
  "nav.recents": "Calls",
  "nav.groups": "Groups",
  "nav.links": "Links",
  "nav.settings": "Settings",
  "nav.missed": { one: "{count} missed call", other: "{count} missed calls" },
  "nav.invitations": { one: "{count} invitation", other: "{count} invitations" },

  "page.back": "Back",

  "rest.title": "Hello, {name}.",
  "rest.lead": "Pick somebody on the left. Or:",
  "rest.link": "Make a call link",
  "rest.group": "Start a group",
  "rest.test": "Test the connection",
  "rest.why": "Why did it not ring?",

  "presence.online": "Online",
  "presence.inCall": "In a call",
  "presence.lastSeen": "Last seen {when}",
  "presence.unknown": "Not known whether online",

  "state.reconnecting": "The connection to the server is lost. Reconnecting…",

  "people.title": "People",
  "people.empty": "Nobody here yet. Add somebody by user id or phone number, and they are one press away.",
  "people.add": "Add",
  "people.addLabel": "Find, or add by user id or phone number",
  "people.addHint": "Find or add somebody",
  "people.addWhat": "Add people by their user id, or by phone number with + and the country code.",
  "people.userHint": "for example “bia”",
  "people.added": "{name} is in your contacts.",
  "people.removed": "{name} is no longer in your contacts.",
  "people.blocked": "{name} is blocked and is not told.",
  "people.unblocked": "{name} is no longer blocked.",
  "people.voice": "Voice call {name}",
  "people.video": "Video call {name}",
  "people.more": "More for {name}",
  "people.remove": "Remove from contacts",
  "people.block": "Block",
  "people.select": "Group call",
  "people.selectDone": "Cancel",
  "people.selected": { one: "{count} selected", other: "{count} selected" },
  "people.selectOne": "Select {name}",
  "people.groupVoice": "Voice call",
  "people.groupVideo": "Video call",
  "people.others": "Also on this demo",
  "people.addOne": "Add {name} to contacts",

  "block.title": "Block {name}?",
  "block.body":
    "They can no longer ring you or reach you by any other way, and are not told. To them you look offline. You can take it back in Settings.",
  "block.confirm": "Block",

  "dialog.cancel": "Cancel",
  "dialog.save": "Save",
  "dialog.done": "Done",

  "recents.title": "Calls",
  "recents.filter": "Which calls",
  "recents.all": "All",
  "recents.noneMissed": "You have missed nothing.",
  "recents.empty": "Calls you make and get are listed here.",
  "recents.more": "Show earlier calls",
  "recents.missed": "Missed",
  "recents.declined": "Declined",
  "recents.unanswered": "No answer",
  "recents.incoming": "Incoming",
  "recents.outgoing": "Outgoing",
  "recents.ongoing": "In progress",
  "recents.nobody": "Call by link",
  "recents.voiceBack": "Voice call back {name}",
  "recents.videoBack": "Video call back {name}",

  "groups.left": "You left “{name}”.",

  "links.created": "The link is ready.",
  "links.copied": "Link copied.",
  "links.copyFailed": "The browser did not let us copy. Select the address and copy it by hand.",

  "settings.saved": "Saved.",
  "settings.conflict": "Another of your devices changed this first. Here is what counts now.",
  "settings.numberBlocked": "The number is blocked.",
  "settings.numberUnblocked": "The number is not blocked any more.",

  "profile.noImage": "That is not a picture this browser can read. Choose a PNG, JPEG or WebP.",

  "kind.voice": "Voice call",
  "kind.video": "Video call",

  "out.title": "Calling {names}",
  "out.calling": "Calling…",
  "out.ringing": "Ringing…",
  "out.connecting": "Connecting…",
  "out.cancel": "Cancel call",

  "in.voice": "Voice call from {name}",
  "in.video": "Video call from {name}",
  "in.others": { one: "with {count} other", other: "with {count} others" },
  "in.accept": "Accept",
  "in.acceptVideo": "Accept with video",
  "in.acceptNoVideo": "Accept without video",
  "in.endAccept": "Accepting ends the call you are in.",
  "in.decline": "Decline",
  "in.titleFlash": "{name} is calling",
  "in.answeredElsewhere": "Answered on {device}.",
  "in.answeredElsewhereUnnamed": "Answered on another of your devices.",
  "in.declinedElsewhere": "Declined on {device}.",
  "in.declinedElsewhereUnnamed": "Declined on another of your devices.",
  "in.missed": "Missed call from {name}.",

  "call.yourPicture": "Your picture",

  "notice.joined": "{name} joined.",
  "notice.left": "{name} left.",
  "notice.lost": "{name} lost the connection.",
  "notice.moved": "{name} moved to another device.",
  "notice.unanswered": "{name} did not answer.",
  "notice.invited": "{by} calls {name}.",
  "notice.invitedByYou": "Calling {name}…",
  "notice.battery": "{name}’s battery is low.",
  "notice.reconnecting": "{name} is reconnecting.",
  "notice.back": "{name} is back.",
  "notice.sharing": "{name} shares their screen.",

  "device.permissionDenied":
    "Your browser does not let this page use it. Open the lock or camera sign beside the address, allow it, then press the button again.",
  "device.noDevice":
    "None was found. Plug one in or pick one in your system’s settings, then press the button again.",
  "device.deviceBusy": "Another program is using it. Close that program, then press the button again.",
  "device.insecureOrigin": "Browsers allow it only on secure pages. Open this page by https.",
  "device.other": "It could not be started. Press the button to try again.",
  "device.dismiss": "Dismiss",

  "problem.notFound": "There is nobody and nothing by that name here.",
  "problem.forbidden": "That is not allowed.",
  "problem.conflict": "It was changed elsewhere meanwhile. Try again.",
  "problem.callEnded": "That call is over.",
  "problem.callFull": "The call is full.",
  "problem.encryptionNeeded":
    "The call is end-to-end encrypted, and this browser cannot do that. Please use a current Chromium, Chrome, Edge, Firefox or Safari.",
  "problem.answeredElsewhere": "Another of your devices answered first.",
  "problem.rateLimited": {
    one: "That was too fast. Wait {count} second.",
    other: "That was too fast. Wait {count} seconds.",
  },
  "problem.unavailable": "The server cannot do that now. Try again in a moment.",
  "problem.invalid": "That was not understood. Check what you typed.",
  "problem.unauthenticated": "Your sign-in is no longer accepted.",
  "problem.offline": "You are offline.",
  "problem.internal": "Something failed on our side. Try again.",

  "unit.hours": { one: "{count} hour", other: "{count} hours" },
  "unit.minutes": { one: "{count} minute", other: "{count} minutes" },
  "unit.seconds": { one: "{count} second", other: "{count} seconds" },
} as const;
