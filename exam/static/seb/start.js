// The start page of an exam that requires SEB: put what SEB told into the form, and say whether this is it.

import { proof, proofHeaders, waitForProof } from "./proof.js";

const WAIT_MS = 5000;
const box = document.getElementById("seb-start");
const field = document.querySelector("input[name=seb]");
const say = (state) => { for (const part of box.querySelectorAll("[data-seb]")) part.hidden = part.dataset.seb !== state; };

async function look() {
  if (window.SafeExamBrowser) await waitForProof(WAIT_MS);
  if (field) field.value = proof();
  try {
    const reply = await fetch(box.dataset.url, {
      method: "POST", credentials: "same-origin", cache: "no-store",
      headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content, Accept: "application/json", ...proofHeaders() },
    });
    const told = await reply.json();
    say(reply.status === 200 ? "inside" : told.finding === "absent" ? "other" : "outside");
  } catch (error) {
    console.warn("asking failed", error); // the start itself says it
  }
}

field?.form.addEventListener("submit", () => { field.value = proof(); });
look();
