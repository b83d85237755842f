// What a page loads that only wants to write <pronto-button link="…">.

import { define } from "./button.ts";

define();
