import { toBlob } from "./e2ee/bytes.ts";

/** LinkAddress is what the address of a link says. */
export interface LinkAddress {
  readonly link: string;
  /** secret is the part after #k=; absent for a link without. */
  readonly secret?: string;
}

/** newLinkSecret makes a secret for the part after #: 128 random bits as 22 characters. */
export function newLinkSecret(): string {
  return toBlob(crypto.getRandomValues(new Uint8Array(16)));
}

/** linkAddress is the whole address of a link; base is the server's page, this one by default. */
export function linkAddress(
  link: string,
  secret?: string,
  base: string = globalThis.location.origin,
): string {
  const url = new URL(`/j/${link}`, base);
  if (secret !== undefined) url.hash = `k=${secret}`;
  return url.href;
}

/** readLinkAddress reads an address of a link, or undefined. What is after # is never sent anywhere. */
export function readLinkAddress(address: string): LinkAddress | undefined {
  let url: URL;
  try {
    url = new URL(address, "https://pronto.invalid");
  } catch {
    return undefined;
  }
  const link = /^\/j\/([A-Za-z0-9_-]{1,64})\/?$/.exec(url.pathname)?.[1];
  if (link === undefined) return undefined;
  const secret = /^#k=([A-Za-z0-9_-]{1,64})$/.exec(url.hash)?.[1];
  return secret === undefined ? { link } : { link, secret };
}
