/**
 * flash alternates the tab's title with a text and marks its icon, until the returned function is called. Who wants less
 * motion sees the text without alternation.
 */
export function flash(text: string): () => void {
  const title = document.title;
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const calm = icon?.href ?? "";
  const alert = icon?.dataset.ringing ?? calm;
  document.title = text;
  if (icon !== null) icon.href = alert;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const timer = still
    ? undefined
    : setInterval(() => {
        document.title = document.title === text ? title : text;
      }, 1000);
  return () => {
    clearInterval(timer);
    document.title = title;
    if (icon !== null) icon.href = calm;
  };
}
