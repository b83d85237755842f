import { HttpError } from "../api.ts";
import type { Phone } from "./phone.ts";

/** ask asks the REST API for what people do themselves, as this one. No answer, and one other than 2xx, is an HttpError. */
export async function ask(phone: Phone, path: string, body?: object): Promise<Response> {
  return askBy(await phone.pronto.token(), path, body);
}

/** askBy is ask by a token. */
export async function askBy(token: string, path: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, { ...sent, headers, credentials: "omit", cache: "no-store" });
  } catch {
    throw new HttpError(0);
  }
  if (response.ok) return response;
  const seconds = Number(response.headers.get("Retry-After"));
  throw new HttpError(response.status, seconds > 0 ? seconds * 1000 : undefined);
}
