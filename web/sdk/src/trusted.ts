/** WorkerURL is where a worker's file is. */
export type WorkerURL = string | URL;

interface Policy {
  createScriptURL(url: string): string;
}

let policy: Policy | undefined;

/** trusted passes the address of a worker where a page demands trusted types (W3C Trusted Types); its policy is called pronto. */
export function trusted(url: WorkerURL): string {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  };
  try {
    policy ??= trustedTypes?.createPolicy("pronto", { createScriptURL: (address) => address });
  } catch {
    // A page that allows no such policy demands no trusted types either, or shows why in its console.
  }
  return policy?.createScriptURL(String(url)) ?? String(url);
}
