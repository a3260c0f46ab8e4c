// The wall, live: what the server streams is written into the tiles that are there. Tiles change their places at most every few
// seconds, and never while one has the focus, the pointer or an open menu, so that nobody loses whom they are looking at.

import { createClock, formatLeft, formatTime } from "../sessions/clock.js";
import { createDeeds } from "./deeds.js";
import { createPictures } from "./pictures.js";
import { createTile, updateTile } from "./tile.js";

const SORT_MS = 4000;
const TICK_MS = 1000;
const AGAIN_MS = 5000;

const data = JSON.parse(document.getElementById("wall-data").textContent);
const { texts, act, few, bands } = data;
const byData = (name) => document.querySelector(`[data-${name}]`);
const at = { first: byData("first"), rest: byData("rest"), counts: byData("counts"), none: byData("none"), nothing: byData("nothing"), pending: byData("pending"), pendingText: byData("pending-text") };
const line = { live: byData("live"), announce: byData("announce"), lost: byData("lost"), lostText: byData("lost-text") };
const tiles = new Map(data.tiles.map((tile) => [tile.id, tile]));
const shown = new Map([...document.querySelectorAll("[data-tile]")].map((element) => [Number(element.dataset.tile), element]));
const clock = createClock();
const pictures = createPictures({ address: data.addresses.picture, important: (element) => element.parentElement === at.first });
const deeds = createDeeds({ dialog: document.getElementById("deed-dialog"), failed: texts.failed, closed: () => {} });
let readAt = data.now;
let lost = false;
let source = null;
let told = new Set();

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function fits(tile) {
  const { line: wanted, kind, undecided } = data.filter;
  if (wanted && tile.line !== wanted) return false;
  if (kind && !tile.signals.some((signal) => signal.kind === kind)) return false;
  return !undecided || tile.signals.length > 0;
}

/** The order of the whole wall: worst first, then by number, so that equals never change places. */
function order() {
  return [...tiles.values()].filter(fits).sort((a, b) => a.rank - b.rank || a.id - b.id);
}

function element(tile) {
  let found = shown.get(tile.id);
  if (!found) {
    found = createTile(tile, data);
    shown.set(tile.id, found);
    pictures.watch(found);
  }
  return found;
}

/** Put the elements of a list into an order, moving only those that are out of place. */
function place(list, elements) {
  elements.forEach((each, index) => {
    if (list.children[index] !== each) list.insertBefore(each, list.children[index] ?? null);
  });
  while (list.children.length > elements.length) list.lastElementChild.remove();
}

function held() {
  if (deeds.busy()) return true;
  const walls = [at.first, at.rest];
  return walls.some((wall) => wall.contains(document.activeElement) || wall.querySelector(".tile:hover, details[open]"));
}

function arrange(asked = false) {
  const all = order();
  const first = all.filter((tile) => tile.rank < act).slice(0, few);
  if (!asked && held()) {
    tellPending(first);
    return;
  }
  at.pending.hidden = true;
  const rest = all.filter((tile) => !first.includes(tile));
  place(at.first, first.map(element));
  place(at.rest, rest.map(element));
  for (const id of [...shown.keys()]) if (!tiles.has(id)) shown.delete(id);
  const count = { act: 0, look: 0, quiet: 0 };
  for (const tile of rest) count[bands[tile.rank]] += 1;
  const parts = [];
  if (count.act) parts.push(fill(texts.more, { n: count.act }));
  if (count.look) parts.push(fill(texts.hints, { n: count.look }));
  parts.push(fill(texts.quiet, { n: count.quiet }));
  put(at.counts, parts.join(document.documentElement.lang === "en" ? ", " : "，"));
  at.none.hidden = first.length > 0;
  at.nothing.hidden = all.length > 0;
  speak(first);
}

/** While the tiles hold still, who would come to the front is said beside a button that lets them. */
function tellPending(first) {
  const waiting = first.filter((tile) => shown.get(tile.id)?.parentElement !== at.first);
  at.pending.hidden = waiting.length === 0;
  if (waiting.length) put(at.pendingText, waiting.map((tile) => fill(texts.urgent, { name: tile.name, what: texts.why[tile.rank] })).join(" "));
}

/** Only what newly asks for somebody is spoken, and only its name and reason. */
function speak(first) {
  const names = first.filter((tile) => !told.has(`${tile.id} ${tile.rank}`));
  told = new Set(first.map((tile) => `${tile.id} ${tile.rank}`));
  if (names.length && readAt !== data.now) put(line.announce, names.map((tile) => fill(texts.urgent, { name: tile.name, what: texts.why[tile.rank] })).join(" "));
}

function tick() {
  const now = clock.now();
  for (const [id, each] of shown) {
    const tile = tiles.get(id);
    if (!tile || tile.deadline === null) continue;
    const left = tile.deadline - (tile.paused ?? now);
    const text = left > 0 ? formatLeft(left) : texts.over;
    put(each.querySelector('[data-cell="left"]'), tile.paused === null ? text : `${texts.paused} ${text}`);
  }
}

function take(reply, whole) {
  const sentAt = performance.now();
  clock.sample(reply.now, sentAt, sentAt);
  readAt = reply.now;
  if (whole) for (const id of [...tiles.keys()]) if (!reply.tiles.some((tile) => tile.id === id)) tiles.delete(id);
  for (const id of reply.gone ?? []) tiles.delete(id);
  for (const change of reply.tiles) {
    const tile = { ...tiles.get(change.id), ...change };
    tiles.set(tile.id, tile);
    const there = shown.get(tile.id);
    if (there) updateTile(there, tile, data);
  }
  heard();
}

function heard() {
  if (lost) {
    lost = false;
    line.lost.hidden = true;
    put(line.announce, texts.back);
  }
  put(line.live, fill(texts.live, { time: formatTime(readAt) }));
}

function tellLost(text) {
  if (!lost) put(line.announce, text);
  lost = true;
  put(line.lostText, text);
  line.lost.hidden = false;
  put(line.live, "");
}

function listen() {
  source?.close();
  source = new EventSource(data.stream);
  const sentAt = performance.now();
  source.addEventListener("wall", (event) => { const reply = JSON.parse(event.data); clock.sample(reply.now, sentAt, performance.now()); take(reply, true); arrange(); });
  source.addEventListener("change", (event) => take(JSON.parse(event.data), false));
  source.addEventListener("signed-out", () => { source.close(); source = null; tellLost(texts.signedOut); });
  source.addEventListener("open", heard);
  source.addEventListener("error", () => {
    tellLost(fill(texts.lost, { time: formatTime(readAt) }));
    if (source?.readyState === EventSource.CLOSED) refused();
  });
}

/** The browser gives up when the answer is no stream: find out whether we are signed out, else try again. */
async function refused() {
  source = null;
  try {
    const reply = await fetch(data.stream, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (reply.status === 401 || reply.status === 403) { tellLost(texts.signedOut); return; }
  } catch {
    // No line: asked again below.
  }
  setTimeout(listen, AGAIN_MS);
}

clock.sample(data.now, performance.now() - 1000, performance.now() + 1000);
for (const each of shown.values()) pictures.watch(each);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { source?.close(); source = null; } else if (!source) listen();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.tile-menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.tile-menu[open]")) return;
  for (const other of document.querySelectorAll("details.tile-menu[open]")) if (other !== event.target) other.open = false;
}, true);
tick();
setInterval(tick, TICK_MS);
setInterval(() => arrange(), SORT_MS);
at.pending.querySelector("button").addEventListener("click", () => { arrange(true); document.getElementById("wall-first-title").focus(); });
if (!document.hidden) listen();
