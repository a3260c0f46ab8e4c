// A locked sitting opened anew: answers that this browser still keeps are sent, no question is shown, and the paper comes back by
// itself once a supervisor has unlocked it.

import { claimSitting } from "../sessions/claim.js";
import { createClock } from "../sessions/clock.js";
import { isUnderWay } from "../sessions/sync.js";
import { createWire } from "../sessions/wire.js";

const AGAIN_MS = 5000;
const page = document.getElementById("seb-locked").dataset;
const again = () => location.replace(page.view);
const wire = createWire({ csrf: document.querySelector("meta[name=csrf-token]").content, page: page.view });
let session = null;

const on = {
  status(name) { if (["superseded", "signed-out", "ended"].includes(name)) setTimeout(again, AGAIN_MS); },
  sending() {},
  async reply(body) {
    for (const { slot, revision, status } of body.accepted ?? []) {
      if (status === "saved" || status === "duplicate") session.store.remove(slot, revision);
    }
    if (!body.locked || !isUnderWay(body.state)) { session.sync.stop("unlocked"); again(); }
  },
};

async function open() {
  const claimed = await claimSitting({
    wire, urls: { claim: page.claim, sync: page.sync }, sittingId: page.sitting, clock: createClock(), before: null,
    renew: async () => again(), waiting() {}, on, storeFailed() {},
  });
  session = claimed.session;
  if (!session || !claimed.body.locked) { again(); return; }
  session.sync.hurry();
  session.sync.start();
}

open();
