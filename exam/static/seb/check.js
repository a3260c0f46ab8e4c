// Before the paper is shown: find out whether this is SEB as the exam requires it, then ask for the paper. Outside SEB nothing of
// the paper is ever sent; the page says why and tries again when asked.

import { proofHeaders, waitForProof } from "./proof.js";

const WAIT_MS = 5000;
const TRIED = `seb-tried-${location.pathname}`;
const box = document.getElementById("seb-check");
const say = (state) => { for (const part of box.querySelectorAll("[data-seb]")) part.hidden = part.dataset.seb !== state; };

async function ask() {
  say("asking");
  // Where SEB sends headers there may be nothing to wait for.
  if (window.SafeExamBrowser) await waitForProof(WAIT_MS);
  try {
    const reply = await fetch(box.dataset.url, {
      method: "POST", credentials: "same-origin", cache: "no-store",
      headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content, Accept: "application/json", ...proofHeaders() },
    });
    if (reply.status === 401) { location.reload(); return; }
    const told = await reply.json();
    if (reply.status !== 200) { say(told.finding === "absent" ? "other" : "outside"); return; }
    // A browser that keeps no cookie would come back here for ever.
    if (sessionStorage.getItem(TRIED) && Date.now() - Number(sessionStorage.getItem(TRIED)) < 5000) { say("stuck"); return; }
    sessionStorage.setItem(TRIED, String(Date.now()));
    location.reload();
  } catch (error) {
    console.warn("asking failed", error);
    say("unreachable");
  }
}

for (const button of box.querySelectorAll("[data-again]")) button.addEventListener("click", () => { sessionStorage.removeItem(TRIED); ask(); });
ask();
