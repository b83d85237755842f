import type { Memo } from "./memo.ts";

/** Message is what the server pushes; see PushMessage in the SDK. */
export interface Message {
  readonly type: "incoming" | "cancel" | "missed" | "reminder";
  /** call is the call; of a booked talk, its link. */
  readonly call: string;
  readonly kind: "voice" | "video";
  /** at is when a talk begins, in Unix milliseconds, and host says that it is by a link of ours. */
  readonly at?: number;
  readonly host?: boolean;
}

/** Noted is what a notification is of: a message, or people who knock at a link, whom the open page tells of itself. */
export interface Noted extends Omit<Message, "type"> {
  readonly type: Message["type"] | "knock";
}

/** Clicked is what open pages are asked when somebody has pressed a notification. */
export interface Clicked extends Noted {
  readonly pronto: "clicked";
  /** action is accept or decline, where the browser shows these; else empty. */
  readonly action: string;
  /** home is the page that a new one would open. */
  readonly home: string;
}

/** Note is a notification. renotify is not in TypeScript's DOM. */
export interface Note {
  readonly title: string;
  readonly options: NotificationOptions & { readonly renotify?: boolean; readonly data: Noted };
}

/** messageOf reads what was pushed; anything else is undefined. */
export function messageOf(text: string | undefined): Message | undefined {
  try {
    const { v, type, call, kind, at, host } = Object(JSON.parse(text ?? "null")) as Record<string, unknown>;
    if (v !== 1 || typeof call !== "string" || call === "" || call.length > 64) return undefined;
    const known = { call, kind: kind === "voice" ? "voice" : "video" } as const;
    if (type === "reminder")
      return typeof at === "number" ? { type, ...known, at, host: host === true } : undefined;
    return type === "incoming" || type === "cancel" || type === "missed" ? { type, ...known } : undefined;
  } catch {
    return undefined;
  }
}

/** knockOf is the notification of people who wait to be let into a call. */
export function knockOf(call: string, title: string, lang: string): Note {
  return {
    title,
    options: {
      ...{ tag: `pronto-knock-${call}`, lang, icon: "/icons/icon-192.png", badge: "/icons/badge-96.png" },
      ...{ requireInteraction: true, renotify: true },
      data: { type: "knock", call, kind: "video" },
    },
  };
}

/** tagOf is one for each call, so that what is known last takes the place of what was known before. */
export function tagOf(call: string): string {
  return `pronto-call-${call}`;
}

/** noteOf says what a message says. */
export function noteOf(message: Message, { texts, language }: Memo): Note {
  const { type, kind, call } = message;
  const options = {
    tag: tagOf(call),
    lang: language,
    icon: "/icons/icon-192.png",
    badge: "/icons/badge-96.png",
    data: message,
  };
  switch (type) {
    case "incoming":
      return {
        title: kind === "voice" ? texts.voice : texts.video,
        options: { ...options, body: texts.answer, requireInteraction: true, renotify: true },
      };
    case "missed":
      return {
        title: kind === "voice" ? texts.missedVoice : texts.missedVideo,
        options: { ...options, body: texts.missedBody },
      };
    case "reminder":
      return {
        title: texts.soon.replace("{time}", clock(message.at ?? 0, language)),
        options: { ...options, body: texts.soonBody, requireInteraction: true },
      };
    case "cancel":
      return { title: texts.over, options: { ...options, silent: true } };
  }
}

/** clock is a time as a language writes it: of today by the hour, else with its day. */
export function clock(ms: number, language: string, now = Date.now()): string {
  const today = new Date(ms).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(language, {
    ...(today ? {} : { weekday: "short", day: "numeric", month: "short" }),
    ...{ hour: "numeric", minute: "2-digit" },
  }).format(ms);
}

/** talkPage is where one joins a booked talk: among one's links if it is by one of ours, for it has a key that is there. */
export function talkPage({ call, host }: Pick<Message, "call" | "host">, home: string): string {
  return host === true ? `${home}#links/${call}` : `/j/${call}`;
}
