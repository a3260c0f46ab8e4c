// What is tried when a camera fails: again, another one, a smaller picture, a phone, a human. Every step is told to the server,
// which also says what comes next; nothing here ever leaves somebody without a next step.

import { fill, pause, trouble } from "./check_in_line.js";

const POLL_MS = 3000;

/** `act`: { retry(), device(), resolution() }. `cameras()`: how many there are. `done()`: the phone has finished the check. */
export function createLadder({ line, texts, act, cameras, done }) {
  const box = document.getElementById("trouble");
  const help = document.getElementById("help"); // not there on a phone
  const next = document.getElementById("next-rung");
  let error = "unknown";
  let following = "retry";
  let polling = false;

  const row = (rung) => help?.querySelector(`[data-rung="${rung}"]`);

  function offer() {
    for (const rung of ["retry", "resolution", "phone"]) if (row(rung)) row(rung).hidden = false;
    if (row("device")) row("device").hidden = cameras() < 2;
  }

  async function climb(rung) {
    if (rung === "human") {
      if (help) document.getElementById("human-form").requestSubmit();
      return;
    }
    if (rung === "phone") {
      await phone();
      return;
    }
    if (help) line.json("ladder", { error, rung, cameras: cameras() }); // a step that can't be told is tried all the same
    box.hidden = true;
    document.getElementById("open").hidden = false;
    await act[rung]();
  }

  async function phone() {
    const place = document.getElementById("phone");
    const said = document.getElementById("phone-said");
    const answer = await line.json("phone", {});
    place.hidden = false;
    if (answer.status !== 200) {
      said.textContent = trouble(answer, texts);
      return;
    }
    document.getElementById("qr").src = answer.body.qr;
    document.getElementById("qr-url").textContent = answer.body.url;
    document.getElementById("qr-until").textContent = fill(texts.minutes, { n: answer.body.minutes });
    place.querySelector("h3").focus();
    if (!polling) follow(said);
  }

  async function follow(said) {
    polling = true;
    for (;;) {
      await pause(POLL_MS);
      const { status, body } = await line.get("state");
      if (status === 0) continue;
      if (status !== 200 || ["waiting", "later", "done"].includes(body.step)) break;
      if (body.camera_ok && body.source === "phone") said.textContent = texts.phoneSeen;
    }
    done();
  }

  offer();
  next.addEventListener("click", () => climb(following));
  for (const item of help?.querySelectorAll("[data-rung]") ?? []) {
    item.querySelector("button[type=button]")?.addEventListener("click", () => climb(item.dataset.rung));
  }

  return {
    offer,
    clear() { box.hidden = true; },
    /** Say what is wrong and what to try next. `focus`: somebody has just pressed a button and waits for an answer. */
    async fell(code, { focus = true } = {}) {
      error = code in texts.errors ? code : "unknown";
      const [title, text] = texts.errors[error];
      const answer = help ? await line.json("ladder", { error, rung: "", cameras: cameras() }) : { status: 0, body: {} };
      following = answer.status === 200 ? answer.body.next : "retry";
      document.getElementById("trouble-title").textContent = title;
      document.getElementById("trouble-text").textContent = text;
      next.textContent = texts.rungs[following];
      box.hidden = false;
      document.getElementById("open").hidden = true; // the box has the button for what comes next
      offer();
      if (focus) box.focus();
    },
  };
}
