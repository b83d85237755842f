import { type ReadonlySignal, signal } from "@preact/signals";
import type { Profile, Pronto } from "../../../sdk/src/index.ts";
import { t } from "../lang/index.ts";
import { setFaces } from "./faces.ts";
import { attempt, say } from "./toasts.ts";

/** side is how wide and high an image is made, in pixels: enough for the largest place it is shown in. */
const side = 512;
const mostBytes = 64 * 1024;

/** OwnProfile is what others see of us. */
export class OwnProfile {
  readonly #pronto: Pronto;
  readonly #profile = signal<Profile | undefined>(undefined);

  /** profile is undefined until known. */
  readonly profile: ReadonlySignal<Profile | undefined> = this.#profile;

  constructor(pronto: Pronto) {
    this.#pronto = pronto;
  }

  /** take is called with what the server tells unasked. */
  take(profile: Profile): void {
    this.#profile.value = profile;
    setFaces([profile]);
  }

  /** load asks for it. */
  async load(): Promise<void> {
    await attempt(async () => {
      const user = this.#pronto.me?.user;
      if (user === undefined) return;
      const [profile] = await this.#pronto.account.profiles([user]);
      if (profile !== undefined) this.take(profile);
    });
  }

  /** save changes name and text. */
  async save(name: string, about: string): Promise<void> {
    await attempt(async () => {
      this.take(await this.#pronto.account.setProfile({ name, about }));
      say(t("settings.saved"));
    });
  }

  /** setImage cuts an image square and sends it, without what a camera has written into it about place and time. */
  async setImage(file: Blob): Promise<void> {
    const image = await squareOf(file);
    if (image === undefined) {
      say(t("profile.noImage"), true);
      return;
    }
    await attempt(async () => {
      await this.#pronto.account.setAvatar(image);
      await this.load();
    });
  }

  /** removeImage goes back to initials. */
  async removeImage(): Promise<void> {
    await attempt(async () => {
      await this.#pronto.account.removeAvatar();
      await this.load();
    });
  }
}

/** squareOf draws the middle of an image anew; undefined if it is none, or cannot be made small enough. */
async function squareOf(file: Blob): Promise<Blob | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return undefined;
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const least = Math.min(bitmap.width, bitmap.height);
  const [x, y] = [(bitmap.width - least) / 2, (bitmap.height - least) / 2];
  canvas.getContext("2d")?.drawImage(bitmap, x, y, least, least, 0, 0, side, side);
  bitmap.close();
  for (const quality of [0.85, 0.6, 0.35]) {
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob !== null && blob.size <= mostBytes) return blob;
  }
  return undefined;
}
