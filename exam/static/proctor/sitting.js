// One sitting: the strip of pictures by keys, following the newest while nobody has chosen one; the forms in a dialog.

import { formatTime } from "../sessions/clock.js";
import { createDeeds } from "./deeds.js";

const FOLLOW_MS = 4000;

const { frames: framesUrl, picture, faces, texts } = JSON.parse(document.getElementById("sitting-data").textContent);
const dialog = document.getElementById("deed-dialog");
createDeeds({ dialog, failed: texts.failed, closed: (done) => { if (done) location.replace(location.pathname); } });

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const strip = document.querySelector("[data-strip]");
if (strip) startStrip();

function startStrip() {
  const large = strip.querySelector("[data-large]");
  const caption = strip.querySelector("[data-caption]");
  const list = strip.querySelector("[data-thumbs]");
  let chosen = Number(strip.dataset.chosen);
  let following = "follow" in strip.dataset;
  let shown = [...list.querySelectorAll("[data-frame]")].map((link) => Number(link.dataset.frame));

  /** Have the chosen picture in sight within the strip; the page itself stays where it is. */
  function reveal() {
    const link = list.querySelector("[aria-current]");
    if (link) list.scrollLeft = link.offsetLeft - (list.clientWidth - link.offsetWidth) / 2;
  }

  const address = (number) => picture.replace(/\/0$/, `/${number}`);

  function thumb(frame) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `?frame=${frame.number}#strip-title`;
    link.dataset.frame = String(frame.number);
    if (frame.shown) {
      const image = document.createElement("img");
      Object.assign(image, { alt: "", width: 320, height: 240, src: `${address(frame.number)}?size=small` });
      link.append(image);
    } else {
      const gone = document.createElement("span");
      gone.className = "tile-blank";
      gone.textContent = texts.gone;
      link.append(gone);
    }
    const time = document.createElement("span");
    time.textContent = formatTime(frame.at);
    const seen = document.createElement("span");
    seen.className = "visually-hidden";
    seen.textContent = faces[frame.faces] ?? "";
    link.append(time, seen);
    item.append(link);
    return item;
  }

  function show(reply, number) {
    if (!reply.frames.length) return;
    const frame = reply.frames.find((each) => each.number === number) ?? reply.frames.at(-1);
    const focused = list.contains(document.activeElement);
    chosen = frame.number;
    if (reply.frames.map((each) => each.number).join() !== shown.join()) {
      list.replaceChildren(...reply.frames.map(thumb));
      shown = reply.frames.map((each) => each.number);
    }
    for (const link of list.querySelectorAll("[data-frame]")) {
      if (Number(link.dataset.frame) === chosen) { link.setAttribute("aria-current", "true"); if (focused) link.focus({ preventScroll: true }); } else link.removeAttribute("aria-current");
    }
    reveal();
    if (frame.shown) large.src = address(chosen); else large.removeAttribute("src");
    const words = [fill(texts.caption, { n: chosen, time: formatTime(frame.at), faces: faces[frame.faces] ?? "" })];
    if (frame.thinned) words.push(texts.thinned);
    caption.textContent = words.join(" · ");
  }

  async function load(around, number) {
    const query = around === null ? "" : `?around=${around}`;
    const reply = await fetch(framesUrl + query, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (reply.ok) show(await reply.json(), number);
  }

  /** Choose the frame so many places further; at the ends of the strip its neighbours are fetched. */
  function go(to) {
    following = false;
    const number = Math.max(0, to);
    load(number, number).catch(() => { caption.textContent = texts.failed; });
  }

  function step(by) {
    const place = shown.indexOf(chosen) + by;
    go(shown[place] ?? chosen + by);
  }

  reveal();
  strip.addEventListener("click", (event) => {
    const link = event.target.closest("[data-frame], [data-step]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.dataset.step) step(Number(link.dataset.step)); else go(Number(link.dataset.frame));
  });
  strip.addEventListener("keydown", (event) => {
    const keys = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => go(shown[0]), End: () => go(shown.at(-1)) };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  setInterval(() => {
    if (following && !document.hidden && !dialog.open && !strip.contains(document.activeElement)) load(null, null).catch(() => {});
  }, FOLLOW_MS);
}
