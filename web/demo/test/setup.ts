// Unit tests read the texts of all screens, not only of the first.
import { speakOfAll } from "../src/lang/index.ts";

await speakOfAll();
