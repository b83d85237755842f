import { request } from "./api.ts";

/** GuestPass lets a nickname into the call of one link. */
export interface GuestPass {
  readonly token: string;
  readonly name: string;
  readonly kind: "voice" | "video";
  readonly title?: string;
}

/** guestPass gets a token for the call of a link. Status 404 says that the link is dead, whatever the reason. */
export function guestPass(link: string, name: string): Promise<GuestPass> {
  return request<GuestPass>(`/v1/links/${encodeURIComponent(link)}/guests`, { name });
}
