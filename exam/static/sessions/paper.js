// The sitting page: wires the answer queue, the clock, the card and the dialogs together.
//
// Order of a change: controls → queue → encrypted store → (within a second) server → acknowledged → out of the store.

import "../base/math.js";
import { answered, readAnswer, showCounts, writeAnswer } from "./answers.js";
import { createCalculator } from "./calculator.js";
import { claimSitting } from "./claim.js";
import { createClock } from "./clock.js";
import { watchSurroundings } from "./events.js";
import { listenToKeys } from "./keys.js";
import { createNavigator, fill } from "./navigator.js";
import { createPreferences } from "./preferences.js";
import { signInAgain } from "./signin.js";
import { createStatus } from "./status.js";
import { hear, tell } from "./around.js";
import { createLock } from "../seb/lock.js";
import { createMessages } from "./messages.js";
import { createPause } from "./pause.js";
import { isOver, isUnderWay } from "./sync.js";
import { createSubmitDialog, waitForTheEnd } from "./submit.js";
import { createTimer } from "./timer.js";
import { createWire } from "./wire.js";

const byId = (id) => document.getElementById(id);
const page = byId("paper").dataset;
const texts = JSON.parse(byId("paper-texts").textContent);
const urls = { view: page.view, sync: page.sync, claim: page.claim, submit: page.submit, signIn: page.signIn };
const answers = byId("answers");
const wire = createWire({ csrf: document.querySelector("meta[name=csrf-token]").content, page: urls.view });
const clock = createClock();
const announce = (text) => { byId("announcer").textContent = text; };
const status = createStatus({ line: byId("save"), banners: byId("banners"), texts, announce });

let session = null;
let ended = false;
let opening = false;
let leaving = false;

const questions = [...document.querySelectorAll(".question")];
const card = createNavigator({
  questions, card: byId("card"), texts,
  on: { moved: () => preferences.keep(false), flagged: (slot, yes) => { announce(fill(yes ? texts.nowFlagged : texts.nowUnflagged, { n: slot })); preferences.keep(true); } },
});
const preferences = createPreferences({ card, keep: (workspace, urgent) => keep(0, workspace, urgent) });
const timer = createTimer({ clock, texts, announce, warn: (text) => status.banner("time", "warning", text, [texts.understood, (box) => box.remove()]), soon: () => { if (session?.queue.pending().length) session.sync.hurry(); }, over: finish });

const messages = createMessages({ dialog: byId("message-dialog"), wire, url: page.read, texts });
const pause = createPause({
  dialog: byId("pause-dialog"), texts,
  on: {
    stopped(since) { document.documentElement.classList.add("paused"); lock(true); timer.freeze(since); tell("paused"); },
    gone() { document.documentElement.classList.remove("paused"); timer.freeze(null); lock(sebLock.since() !== null); session.sync.hurry(); tell("resumed"); },
  },
});
const sebLock = createLock({
  dialog: byId("seb-lock-dialog"),
  on: {
    stopped() { document.documentElement.classList.add("seb-locked"); lock(true); },
    gone() { document.documentElement.classList.remove("seb-locked"); lock(pause.since() !== null); session.sync.hurry(); },
  },
});

/** Put a response into the queue, the store and on its way. */
function keep(slot, response, urgent = true) {
  if (!session || ended || session.sync.stopped() === "superseded") return;
  const changed = session.queue.change(slot, response, clock.now());
  if (!changed) return;
  session.store.put(changed);
  session.sync.touch(urgent);
}

function changedIn(question) {
  const slot = Number(question.dataset.slot);
  const response = readAnswer(question);
  showCounts(question);
  card.set(slot, { answered: answered(response), refused: false });
  status.unbanner(`refused-${slot}`);
  keep(slot, response);
  question.querySelector("[data-clear]").textContent = texts.clear;
}

answers.addEventListener("input", (event) => {
  const question = event.target.closest(".question");
  if (question) changedIn(question);
});
answers.addEventListener("submit", (event) => event.preventDefault());

// Clearing can be taken back: the button gives the answer back until something else is answered.
const cleared = new WeakMap();
answers.addEventListener("click", (event) => {
  const button = event.target.closest("[data-clear]");
  if (!button) return;
  const question = button.closest(".question");
  const before = readAnswer(question);
  const back = before === null ? cleared.get(question) ?? null : null;
  if (before === null && back === null) { announce(texts.nothingToClear); return; }
  cleared.set(question, before);
  writeAnswer(question, back);
  changedIn(question);
  button.textContent = back === null ? texts.unclear : texts.clear;
  announce(back === null ? texts.cleared : texts.uncleared);
});

