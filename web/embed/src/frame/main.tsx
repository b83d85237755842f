import "./frame.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { Host } from "./host.ts";
import { link, notice, secret } from "./settings.ts";
import { Visit } from "./visit.ts";

const host = new Host();
const visit = new Visit({
  link,
  secret,
  notice: notice.version,
  tell: (phase, more) => host.phase(phase, more),
});
window.addEventListener("pagehide", () => void visit.leave()); // a frame that goes leaves nobody behind

const app = document.getElementById("app");
if (app !== null) render(<App visit={visit} onClose={() => host.close()} />, app);
host.serve(visit);
