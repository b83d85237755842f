import { expect, test, vi } from "vitest";
import { downloadData } from "../src/state/datacopy.ts";
import type { Phone } from "../src/state/phone.ts";

const phone = { pronto: { token: async () => "secret" } } as unknown as Phone;

test("a copy that is refused says until when, and one that does not come that there is no answer", async () => {
  const asked = vi.spyOn(globalThis, "fetch");
  asked.mockResolvedValueOnce(new Response("", { status: 429, headers: { "Retry-After": "1200" } }));
  await expect(downloadData(phone)).rejects.toMatchObject({ status: 429, retryAfterMs: 1_200_000 });
  expect(asked.mock.lastCall).toMatchObject([
    "/v1/account/export",
    { headers: { Authorization: "Bearer secret" } },
  ]);
  asked.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  await expect(downloadData(phone)).rejects.toMatchObject({ status: 0 });
});
