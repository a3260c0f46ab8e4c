// After a sitting: nothing of it stays in this browser, even when the server ended it while no page was open.

import { wipeSitting } from "./store.js";

const { sitting } = document.getElementById("sitting-over").dataset;
if (globalThis.indexedDB) wipeSitting(sitting).catch((error) => console.warn("nothing to wipe", error));