function fillPaper() {
  for (const [slot, question] of card.slots) {
    const response = session.queue.entry(slot)?.response ?? null;
    writeAnswer(question, response);
    card.set(slot, { answered: answered(response), refused: false });
  }
  preferences.restore(session.queue.entry(0)?.response);
}

function showStatus(name, detail = {}) {
  if (!session) return;
  const waiting = session.queue.pending().filter((one) => one.slot).length;
  // The workspace alone (flags, the current question) is no answer that could be lost.
  const shown = !waiting && (name === "waiting" || name === "saving") ? "saved" : name;
  status.show(shown, { ...detail, waiting, at: session.queue.lastSaved(), durable: session.store.durable });
  submitDialog.refresh();
}

function showRefused() {
  for (const one of session.queue.refused()) {
    card.set(one.slot, { refused: true });
    status.banner(`refused-${one.slot}`, "error", fill(texts.refusedAnswer, { n: one.slot }), [texts.goThere, (box) => { box.remove(); card.go(one.slot); }]);
  }
}

const exchange = {
  status(name, detail) {
    tell("status", { name });
    if (name === "superseded") superseded();
    else if (name === "signed-out") reSignIn().then(() => session.sync.resume());
    else if (name === "ended") leave(detail);
    else showStatus(name, detail);
  },
  sending(sent) { for (const { slot } of sent) session.store.put(session.queue.entry(slot)); },
  async reply(body, reply) {
    clock.sample(body.server_time, reply.sentAt, reply.receivedAt);
    timer.setDeadline(body.deadline);
    pause.show(body.paused, body.pause_reason, body.deadline);
    sebLock.show(body.locked);
    messages.show(body.messages ?? []);
    for (const notice of body.notices ?? []) showNotice(notice);
    tell("reply");
    for (const { slot, revision, status: result } of body.accepted ?? []) {
      if (result === "saved" || result === "duplicate") session.store.remove(slot, revision);
    }
    showRefused();
    if (body.state && !isUnderWay(body.state)) leave(body);
  },
};

function showNotice({ id, kind, text }) {
  if (preferences.seen(id)) return;
  status.banner(`notice-${id}`, kind === "warning" || kind === "error" ? kind : "info", text, [texts.understood, (box) => {
    preferences.markSeen(id);
    box.remove();
  }]);
}

function lock(yes) {
  answers.disabled = yes;
  for (const id of ["go-flag", "go-review", "submit-open"]) byId(id).disabled = yes;
}

let signingIn = null;
let again = null;
function reSignIn() {
  const unsaved = session?.queue.pending().some((one) => one.slot) ?? false;
  status.show(unsaved ? "signedOut" : "signedOutSaved");
  // The end of the time closes every dialog; asked again, this one comes back on top.
  if (signingIn && !byId("sign-in-dialog").open) byId("sign-in-dialog").showModal();
  signingIn ??= signInAgain({ dialog: byId("sign-in-dialog"), wire, url: urls.signIn, texts, token: again })
    .then((signedIn) => { again = signedIn.token ?? again; })
    .finally(() => { signingIn = null; });
  return signingIn;
}

function superseded() {
  lock(true);
  status.show("superseded");
  status.banner("superseded", "error", texts.supersededLoud, [texts.takeBack, (box) => { box.remove(); open(session); }]);
}

/** The server says that the sitting is over: nothing to write any more. */
function leave(body = {}) {
  if (leaving) return;
  leaving = ended = true;
  lock(true);
  session?.sync.stop("ended");
  tell("ended");
  const wiped = session && isOver(body) ? session.store.wipe() : Promise.resolve();
  wiped.finally(() => location.replace(body.next ?? urls.view));
}

