// The player: what is played, reported, asked. The server decides what counts; this page only says how things are.

import { createFilm, createTimed } from "./media.js";
import { createPackage } from "./package.js";
import { createQuiz } from "./quiz.js";
import { createReports } from "./reports.js";
import { createSound } from "./sound.js";
import { listenToKeys } from "./keys.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const data = read("player-data");
const texts = read("player-texts");
const csrf = document.querySelector("meta[name=csrf-token]").content;
const byId = (id) => document.getElementById(id);
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const clock = (ms) => {
  const seconds = Math.floor(ms / 1000);
  const rest = `${Math.floor(seconds / 60) % 60}:${String(seconds % 60).padStart(2, "0")}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${rest.padStart(5, "0")}` : rest;
};

const status = byId("status");
let opened = false;
let began = false;
let quizNow = null;
let offline = false;
let resume = false;
let verified = 0;
let lastInput = performance.now();
let idling = false;
let over = false;
let why = "";
let finishedHere = false;

const visible = () => document.visibilityState === "visible";
const focused = () => document.hasFocus();
const here = () => visible() && focused();
const idle = () => Math.round(performance.now() - lastInput);

async function ask(path, body, base = data.urls.quiz) {
  const response = await fetch(base + path, {
    method: body === undefined ? "GET" : "POST", credentials: "same-origin", cache: "no-store", redirect: "error",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, Accept: "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}

function show(state, text) {
  if (status.dataset.state === state && status.dataset.text === text) return;
  status.dataset.state = state;
  status.dataset.text = text;
  status.querySelector("[data-status-text]").textContent = text;
}

function tell() {
  const playing = media.playing();
  byId("toggle").dataset.playing = String(playing);
  byId("toggle").querySelector("[data-toggle-text]").textContent = playing ? texts.pause : texts.play;
  byId("time").textContent = clock(media.position());
  const seek = byId("seek");
  if (document.activeElement !== seek || playing) seek.value = String(media.position());
  seek.setAttribute("aria-valuetext", clock(media.position()));
  if (over) return;
  if (!opened) show("opening", texts.opening);
  else if (quiz.open()) show("off", texts.quiz);
  else if (why === "other-course" || why === "other-tab") show("bad", texts[why]);
  else if (offline) show("bad", texts.offline);
  else if (!here()) show("off", texts.away);
  else if (idling) show("off", texts.idle);
  else if (media.stalled()) show("off", texts.waiting);
  else if (playing) show("on", texts.counting);
  else if (atSlideEnd && pack && !packDone) show("off", texts.packageWaits);
  else if (finishedHere) show("on", data.next ? texts.chapterDone : texts.learned);
  else if (atSlideEnd) show("off", data.kind === "package" ? texts.packageWaits : texts.slideEnd);
  else show("off", texts.paused);
}

let atSlideEnd = false;
let stoppedByItself = false;
let stale = false;
let packDone = false;
const pageId = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
const on = {
  fastest: data.fastest,
  change() { tell(); if (data.kind === "slides") turned(); report(); },
  tick: tell,
  stopped(reason) {
    stoppedByItself = reason === "end" || reason === "limit";
    if (reason === "slide" || (reason === "end" && data.kind !== "video")) atSlideEnd = true;
    if (reason === "error") show("bad", texts.failed);
    tell();
    report();
  },
};
const marks = data.slides.reduce((ends, ms) => [...ends, (ends.at(-1) ?? 0) + ms], []);
const media = data.kind === "video" ? createFilm(byId("film"), on) : createTimed(data.length, marks, on);

let lastState = "";
function report() {
  const state = `${media.playing()}${here()}`;
  if (!opened || state === lastState) return;
  lastState = state;
  reports.now();
}

const reports = createReports({
  url: data.urls.beat,
  csrf,
  look: () => ({
    played: media.advanced(), chapter: data.chapter, position: media.position(), idle: Math.max(0, idle()),
    playing: media.playing() && !quiz.open(), visible: visible(), focused: focused(),
  }),
  on: {
    answer,
    offline() { offline = true; tell(); },
    online(gap) { offline = false; quiz.back(gap); tell(); },
    // A page in the background does not take the course over from another one.
    reopen() { if (here()) open(); else stale = true; },
    over: leave,
    signedOut() { over = true; media.pause(); show("bad", texts.signedOut); },
  },
});

const quiz = createQuiz({
  texts, say, ask, courseUrl: data.urls.course,
  on: {
    shown() { reports.asked(true); tell(); },
    passed() { reports.asked(false); quizNow = null; media.limit(null); if (media.position() >= data.length - 1000) reports.now(); else begin(); tell(); },
    failed() { reports.stop(); over = true; },
  },
});

function leave() {
  over = true;
  media.pause();
  location.assign(data.urls.course);
}

function answer(told) {
  why = told.why;
  if (told.others && !["other-tab", "quiz"].includes(why)) why = "other-course";
  byId("passed").textContent = told.passed;
  byId("points").value = told.passed;
  byId("counted").textContent = clock(told.counted);
  if (told.chapter === data.chapter) { verified = told.verified; media.verified(verified); }
  for (const entry of document.querySelectorAll("[data-chapter]")) mark(entry, told.whole);
  byId("take-over").hidden = why !== "other-tab";
  if (told.seek && !quiz.open()) goTo(told.seek);
  media.limit(told.stop_at);
  if (told.quiz) { media.pause(); quizNow = told.quiz; quiz.show(told.quiz); }
  finishedHere = told.whole.includes(data.chapter) && media.position() >= data.length - 1500;
  if (told.exercise) { location.assign(data.urls.exercise); return; }
  if (told.learned) { // the server writes it down within seconds; with an exercise to do it says when that is ready
    show("on", texts.learned);
    over = true;
    setTimeout(() => (data.exercise ? reports.now() : location.assign(data.urls.course)), 2500);
    return;
  }
  if (data.kind === "package") byId("finish-lesson").hidden = packDone || !atSlideEnd;
  if (finishedHere && data.next) byId("next-chapter").hidden = false;
  tell();
}

function mark(entry, whole) {
  const before = entry.previousElementSibling;
  const open = !before || whole.includes(Number(before.dataset.chapter));
  entry.querySelector("a").hidden = !open;
  entry.querySelector("span").hidden = open;
  entry.dataset.whole = String(whole.includes(Number(entry.dataset.chapter)));
}

function goTo([chapter, ms]) {
  if (chapter !== data.chapter) { location.assign(`${data.urls.play}?chapter=${chapter}`); return; }
  media.verified(ms);
  media.seek(ms);
  show("bad", texts.back);
  if (stoppedByItself) begin(); // it had come to an end before the server had: the rest is played once more
}

async function open() {
  try {
    const { status: code, body } = await ask("", { at: Math.round(performance.now()), page: pageId }, data.urls.open);
    if (code === 410 || code === 409) { location.reload(); return; }
    if (code === 401 || code === 403) { over = true; show("bad", texts.signedOut); return; }
    if (code !== 200) throw new Error(String(code));
    reports.open(body.player);
    verified = body.verified_all[data.chapter] ?? 0;
    media.verified(verified);
    if (!opened) media.seek(verified >= data.length ? 0 : body.chapter === data.chapter ? Math.min(body.position, verified) : verified);
    opened = true;
    lastState = "";
    byId("cover").querySelector("[data-start-text]").textContent = verified ? texts.resume : texts.start;
    answer(body);
    if (quiz.open()) quiz.back(Infinity); // the server was gone: it says how much time there is now
    tell();
  } catch {
    show("bad", texts.failed);
    setTimeout(open, 5000);
  }
}

function begin() {
  if (!opened || quiz.open() || over) return;
  began = true;
  stoppedByItself = false;
  byId("cover").hidden = true;
  pack?.start();
  media.play();
}

function toggle() {
  input();
  if (media.playing()) { media.pause(); resume = false; } else begin();
}

// Leaving the page stops at once; coming back goes on by itself, if it was playing.
function attention() {
  if (here() && stale) { stale = false; open(); }
  if (!here() && media.playing()) { resume = true; media.pause(); } else if (here() && resume && began && !idling) { resume = false; begin(); }
  tell();
  report();
}
document.addEventListener("visibilitychange", attention);
addEventListener("blur", () => setTimeout(attention, 50));
addEventListener("focus", attention);
addEventListener("pagehide", () => reports.close());

function input() { lastInput = performance.now(); }
for (const name of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(name, input, { passive: true });
setInterval(() => {
  if (idle() < data.idle || idling || !media.playing()) return;
  idling = true;
  media.pause();
  byId("idle").showModal();
  byId("idle-on").focus();
}, 1000);
byId("idle").addEventListener("close", () => { idling = false; input(); begin(); });
byId("idle-on").addEventListener("click", () => byId("idle").close());

byId("start").addEventListener("click", begin);
byId("toggle").addEventListener("click", toggle);
byId("seek").addEventListener("input", (event) => {
  const wanted = Math.min(Number(event.target.value), verified);
  if (Number(event.target.value) > verified + 1000) show("bad", texts.back);
  media.seek(wanted);
});
byId("full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : byId("player").requestFullscreen?.()));
byId("take-over").addEventListener("click", open);
byId("finish-lesson")?.addEventListener("click", async () => { await pack.finish(); reports.now(); });
byId("next-chapter").addEventListener("click", () => location.assign(`${data.urls.play}?chapter=${data.next}`));

const sound = createSound({ film: byId("film"), byId, fastest: data.fastest, toggle });

// Slides: the one shown, and the buttons that turn them.
const slides = [...document.querySelectorAll("#slides > li")];
function turned() {
  for (const [number, slide] of slides.entries()) slide.hidden = number !== media.page();
  byId("slide-back").disabled = media.page() === 0;
  byId("slide-next").disabled = !media.reachable(media.page() + 1);
}
function turn(step) {
  if (!slides.length || !media.reachable(media.page() + step)) return;
  atSlideEnd = false;
  media.turn(media.page() + step);
  begin();
}
byId("slide-back")?.addEventListener("click", () => turn(-1));
byId("slide-next")?.addEventListener("click", () => turn(1));
if (slides.length) setInterval(turned, 500);

const pack = data.kind !== "package" ? null : createPackage({
  root: byId("package"), chapter: data.chapter, launches: read("package-data") ?? [], texts,
  send: (body) => ask("", body, data.urls.package),
  on: { input, completed() { packDone = true; byId("finish-lesson").hidden = true; reports.now(); } },
});

listenToKeys({
  toggle, mute: sound.mute, captions: sound.captions, full: () => byId("full").click(),
  step(ms) { if (slides.length) turn(ms < 0 ? -1 : 1); else if (data.kind === "video") media.seek(Math.max(0, Math.min(verified, media.position() + ms))); },
  volume: sound.volume,
});
setInterval(tell, 500);
if (slides.length) turned();
open();
