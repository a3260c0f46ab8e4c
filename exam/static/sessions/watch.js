// The watch pages: asks every few seconds what has changed and writes it into the cells that are there. Rows keep their places,
// so nobody loses the line they are reading; who came or left is told beside the link that reloads the list.

import { createClock, formatLeft, formatTime } from "./clock.js";

const EVERY_MS = 5000;
const PATIENCE_MS = 15_000;
const TICK_MS = 500;

const { url, serverTime, texts } = JSON.parse(document.getElementById("watch-data").textContent);
const byData = (name) => document.querySelector(`[data-${name}]`);
const line = { live: byData("live"), changed: byData("changed"), announce: byData("announce"), lost: byData("lost"), lostText: byData("lost-text") };
const rows = new Map([...document.querySelectorAll("[data-sitting]")].map((row) => [Number(row.dataset.sitting), row]));
const list = [...rows.values()].some((row) => row.tagName === "TR") || rows.size === 0;
const clock = createClock();
const deadlines = new Map();
let waiting = 0;
let asking = false;
let ended = false;
let lost = false;
let readAt = serverTime;

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Write only what differs: an unchanged cell must not be touched. */
function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function moment(ms) {
  if (ms === null) return texts.none;
  return `${new Date(ms + 8 * 3600_000).toISOString().slice(0, 10)} ${formatTime(ms)}`;
}

function span(seconds) {
  if (!seconds) return texts.none;
  if (seconds < 60) return fill(texts.seconds, { n: seconds });
  if (seconds % 60 === 0) return fill(texts.minutes, { n: seconds / 60 });
  return fill(texts.minutesSeconds, { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

function badge(row, state) {
  if (row.dataset.shown === state) return;
  const drawn = document.querySelector(`template[data-badge="${state}"]`).content.cloneNode(true);
  row.querySelector('[data-cell="state"]').replaceChildren(drawn);
  row.dataset.shown = state;
}

function cell(row, name, text) {
  put(row.querySelector(`[data-cell="${name}"]`), text);
}

function tick() {
  const now = clock.now();
  for (const [row, deadline] of deadlines) {
    const left = deadline - now;
    cell(row, "left", left > 0 ? formatLeft(left) : texts.over);
  }
}

function update(row, told) {
  badge(row, told.locked ? "locked" : told.state);
  row.removeAttribute("data-gone");
  const started = row.querySelector('[data-cell="started"]');
  if (told.started_at !== null) put(started, "seconds" in started.dataset ? moment(told.started_at) : moment(told.started_at).slice(0, 16));
  cell(row, "saved", moment(told.last_saved_at));
  cell(row, "answered", `${told.answered} / ${told.count}`);
  cell(row, "claim", String(told.claim));
  cell(row, "added", span(told.added_seconds));
  if (told.deadline !== null) cell(row, "deadline", moment(told.deadline));
  if (told.state === "in-progress") {
    deadlines.set(row, told.deadline);
  } else {
    deadlines.delete(row);
    cell(row, "left", told.state === "paused" ? formatLeft(told.remaining_seconds * 1000) : texts.none);
  }
}

/** What the page shows besides its cells (the record, the forms) is as old as the page: whether the server knows more. */
function isNewer(row, told) {
  const known = row.dataset.known;
  row.dataset.known = JSON.stringify([told.state, told.locked, told.last_saved_at, told.claim, told.added_seconds]);
  return known !== undefined && known !== row.dataset.known;
}

function show(told) {
  const seen = new Set(told.rows.map((one) => one.id));
  let changed = list && told.rows.some((one) => !rows.has(one.id));
  for (const one of told.rows) {
    const row = rows.get(one.id);
    if (!row) continue;
    update(row, one);
    if (!list && isNewer(row, one)) changed = true;
  }
  for (const [id, row] of rows) {
    if (seen.has(id)) continue;
    changed = true;
    row.dataset.gone = "";
    deadlines.delete(row);
    badge(row, "gone");
  }
  for (const [state, count] of Object.entries(told.totals)) put(document.querySelector(`[data-total="${state}"]`), String(count));
  // The page's own record stays out of date until it is loaded again; a list may come to fit again by itself.
  if (changed || list) {
    line.changed.hidden = !changed;
    put(line.changed, list ? texts.listChanged : texts.pageChanged);
  }
  readAt = told.server_time;
  put(line.live, fill(texts.live, { time: formatTime(readAt) }));
  tick();
}

function tellLost(text) {
  if (!lost) put(line.announce, text);
  lost = true;
  put(line.lostText, text);
  line.lost.hidden = false;
  put(line.live, "");
}

function tellBack() {
  if (!lost) return;
  lost = false;
  line.lost.hidden = true;
  put(line.announce, texts.back);
}

async function ask() {
  if (asking || ended) return;
  asking = true;
  clearTimeout(waiting);
  const sentAt = performance.now();
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), headers: { Accept: "application/json" }, cache: "no-store" });
    if (reply.status === 401 || reply.status === 403) {
      ended = true;
      tellLost(texts.signedOut);
    } else if (reply.ok) {
      const told = await reply.json();
      clock.sample(told.server_time, sentAt, performance.now());
      tellBack();
      show(told);
    } else {
      tellLost(fill(texts.lost, { time: formatTime(readAt) }));
    }
  } catch {
    // No line, or nothing within the time allowed: the page says so and asks again.
    if (!document.hidden) tellLost(fill(texts.lost, { time: formatTime(readAt) }));
  }
  asking = false;
  if (!ended && !document.hidden) waiting = setTimeout(ask, EVERY_MS);
}

document.addEventListener("visibilitychange", () => {
  if (ended) return;
  if (document.hidden) {
    clearTimeout(waiting);
    put(line.live, texts.paused);
  } else {
    ask();
  }
});
addEventListener("online", ask);

// Until the first reply the page's own figures tick on, counted from when the server made it.
clock.sample(serverTime, performance.now() - PATIENCE_MS, performance.now() + PATIENCE_MS);
for (const row of rows.values()) {
  row.dataset.shown = "locked" in row.dataset ? "locked" : row.dataset.state;
  if (row.dataset.left !== undefined && row.dataset.state !== "paused") deadlines.set(row, serverTime + Number(row.dataset.left) * 1000);
}
tick();
setInterval(tick, TICK_MS);
if (!document.hidden) ask();
