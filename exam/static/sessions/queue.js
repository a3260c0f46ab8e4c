// The answers of a sitting as this page knows them: what is saved, what waits to be sent. Pure: no page, clock or network.
//
// A slot's revision rises by one with every change. Only the newest revision of a slot is ever sent, so typing fast costs
// one answer, not many. `base` is the server's revision that a waiting answer grew from; `sent` holds marks of the last
// contents sent and not yet acknowledged, so that an answer whose acknowledgement got lost is known again as our own.

const MOST_ANSWERS = 100;
const MOST_BYTES = 200_000;
const MARKS_KEPT = 8;

/** JSON with sorted keys, so that equal answers are equal texts. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** A short mark of a text (not a secret, only to know our own answers again). */
export function markOf(text) {
  let high = 0xdeadbeef ^ text.length;
  let low = 0x41c6ce57 ^ text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return (low >>> 0).toString(36) + (high >>> 0).toString(36);
}

/**
 * Whether an unsent answer of this browser counts, or what the server has for the slot.
 *
 * The unsent one wins when nobody else wrote since (the server has the revision it grew from, or an answer of our own whose
 * acknowledgement got lost). When another tab or device saved in between, the later one wins, by the server's clock.
 */
export function localWins(local, server) {
  if (!server || server.revision <= local.base) return true;
  if (local.sent.includes(markOf(canonical(server.response)))) return true;
  return local.changedAt > server.at;
}

/** The queue of one sitting. */
export function createQueue() {
  const slots = new Map();

  const entry = (slot) => slots.get(slot);
  const pending = (before = Infinity) => [...slots.values()].filter((one) => one.state === "pending" && Math.floor(one.changedAt) < before);
  const fromServer = (answer) => ({
    slot: answer.slot, revision: answer.revision, response: answer.response ?? null, base: answer.revision, sent: [],
    changedAt: answer.at, at: answer.at, receipt: answer.receipt, state: "saved", code: null,
  });

  /** Start from what the server has and what this browser kept unsent. Returns the slots whose kept answer lost. */
  function merge(answers, kept = []) {
    slots.clear();
    for (const answer of answers) slots.set(answer.slot, fromServer(answer));
    const lost = [];
    for (const local of kept) {
      const server = slots.get(local.slot);
      if (server && canonical(server.response) === canonical(local.response)) continue;
      if (!localWins(local, server)) { lost.push(local.slot); continue; }
      slots.set(local.slot, {
        ...local, revision: Math.max(local.revision, (server?.revision ?? 0) + 1), base: server?.revision ?? 0,
        at: server?.at ?? null, receipt: null, state: "pending", code: null,
      });
    }
    return lost;
  }

  /** A new answer in a slot, at the server's time `now`. Returns the entry, or null when it is what the slot holds. */
  function change(slot, response, now) {
    const before = slots.get(slot);
    if (!before && response === null) return null;
    if (before && canonical(before.response) === canonical(response)) return null;
    const next = {
      slot, response, revision: (before?.revision ?? 0) + 1, base: before?.base ?? 0, sent: before?.sent ?? [], changedAt: now,
      at: before?.at ?? null, receipt: null, state: "pending", code: null,
    };
    slots.set(slot, next);
    return next;
  }

  /** What to send now, oldest change first, within the server's limits; while paused, only what was made `before`. */
  function batch(most = MOST_ANSWERS, mostBytes = MOST_BYTES, before = Infinity) {
    const chosen = [];
    let bytes = 0;
    for (const one of pending(before).sort((a, b) => a.changedAt - b.changedAt)) {
      const text = canonical(one.response);
      const size = 3 * text.length + 60;
      if (chosen.length >= most || (chosen.length && bytes + size > mostBytes)) break;
      const mark = markOf(text);
      if (!one.sent.includes(mark)) one.sent = [...one.sent, mark].slice(-MARKS_KEPT);
      chosen.push({ slot: one.slot, revision: one.revision, response: one.response, made: Math.floor(one.changedAt) });
      bytes += size;
    }
    return chosen;
  }

  function settleOne(reply) {
    const one = slots.get(reply.slot);
    if (!one) return;
    const newest = reply.revision === one.revision;
    if (reply.status === "later") return; // the sitting is paused: it waits here
    if (reply.status === "saved" || reply.status === "duplicate") {
      one.base = Math.max(one.base, reply.revision);
      one.at = Math.max(one.at ?? 0, reply.at ?? 0) || one.at;
      if (newest) Object.assign(one, { state: "saved", receipt: reply.receipt, sent: [], code: null });
    } else if (newest && (reply.code === "revision-conflict" || reply.code === "stale" || reply.status === "stale")) {
      // Somebody holds that number with another content: take the next free one, further each time.
      one.step = (one.step ?? 1) * 2;
      one.revision = Math.max(one.revision, reply.latest ?? 0) + one.step - 1;
    } else if (newest) {
      Object.assign(one, { state: "refused", code: reply.code ?? "refused" });
    }
  }

  return {
    merge, change, batch, pending, entry,
    settle(replies) { replies.forEach(settleOne); },
    all: () => [...slots.values()],
    refused: () => [...slots.values()].filter((one) => one.state === "refused"),
    /** The server's time of the newest saved answer, or null. */
    lastSaved: () => [...slots.values()].reduce((latest, one) => (one.slot && one.at > (latest ?? 0) ? one.at : latest), null),
  };
}
