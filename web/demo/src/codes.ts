import { type Address, request, type SignedInDevice } from "./api.ts";

/** sendCode has a one-time code sent; it answers for how many seconds the code is good. */
export async function sendCode(to: Address): Promise<number> {
  return (await request<{ forSeconds: number }>("/v1/accounts/code", to)).forSeconds;
}

/**
 * verifyCode signs in with a code, and makes the account at the first time. Status 401 says that the code is wrong. Who is
 * suspended gets in as far as to his appeal.
 */
export function verifyCode(
  to: Address,
  code: string,
  name: string,
  deviceName: string,
): Promise<SignedInDevice> {
  return request<SignedInDevice>("/v1/accounts/verify", {
    ...to,
    code,
    deviceName,
    toAppeal: true,
    ...(name === "" ? {} : { name }),
  });
}
