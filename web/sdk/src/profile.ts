import type { Profile } from "./wire.gen.ts";

/** whole has the address of the picture with the server in it, for pages of other sites; url is its WebSocket's. */
export function whole(profile: Profile, url: string): Profile {
  const { avatar } = profile;
  if (avatar === undefined) return profile;
  return { ...profile, avatar: new URL(avatar, url.replace(/^ws/, "http")).href };
}
