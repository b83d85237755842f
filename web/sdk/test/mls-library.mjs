// ts-mls as the tests outside of vitest load it: corrected as in every bundle of ours, and
// without the cipher suites that we do not use.

import { register } from "node:module";

const library = new URL("../../mls-library.mjs", import.meta.url);
register(
  `data:text/javascript,${encodeURIComponent(`
import { repairMLS } from ${JSON.stringify(library.href)};
export async function load(url, context, next) {
  if (/noble\\/provider\\.js$/.test(url)) {
    return { format: "module", shortCircuit: true, source: "export const nobleCryptoProvider = undefined;" };
  }
  const loaded = await next(url, context);
  if (!/ts-mls\\/dist\\/.*\\.js$/.test(url)) return loaded;
  return { ...loaded, source: repairMLS(url, String(loaded.source)) };
}`)}`,
);

export const mls = await import("ts-mls");

export const suiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
export const suite = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(suiteName));

/** config takes every basic credential: who may be a member is not what is tested. */
export const config = {
  keyRetentionConfig: mls.defaultKeyRetentionConfig,
  lifetimeConfig: { ...mls.defaultLifetimeConfig, validateLifetimeOnReceive: true },
  keyPackageEqualityConfig: mls.defaultKeyPackageEqualityConfig,
  paddingConfig: mls.defaultPaddingConfig,
  authService: { validateCredential: async (credential) => credential.credentialType === "basic" },
};

/** keyPackage makes a key package for a credential, with keys of its own unless some are given. */
export function keyPackage(identity, keys, lifetime) {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const made = [
    { credentialType: "basic", identity },
    { versions: ["mls10"], ciphersuites: [suiteName], extensions: [], proposals: [], credentials: ["basic"] },
    lifetime ?? { notBefore: now - 3600n, notAfter: now + 86400n },
    [],
  ];
  return keys ? mls.generateKeyPackageWithKey(...made, keys, suite) : mls.generateKeyPackage(...made, suite);
}
