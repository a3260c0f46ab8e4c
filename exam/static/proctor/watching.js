// The camera of a watched sitting, on the paper's page: always seen to be on, gentle about bad pictures, never in an answer's way.
//
// It hears of the sitting as "sitting" and reports through the sitting's own exchange (`sessions/around.js`).

import { listCameras, openCamera } from "./camera.js";
import { createFrames, createPost } from "./frames.js";
import { watchWatched } from "./surroundings.js";

const place = document.getElementById("camera");
const texts = place.dataset;
const part = (name) => place.querySelector(`[data-${name}]`);
document.getElementById("banners").before(place); // above the question, in the page's flow: it covers nothing
const report = (kind, detail = {}) => document.dispatchEvent(new CustomEvent("sitting-report", { detail: { kind, detail } }));
const hurry = () => document.dispatchEvent(new CustomEvent("sitting-hurry"));
const asking = (open) => document.dispatchEvent(new CustomEvent("sitting-asking", { detail: { open } }));
const PATIENCE_MS = 1500; // a camera that is gone is tried once more by itself after this
const BAD_IN_A_ROW = 2; // pictures with the same trouble before anybody is told
const AGAIN_MS = 5000;
const POLL_MS = 3000;
const BELIEVED_MS = 2200; // other processes of the server believe a little longer that the phone is the camera

let csrf = document.querySelector("meta[name=csrf-token]").content;
let camera = null;
let frames = null;
let timer = null;
let device;
let calm = true;
let resting = false;
let lost = false;
let over = false;
let elsewhere = false; // the phone is the camera
let polling = null;
let watched = false;
let trouble = { code: null, times: 0 };

function show(state, words = "") {
  place.hidden = false;
  place.dataset.state = state;
  part("word").textContent = texts[state];
  part("said").textContent = words;
  part("ladder").hidden = state !== "lost" && state !== "without";
  part("back").hidden = state !== "phone";
  if (part("ladder").hidden) part("join").hidden = true;
}

/** One trouble seen twice in a row is told; it goes as soon as a picture is good. */
function advise(advice = []) {
  const first = advice.find(({ code }) => code !== "no-model") ?? null;
  trouble = first && first.code === trouble.code ? { code: first.code, times: trouble.times + 1 } : { code: first?.code ?? null, times: 1 };
  if (place.dataset.state !== "on") return;
  const words = first && trouble.times >= BAD_IN_A_ROW ? first.text : "";
  if ((!first || words) && part("said").textContent !== words) part("said").textContent = words;
}

async function shoot() {
  clearTimeout(timer);
  if (!camera || over) return;
  if (!resting) {
    const blob = await camera.capture().catch(() => null);
    if (blob && camera) frames.add(blob);
  }
  timer = setTimeout(shoot, frames.seconds() * 1000);
}

function shut() {
  clearTimeout(timer);
  camera?.stop();
  camera = null;
  part("view").replaceChildren();
}

async function turnOn(deviceId) {
  asking(true); // the browser may ask: losing the focus to its question is nobody's doing
  try {
    camera = await openCamera({ deviceId, onLost: gone });
  } finally {
    setTimeout(() => asking(false), 500);
  }
  if (elsewhere || over) { shut(); return; } // meanwhile a phone took over, or the exam ended
  device = deviceId;
  camera.video.setAttribute("aria-hidden", "true");
  part("view").replaceChildren(camera.video);
  if (lost) { report("camera-back"); hurry(); }
  lost = false;
  show("on");
  shoot();
}

function gone(code) {
  shut();
  if (over || elsewhere) return;
  if (!lost) { report("camera-lost", { code: String(code).slice(0, 20) }); hurry(); }
  lost = true;
  setTimeout(() => turnOn(device).catch(fell), PATIENCE_MS);
}

/** The camera can't be had: plain words, and what can be done. */
async function fell(error) {
  if (over || elsewhere) return;
  if (!lost) { report("camera-lost", { code: error?.code ?? "unknown" }); hurry(); }
  lost = true;
  show("lost", texts[`why${error?.code ?? ""}`] ?? texts.why);
  const others = (await listCameras()).filter(({ id }) => id);
  const list = part("devices");
  list.replaceChildren(...others.map(({ id, label }, at) => new Option(label || `${texts.camera} ${at + 1}`, id)));
  part("other").hidden = others.length < 2;
}

