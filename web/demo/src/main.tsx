import "./style/main.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { speak } from "./lang/index.ts";
import { keepOffer } from "./state/install.ts";
import { prefs, showTheme } from "./state/prefs.ts";
import { linkOf } from "./state/route.ts";
import { start } from "./state/session.ts";

const link = linkOf(location.pathname);
const app = document.getElementById("app");

showTheme(document.documentElement);
keepOffer();
if (link === undefined) void start(new URL(location.href));
await speak(prefs.value.language);
if (app !== null) render(<App link={link} />, app);
let spoken = prefs.value.language;
effect(() => {
  const chosen = prefs.value.language;
  if (chosen === spoken) return;
  spoken = chosen;
  void speak(chosen);
});
