// A phone as camera: the same check as on the candidate's page, then pictures for as long as the sitting lasts.

import { codeOf, openCamera } from "./camera.js";
import { startCheckIn } from "./check_in_camera.js";
import { createLine, fill, pause } from "./check_in_line.js";

const STATE_EVERY_MS = 4000;
const KEPT = 40; // pictures that wait for the line; older ones go, so that the newest come through
const data = JSON.parse(document.getElementById("check-in-data").textContent);
const { texts } = data;
const $ = (id) => document.getElementById(id);

if ($("check-in")) startCheckIn(data, () => location.reload());
else live();

function live() {
  const line = createLine(data);
  const waiting = [];
  let camera = null;
  let state = "prepared";
  let number = data.number;
  let sent = 0;
  let sending = false;

  const say = (text) => { if ($("live-said").textContent !== text) $("live-said").textContent = text; };

  async function open() {
    try {
      camera = await openCamera({ facing: "user", onLost: () => { camera = null; fell("lost"); } });
    } catch (error) {
      fell(codeOf(error));
      return;
    }
    camera.video.setAttribute("aria-label", document.title);
    $("live-view").replaceChildren(camera.video);
    $("live-open").hidden = true;
    navigator.wakeLock?.request("screen").catch(() => {}); // the screen stays on where the phone allows it
    tell();
  }

  function fell(code) {
    $("live-open").hidden = false;
    say((texts.errors[code] ?? texts.errors.unknown).join(" "));
    $("live-said").focus();
  }

  function tell() {
    if (!camera) return;
    if (state === "in-progress") say(fill(waiting.length > 2 ? texts.liveLate : texts.live, { n: waiting.length > 2 ? waiting.length : sent }));
    else say(state === "paused" ? texts.livePaused : texts.liveWait);
  }

  function close(words) {
    state = "over";
    camera?.stop();
    camera = null;
    waiting.length = 0;
    $("live-view").replaceChildren();
    $("live-open").hidden = true;
    say(words);
  }

  /** Newest first; one at a time, so that a narrow line is not shared by many. */
  async function send() {
    if (sending) return;
    sending = true;
    let failures = 0;
    while (waiting.length && state !== "over") {
      const frame = waiting.at(-1);
      const headers = { "X-Frame-Number": String(frame.number), "X-Frame-Taken": String(frame.taken) };
      const { status, retryAfter } = await line.picture("frames", frame.blob, headers);
      if (status === 0 || status === 429 || status === 503) {
        failures += 1;
        await pause(Math.max(retryAfter, Math.min(10_000, 1000 * 2 ** failures)));
        continue;
      }
      failures = 0;
      const at = waiting.indexOf(frame);
      if (at >= 0) waiting.splice(at, 1);
      if (status === 200) sent += 1;
      tell();
    }
    sending = false;
  }

  async function shoot() {
    while (state !== "over") {
      if (camera && state === "in-progress") {
        const blob = await camera.capture().catch(() => null);
        if (blob) waiting.push({ number: number++, taken: Date.now(), blob });
        if (waiting.length > KEPT) waiting.shift();
        send();
      }
      await pause(1000 * data.interval);
    }
  }

  async function follow() {
    for (;;) {
      const { status, body } = await line.get("state");
      if (status === 404) return close(texts.ended);
      if (status === 200) {
        if (["camera", "identity"].includes(body.step) && body.sitting === "prepared") return location.reload();
        if (["submitted", "void"].includes(body.sitting)) return close(texts.liveOver);
        state = body.sitting;
        tell();
      }
      await pause(STATE_EVERY_MS);
    }
  }

  $("live-open").addEventListener("click", open);
  open();
  shoot();
  follow();
}
