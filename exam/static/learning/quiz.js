// The pop-up quiz: shown over everything, its time kept by the server, its answers sent until they arrive.

import { answered, readAnswer } from "../sessions/answers.js";

const RETRY_MS = 3000;
const AWAY_MS = 20_000;

/** `ask(path, body)` posts JSON (body undefined: gets). `on` = { shown(), passed(), failed(), silentFor() }. */
export function createQuiz({ texts, say, ask, on, courseUrl }) {
  const dialog = document.getElementById("quiz");
  const items = document.getElementById("quiz-items");
  const message = document.getElementById("quiz-message");
  const left = document.getElementById("quiz-left");
  const send = document.getElementById("quiz-send");
  let id = null;
  let until = null;
  let over = false;
  let warned = false;
  let busy = false;
  let about = "";

  dialog.addEventListener("cancel", (event) => { if (!over) event.preventDefault(); });
  dialog.addEventListener("close", () => { if (id && !over) dialog.showModal(); });
  send.addEventListener("click", () => {
    if (over) { over(); return; }
    submit(false);
  });

  const sections = () => [...items.querySelectorAll(".question")];
  const responses = () => sections().map((section) => readAnswer(section));
  const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

  setInterval(() => {
    if (until === null || over) return;
    const ms = Math.max(0, until - performance.now());
    left.textContent = say(texts.left, { time: clock(ms) });
    left.dataset.soon = String(ms < 15_000);
    if ([30, 10].includes(Math.ceil(ms / 1000)) && left.dataset.told !== String(Math.ceil(ms / 1000))) {
      left.dataset.told = String(Math.ceil(ms / 1000));
      message.textContent = left.textContent;
    }
    if (ms === 0 && !busy) submit(true);
  }, 250);

  function finish(answer) {
    over = answer.state === "passed" ? () => { close(); on.passed(); } : () => { location.assign(courseUrl); };
    until = null;
    left.textContent = "";
    for (const input of items.querySelectorAll("input")) input.disabled = true;
    const text = { passed: texts.passed, failed: texts.failedQuiz, "timed-out": texts.timedOut }[answer.state] ?? texts.timedOut;
    message.textContent = say(text, answer);
    message.dataset.state = answer.state;
    send.textContent = answer.state === "passed" ? texts.goOn : texts.seeCourse;
    send.focus();
    if (answer.state !== "passed") on.failed();
  }

  function close() {
    id = null;
    over = false;
    dialog.close();
    items.replaceChildren();
  }

  async function submit(forced) {
    const given = responses();
    const missing = given.filter((response) => !answered(response)).length;
    if (missing && !forced && !warned) {
      warned = true;
      message.textContent = say(texts.unanswered, { n: missing });
      sections()[given.findIndex((response) => !answered(response))]?.querySelector("input")?.focus();
      return;
    }
    busy = true;
    send.disabled = true;
    message.textContent = texts.sending;
    for (;;) {
      try {
        const answer = await ask(`${id}/answer`, { responses: given, forced });
        if (answer.status === 200) {
          if (answer.body.state === "shown") times(answer.body);
          else finish(answer.body);
          break;
        }
        if (answer.status < 500) { location.assign(courseUrl); return; }
        throw new Error(String(answer.status));
      } catch {
        message.textContent = texts.sendFailed;
        // Time that ran out while the line was down ran out for nobody: what is left is told when the line is back.
        if (forced) { until = null; break; }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    busy = false;
    send.disabled = false;
  }

  function times(body) {
    until = body.left_ms === null ? null : performance.now() + body.left_ms;
    message.textContent = "";
    if (body.leaves) document.getElementById("quiz-about").textContent = `${about} ${say(texts.leaves, { n: body.leaves })}`;
  }

  return {
    open: () => id !== null,
    /** Fetch the quiz, show it, and say so: its time begins then. Tried until the line carries it. */
    async show(quiz) {
      if (id === quiz) return;
      id = quiz;
      over = false;
      warned = false;
      send.textContent = texts.send;
      for (;;) {
        try {
          const answer = await ask(`${quiz}`);
          if (answer.status !== 200) { location.assign(courseUrl); return; }
          const parsed = new DOMParser().parseFromString(answer.body.html, "text/html");
          items.replaceChildren(...parsed.body.children);
          about = say(texts.about, answer.body);
          document.getElementById("quiz-about").textContent = about;
          message.textContent = "";
          delete message.dataset.state;
          break;
        } catch { await new Promise((resolve) => setTimeout(resolve, RETRY_MS)); }
      }
      if (!dialog.open) dialog.showModal();
      document.getElementById("quiz-title").focus();
      items.dispatchEvent(new CustomEvent("content:changed", { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      for (;;) {
        try {
          const shown = await ask(`${quiz}/shown`, {});
          if (shown.status !== 200) { location.assign(courseUrl); return; }
          times(shown.body);
          break;
        } catch { await new Promise((resolve) => setTimeout(resolve, RETRY_MS)); }
      }
      on.shown();
    },
    /** The line is back: whoever was away gets the time that was left. */
    async back(gap) {
      if (!id || over) return;
      if (gap < AWAY_MS) {
        if (until === null && !busy) submit(true);
        return;
      }
      const answer = await ask(`${id}/back`, {}).catch(() => null);
      if (answer?.status !== 200) return;
      if (["failed", "timed-out"].includes(answer.body.state)) finish(answer.body);
      else times(answer.body);
    },
  };
}
