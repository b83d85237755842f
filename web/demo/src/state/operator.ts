import { request } from "../api.ts";

/** Operator is how people reach whoever runs the server, as links; what is missing is not said. */
export interface Operator {
  readonly contact?: string;
  /** complaints is where one may complain if that does not help. */
  readonly complaints?: string;
  readonly privacyNotice?: string;
}

/** operator asks the server who runs it. What goes wrong is an HttpError. */
export async function operator(): Promise<Operator> {
  return (await request<{ operator: Operator }>("/v1/sign-in")).operator;
}
