// One line in a page: <script async src="https://your.server/widget.js" data-link="…"></script> puts a button into its
// corner. Nobody is contacted and nothing is stored before the visitor presses it.

import { define } from "./button.ts";

const script = document.currentScript as HTMLScriptElement | null;

function place(): void {
  if (script === null) return;
  const { link, label, mode, theme, lang, name, privacy, side } = script.dataset;
  if (link === undefined || link === "") {
    console.error('pronto: the script of the widget needs data-link="…", a call link');
    return;
  }
  define();
  const button = document.createElement("pronto-button");
  const server = new URL(script.src, location.href).origin;
  for (const [key, value] of Object.entries({
    link,
    label,
    mode,
    theme,
    lang,
    name,
    privacy,
    side,
    server,
  })) {
    if (value !== undefined) button.setAttribute(key, value);
  }
  button.setAttribute("floating", "");
  document.body.append(button);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
else place();
