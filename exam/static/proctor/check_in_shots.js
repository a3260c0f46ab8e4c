// The pictures of an identity: card, face, turned head. Whatever the machine makes of them, they can be sent: a human decides.

import { fill, pause, trouble } from "./check_in_line.js";

const QUALITY = 0.85;
const TURN_MS = 12_000;
const TURN_EVERY_MS = 500;
const MOST_BYTES = 5 * 1024 * 1024;

/** `camera()` gives the open camera or null. `done()` is called when the server has taken the pictures. */
export function createShots({ line, texts, camera, done }) {
  const section = document.getElementById("identity");
  if (!section) return;
  const kept = new Map();
  const said = document.getElementById("send-said");
  let busy = false;

  const parts = (name) => {
    const item = section.querySelector(`[data-shot="${name}"]`);
    return { item, canvas: item.querySelector("canvas"), said: item.querySelector(".said"), button: item.querySelector("[data-take]") };
  };

  async function keep(name, blob, words) {
    const { item, canvas, said: place, button } = parts(name);
    const picture = await createImageBitmap(blob);
    const scale = Math.min(1, 640 / Math.max(picture.width, picture.height));
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.hidden = false;
    item.classList.add("taken");
    place.textContent = words;
    button.textContent = texts.again;
    kept.set(name, blob);
    said.hidden = true;
  }

  async function turn() {
    const place = parts("turn").said;
    const ends = performance.now() + TURN_MS;
    let last = null;
    let unsure = null;
    place.textContent = texts.looking;
    while (performance.now() < ends && camera()) {
      const blob = await camera().capture(QUALITY);
      const answer = await line.picture("try", blob);
      if (answer.status === 200) {
        last = blob;
        if (answer.body.turned === true) return keep("turn", blob, texts.turnSeen);
        if (answer.body.turned === null) unsure = blob;
        place.textContent = answer.body.turned === false ? texts.turnMore : texts.looking;
      } else {
        place.textContent = trouble(answer, texts);
      }
      await pause(Math.max(TURN_EVERY_MS, answer.retryAfter));
    }
    if (unsure) return keep("turn", unsure, texts.turnUnsure);
    return last ? keep("turn", last, texts.turnNot) : undefined;
  }

  async function take(name) {
    if (busy) return;
    if (!camera()) {
      parts(name).said.textContent = texts.openFirst;
      return;
    }
    busy = true;
    try {
      if (name === "turn") await turn();
      else await keep(name, await camera().capture(QUALITY), texts.taken);
    } catch {
      parts(name).said.textContent = texts.failed;
    } finally {
      busy = false;
    }
  }

  for (const item of section.querySelectorAll("[data-shot]")) {
    item.querySelector("[data-take]").addEventListener("click", () => take(item.dataset.shot));
  }

  document.getElementById("card-file").addEventListener("change", async ({ target }) => {
    const file = target.files[0];
    if (!file) return;
    const place = parts("id-card").said;
    if (file.size > MOST_BYTES) place.textContent = texts.tooLarge;
    else await keep("id-card", file, texts.chosen).catch(() => { place.textContent = texts.failed; });
  });

  document.getElementById("send").addEventListener("click", async () => {
    const missing = ["id-card", "face", "turn"].find((name) => !kept.has(name));
    said.hidden = false;
    if (missing) {
      said.textContent = texts.needed[missing];
      parts(missing).button.focus();
      return;
    }
    if (busy) return;
    busy = true;
    said.textContent = fill(texts.sending, {});
    const form = new FormData();
    for (const [name, blob] of kept) form.append(name, blob, `${name}.jpg`);
    const answer = await line.form("identity", form);
    busy = false;
    if (answer.status === 200) done();
    else said.textContent = trouble(answer, texts);
  });
}
