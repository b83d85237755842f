/** scriptURL stands for import.meta.url in the classic script, which has none: where the script came from. */
export const scriptURL: string =
  (globalThis.document?.currentScript as HTMLScriptElement | null)?.src || globalThis.location.href;
