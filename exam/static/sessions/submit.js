// Handing in: what is unanswered or flagged, everything saved first, then the question asked once more.

import { formatTime } from "./clock.js";
import { fill } from "./navigator.js";
import { isOver } from "./sync.js";

const END_AGAIN_MS = 1500;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function links(place, slots, texts, go) {
  place.replaceChildren(...slots.map((slot) => {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "secondary compact", textContent: fill(texts.question, { n: slot }) });
    button.addEventListener("click", () => go(slot));
    item.append(button);
    return item;
  }));
}

/** Send the paper in with what is still unsaved. Resolves to the server's reply; rejects when it can't be reached. */
export function handIn({ wire, url, claim, queue }) {
  return wire.post(url, { claim, answers: queue.batch() });
}

/**
 * The dialog before handing in. `session()` gives the present { sync, queue, claim }; `counts()` the navigator's counts;
 * `done(body)` is called once the server has it, `lost(reply)` when the server refuses for another reason.
 */
export function createSubmitDialog({ dialog, openers, wire, url, texts, session, counts, go, done, lost }) {
  const find = (name) => dialog.querySelector(`[data-submit="${name}"]`);
  const [confirm, back, problem, progress] = ["confirm", "back", "problem", "progress"].map(find);
  let busy = false;

  function paint() {
    const { count, answered, empty, flagged } = counts();
    find("summary").textContent = fill(texts.submitSummary, { answered: answered.length, count });
    const refused = session().queue.refused().map((one) => one.slot);
    for (const [name, slots] of [["refused", refused], ["empty", empty], ["flagged", flagged]]) {
      find(`${name}-box`).hidden = !slots.length;
      find(`${name}-count`).textContent = slots.length;
      links(find(name), slots, texts, (slot) => { dialog.close(); go(slot); });
    }
    find("all-answered").hidden = empty.length > 0;
  }

  function paintSaving() {
    const { queue } = session();
    const waiting = queue.pending().filter((one) => one.slot).length;
    const at = queue.lastSaved();
    progress.textContent = waiting ? fill(texts.submitWaiting, { n: waiting }) : at ? fill(texts.savedAt, { time: formatTime(at) }) : texts.nothingYet;
    return waiting;
  }

  function refuse(text) {
    problem.hidden = false;
    problem.querySelector("p").textContent = text;
    confirm.textContent = texts.submitAgain;
  }

  async function submit() {
    if (busy) return;
    busy = true;
    confirm.setAttribute("aria-disabled", "true");
    problem.hidden = true;
    progress.textContent = texts.submitFlushing;
    try {
      const { sync, queue, claim } = session();
      await sync.flush();
      if (paintSaving()) { refuse(texts.submitNotSaved); return; }
      progress.textContent = texts.submitting;
      const reply = await handIn({ wire, url, claim, queue });
      if (reply.status === 200 || (reply.status === 409 && isOver(reply.body))) done(reply.body);
      else if ([401, 403, 404, 409].includes(reply.status)) { dialog.close(); lost(reply); }
      else { paintSaving(); refuse(texts.submitFailed); }
    } catch (error) {
      console.warn("handing in failed", error);
      paintSaving();
      refuse(texts.submitUnreachable);
    } finally {
      busy = false;
      confirm.removeAttribute("aria-disabled");
    }
  }

  function open() {
    if (!session() || dialog.open) return;
    paint();
    problem.hidden = true;
    confirm.textContent = texts.submitConfirm;
    dialog.showModal();
    dialog.querySelector("h2").focus();
    session().sync.flush().then(paintSaving);
    paintSaving();
  }

  for (const opener of openers) opener.addEventListener("click", open);
  back.addEventListener("click", () => dialog.close());
  confirm.addEventListener("click", submit);
  dialog.addEventListener("cancel", (event) => { if (busy) event.preventDefault(); });
  return { open, refresh() { if (dialog.open && !busy) paintSaving(); } };
}

/**
 * Time is up by this page's clock: send what is left and ask how it stands, for as long as it takes. The server alone ends a
 * sitting; it may also have given time back while the line was down, and then the candidate goes on.
 * `say(text)` shows how it stands. Resolves to { over: true, body } or { over: false, body }.
 */
export async function waitForTheEnd({ wire, url, queue, claim, clock, renew, accept, say, texts }) {
  for (;;) {
    try {
      const reply = await wire.post(url, { claim, answers: queue.batch(), events: [] });
      if (reply.status === 200) {
        accept(reply);
        if (reply.body.paused || reply.body.deadline > clock.now()) return { over: false, body: reply.body };
        say(texts.endSending);
      } else if (reply.status === 409) {
        return { over: true, body: reply.body };
      } else {
        if (reply.status === 401 || reply.status === 404) await renew();
        else if (reply.status === 403) await wire.renewToken();
        sayWaiting();
      }
    } catch (error) {
      console.warn("the last exchange failed", error);
      sayWaiting();
    }
    await pause(END_AGAIN_MS);
  }

  function sayWaiting() {
    const waiting = queue.pending().filter((one) => one.slot).length;
    say(waiting ? fill(texts.endUnsaved, { n: waiting }) : texts.endUnreachable);
  }
}