async function tryAgain(deviceId) {
  for (const button of part("ladder").querySelectorAll("button")) button.disabled = true;
  part("said").textContent = texts.trying;
  await turnOn(deviceId).catch(fell);
  for (const button of part("ladder").querySelectorAll("button")) button.disabled = false;
}

part("again").addEventListener("click", () => tryAgain(device));
part("use").addEventListener("click", () => tryAgain(part("devices").value));
part("go-on").addEventListener("click", () => {
  report("camera-without");
  hurry();
  show("without", texts.without2);
});
async function ask(what) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrf };
  const answer = await fetch(`${texts.checkIn}/${what}`, { method: "POST", credentials: "same-origin", headers, body: "{}" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** A phone in the middle of the exam: its link as a QR code, until its first picture has come. */
part("call-phone").addEventListener("click", async () => {
  const told = await ask("phone").catch(() => null);
  if (!told) { part("said").textContent = texts.notNow; return; }
  part("qr").src = told.qr;
  part("join").hidden = false;
  clearInterval(polling);
  polling = setInterval(async () => {
    if (part("join").hidden) { clearInterval(polling); return; }
    if ((await standing().catch(() => null))?.source === "phone") toPhone();
  }, POLL_MS);
});

/** The phone is the camera now; what it does not need any more is let go. */
function toPhone() {
  clearInterval(polling);
  frames?.stop();
  shut();
  elsewhere = true;
  if (lost) { report("camera-back"); hurry(); }
  lost = false;
  show("phone");
}

part("here").addEventListener("click", async () => {
  part("here").disabled = true;
  part("said").textContent = texts.trying;
  const moved = await ask("here").catch(() => null);
  if (moved) await new Promise((resolve) => setTimeout(resolve, BELIEVED_MS));
  part("here").disabled = false;
  if (!moved) { part("said").textContent = texts.notNow; return; }
  elsewhere = begun = false;
  begin();
});

part("fold").addEventListener("click", () => {
  const folded = place.toggleAttribute("data-folded");
  part("fold").setAttribute("aria-expanded", String(!folded));
});
if (innerWidth < 700) part("fold").click();

async function standing() {
  const answer = await fetch(texts.url, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const told = await answer.json();
  csrf = told.csrf ?? csrf;
  return told;
}

let begun = false;
async function begin() {
  if (begun || over) return;
  begun = true;
  let told;
  try {
    told = await standing();
  } catch {
    begun = false;
    setTimeout(begin, AGAIN_MS);
    return;
  }
  if (told.level === "none") return;
  if (!watched) watchWatched((kind, detail) => { report(kind, detail); hurry(); });
  watched = true;
  if (told.camera && told.source === "phone") { toPhone(); return; }
  if (!told.camera) { if (told.route === "human" && told.level !== "focus") show("human"); return; }
  frames = createFrames({
    asked: told.interval, next: told.next, post: createPost(texts.frames, () => csrf), calm: () => calm,
    on: {
      taken: (body) => advise(body.advice),
      slower: (seconds) => report("camera-rate", { seconds }),
      over: (code) => { if (code === "camera-elsewhere") toPhone(); else if (code === "camera-consent-missing" || code === "camera-not-asked") end("human"); else end(null); },
      token: () => standing().catch(() => null),
    },
  });
  show("starting");
  turnOn().catch(fell);
}

function end(state) {
  over = true;
  frames?.stop();
  shut();
  if (state) show(state); else place.hidden = true;
}

const HEARD = {
  opened: begin,
  status: ({ name }) => {
    calm = name === "saved";
    if (name === "superseded") { shut(); show("elsewhere"); }
  },
  paused: () => { resting = true; },
  resumed: () => { resting = false; frames?.hurry(); },
  reply: () => { if (frames?.waiting()) frames.hurry(); },
  "camera-withdrawn": () => end("human"),
  ended: () => end(null),
};
document.addEventListener("sitting", ({ detail }) => HEARD[detail.kind]?.(detail));
addEventListener("online", () => frames?.hurry());
addEventListener("pagehide", () => { clearTimeout(timer); });
