// On the paper's page: the consent to the camera can be taken back while the exam goes on.
//
// Whoever uses the camera hears of it as "sitting" with { kind: "camera-withdrawn" } and stops; the server refuses pictures from
// that moment anyway.

import { tell } from "../sessions/around.js";

const place = document.getElementById("camera-consent");
const dialog = document.getElementById("camera-consent-ask");

async function standing() {
  const answer = await fetch(place.dataset.state, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function withdraw() {
  const said = place.querySelector("[role=status]");
  const button = place.querySelector("button");
  button.disabled = true;
  try {
    const body = new URLSearchParams({ do: "withdrawn", csrf_token: place.dataset.csrf });
    await fetch(place.dataset.consent, { method: "POST", body, redirect: "manual" });
    if ((await standing()).answer !== "withdrawn") throw new Error("not taken");
    said.textContent = place.dataset.done;
    button.hidden = true;
    tell("camera-withdrawn");
  } catch {
    said.textContent = place.dataset.failed;
    button.disabled = false;
  }
}

async function begin() {
  try {
    const { answer, route } = await standing();
    place.hidden = answer !== "given" || route !== "camera";
  } catch {
    setTimeout(begin, 10000);
  }
}

if (place) {
  place.querySelector("button").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "withdraw") withdraw();
  });
  begin();
}
