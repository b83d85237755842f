/** readKept reads what this tab kept under a name; undefined when it is absent, broken or not of the right shape. */
export function readKept<T>(key: string, fits: (value: Partial<T>) => boolean): T | undefined {
  try {
    const value = JSON.parse(sessionStorage.getItem(key) ?? "null") as Partial<T> | null;
    return value !== null && typeof value === "object" && fits(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
