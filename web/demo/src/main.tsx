import "./style/main.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { language } from "./lang/index.ts";
import { Joining, linkOf } from "./state/joining.ts";
import { start } from "./state/session.ts";

document.documentElement.lang = language;

const link = linkOf(location.pathname);
const joining = link === undefined ? undefined : new Joining(link);
const app = document.getElementById("app");
if (app !== null) render(<App joining={joining} />, app);
if (joining === undefined) void start(new URL(location.href));
