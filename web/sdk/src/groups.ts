import type { RequestOptions } from "./requests.ts";
import type { Signalling } from "./signalling.ts";
import type { CreateGroup, Group, GroupRole } from "./wire.gen.ts";

export { Queues } from "./queues.ts";

/** Groups are the groups that our account is in or invited to. Their calls are begun by Pronto.ringGroup and joinGroup. */
export class Groups {
  readonly #signalling: Signalling;

  /** @internal */
  constructor(signalling: Signalling) {
    this.#signalling = signalling;
  }

  /** list is all of them, the newest first, without their members. */
  async list(options?: RequestOptions): Promise<readonly Group[]> {
    return (await this.#signalling.request("getGroups", {}, options)).groups;
  }

  /** get is one group with its members. */
  get(group: string, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("getGroup", { group }, options);
  }

  /** create makes a group whose admin we are. Who may not be added without being asked is invited. */
  create(group: CreateGroup, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("createGroup", group, options);
  }

  add(group: string, users: string[], options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("addToGroup", { group, users }, options);
  }

  /** accept makes us a member of a group that we are invited to. */
  accept(group: string, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("acceptInvitation", { group }, options);
  }

  async decline(group: string, options?: RequestOptions): Promise<void> {
    await this.#signalling.request("declineInvitation", { group }, options);
  }

  /** leave takes us out of a group and its call. We return only by an invitation. */
  async leave(group: string, options?: RequestOptions): Promise<void> {
    await this.#signalling.request("leaveGroup", { group }, options);
  }

  /** remove takes somebody out, or takes an invitation back; with ban for good. */
  remove(group: string, user: string, options: { readonly ban?: boolean } = {}): Promise<Group> {
    return this.#signalling.request("removeFromGroup", { group, user, ...options });
  }

  setRole(group: string, user: string, role: GroupRole, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("setRole", { group, user, role }, options);
  }

  rename(group: string, name: string, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("renameGroup", { group, name }, options);
  }

  /** isolate keeps members who block each other apart in calls that start from now on. */
  isolate(group: string, on: boolean, options?: RequestOptions): Promise<Group> {
    return this.#signalling.request("isolateInGroup", { group, on }, options);
  }
}
