/** Pass lets a visitor into the call of the link. */
export interface Pass {
  readonly token: string;
  readonly name: string;
  readonly kind: "voice" | "video";
  readonly title?: string;
}

/** AnswerError is an answer of the server other than yes; status 0 is none at all. */
export class AnswerError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP status ${status}`);
    this.name = "AnswerError";
    this.status = status;
  }
}

/** enter gets a pass. 404 says that the link leads nowhere, whatever the reason. */
export async function enter(link: string, name: string): Promise<Pass> {
  const answer = await ask("POST", `/v1/links/${link}/guests`, { name });
  return (await answer.json()) as Pass;
}

async function ask(method: string, path: string, body?: object, token?: string): Promise<Response> {
  const headers = {
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      credentials: "omit",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new AnswerError(0);
  }
  if (!answer.ok) throw new AnswerError(answer.status);
  return answer;
}

/** agree notes that the visitor has read the notice, and which version of it. */
export async function agree({ token }: Pass, notice: string): Promise<void> {
  await ask("PUT", "/v1/visits/consent", { notice }, token);
}

/** askBack asks to be called back. 404 says that nobody does that here. */
export async function askBack({ token }: Pass, contact: string, note: string): Promise<void> {
  await ask("PUT", "/v1/visits/callback", { contact, ...(note === "" ? {} : { note }) }, token);
}

/** forget has all deleted that is kept of the visit. */
export async function forget({ token }: Pass): Promise<void> {
  await ask("DELETE", "/v1/visits", undefined, token);
}