/** The time is up: nothing is taken any more, what is left is sent, and the server says how it stands. */
async function finish() {
  if (ended || !session) return;
  ended = true;
  lock(true);
  session.sync.stop("ended");
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  const dialog = byId("end-dialog");
  const say = (text) => { dialog.querySelector("[data-end]").textContent = text; };
  say(texts.endSending);
  dialog.showModal();
  const accept = (reply) => { session.queue.settle(reply.body.accepted); exchange.reply(reply.body, reply); };
  const { over, body } = await waitForTheEnd({ wire, url: urls.sync, queue: session.queue, claim: session.claim, clock, renew: reSignIn, accept, say, texts });
  if (over && isOver(body)) { leave(body); return; }
  ended = false;
  dialog.close();
  if (over) { session.sync.stop("superseded"); superseded(); return; }
  lock(false);
  timer.start();
  session.sync.resume();
}
byId("end-dialog").addEventListener("cancel", (event) => event.preventDefault());

async function open(before = null) {
  if (opening) return;
  opening = true;
  before?.sync.stop("replaced");
  lock(true);
  status.show("opening");
  const claimed = await claimSitting({
    wire, urls, sittingId: page.sitting, clock, before, renew: reSignIn, on: exchange,
    waiting: (failures) => { status.show("openingAgain"); if (failures > 2) status.banner("opening", "error", texts.openingLoud); },
    storeFailed: () => status.banner("store", "warning", texts.notDurable),
  });
  opening = false;
  status.unbanner("opening");
  if (!claimed.session) { leave(claimed.body); return; }
  session = claimed.session;
  again = claimed.body.again ?? again;
  if (!session.store.durable) status.banner("store", "warning", texts.notDurable, [texts.understood, (box) => box.remove()]);
  if (session.lost.some(Boolean)) status.banner("lost", "warning", fill(texts.otherDeviceWon, { list: session.lost.filter(Boolean).join(texts.comma) }), [texts.understood, (box) => box.remove()]);
  fillPaper();
  lock(false);
  timer.setDeadline(claimed.body.deadline);
  timer.start();
  pause.show(claimed.body.paused, claimed.body.pause_reason, claimed.body.deadline);
  sebLock.show(claimed.body.locked);
  messages.show(claimed.body.messages ?? []);
  session.events.add(before ? "taken-back" : performance.getEntriesByType("navigation")[0]?.type === "reload" ? "reload" : "opened");
  showStatus(session.queue.pending().length ? "waiting" : "saved");
  for (const notice of claimed.body.notices ?? []) showNotice(notice);
  if (session.queue.pending().length) session.sync.hurry();
  session.sync.start();
  tell("opened", { sitting: page.sitting, claim: session.claim });
}

const submitDialog = createSubmitDialog({
  dialog: byId("submit-dialog"), openers: [byId("submit-open"), byId("go-review")], wire, url: urls.submit, texts,
  session: () => session, counts: card.counts, go: card.go, done: leave,
  lost: (reply) => { if (["paused", "seb-locked"].includes(reply.body.error)) session.sync.hurry(); else if (reply.status === 409) superseded(); else reSignIn(); },
});
const helpDialog = byId("help-dialog");
byId("help-open").addEventListener("click", () => helpDialog.showModal());
helpDialog.querySelector("[data-close]").addEventListener("click", () => helpDialog.close());
if (byId("calculator")) createCalculator({ panel: byId("calculator"), opener: byId("calculator-open"), texts });
listenToKeys({
  move: (step) => card.go(card.current() + step), flag: () => { if (!answers.disabled) card.flag(); },
  help: () => helpDialog.showModal(), question: card.question, enabled: preferences.keysEnabled,
});

hear({ add: (kind, detail) => session?.events.add(kind, detail), hurry: () => session?.sync.hurry() });
watchSurroundings((kind, detail) => session?.events.add(kind, detail), () => session?.sync.hurry());
addEventListener("online", () => session?.sync.hurry());
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") session?.sync.lastWords(); else session?.sync.hurry(); });
addEventListener("pagehide", () => session?.sync.lastWords());
addEventListener("pageshow", (event) => { if (event.persisted && !leaving) open(session); });
addEventListener("beforeunload", (event) => { if (!leaving && session?.queue.pending().some((one) => one.slot)) event.preventDefault(); });

// Pictures of later questions are fetched once the page is quiet, so that a lost line doesn't hide them.
addEventListener("load", () => setTimeout(() => { for (const picture of document.querySelectorAll("img[loading=lazy]")) picture.loading = "eager"; }, 1500));

document.documentElement.classList.add("paper-ready");
card.go(1, { focus: false });
open();
