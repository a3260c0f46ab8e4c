// SCORM 1.2's script interface for content in a sandboxed frame: the first script of every page of a package.
//
// Content wants answers at once, so everything happens on a copy of the data model (`window.__cmi`, from the server); changes go
// to the player by messages: {kind: "scorm", launch, page, number, changes: [[name, value], …], finished} and, for activity,
// {kind: "scorm-input", launch}. The server judges each change again, by the same table (`courseware/packages/cmi_elements.py`).
//
// A sandboxed frame has an origin of its own, and so has each frame within it: none can look into another. So every page has its
// own API, found before any parent's, and the pages of a package tell each other of changes by messages. Limits: what one frame
// sets, another knows a moment later; and content that calls functions of its parent frame (framesets, "driver" pages around the
// lesson) does not work in a sandbox. A plain script, not a module: it must have run before the content's.
(function () {
  "use strict";

  const given = window.__cmi || {};
  const launch = String(given.launch ?? "");
  const real = { top: window.top, parent: window.parent };
  // A window that content opened is its own top; the player is where its opener lives.
  const player = real.top === window && window.opener ? window.opener.top : real.top;
  const isRoot = real.parent === real.top;
  const CARRIED = "scorm-carried:";
  const POST_MS = 10000;
  const INPUT_MS = 5000;
  const MAX_ITEMS = 250;
  const ERRORS = {
    0: "No error", 101: "General exception", 201: "Invalid argument error", 202: "Element cannot have children",
    203: "Element not an array. Cannot have count", 301: "Not initialized", 401: "Not implemented error",
    402: "Invalid set value, element is a keyword", 403: "Element is read only", 404: "Element is write only",
    405: "Incorrect data type",
  };

  // What an element that content may write takes. The names are those of cmi_elements.py, a test compares them.
  const text = (most) => (value) => value.length <= most && !value.includes("\0");
  const words = (...list) => (value) => list.includes(value);
  const matches = (pattern) => (value) => pattern.test(value);
  const decimal = (value) => /^-?[0-9]{0,3}(\.[0-9]{0,20})?$/.test(value) && /[0-9]/.test(value);
  const score = (value) => value === "" || (decimal(value) && Number(value) >= 0 && Number(value) <= 100);
  const between = (least, most) => (value) => /^-?[0-9]{1,3}$/.test(value) && Number(value) >= least && Number(value) <= most;
  const identifier = (value) => value.length > 0 && value.length <= 255 && !/[\s\0-\x1f\x7f]/.test(value);
  const span = matches(/^[0-9]{2,4}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,2})?$/);
  const statuses = ["passed", "completed", "failed", "incomplete", "browsed"];
  const types = ["true-false", "choice", "fill-in", "matching", "performance", "sequencing", "likert", "numeric"];
  const result = (value) => ["correct", "wrong", "unanticipated", "neutral"].includes(value) || decimal(value);
  const TABLE = Object.fromEntries([
    [words(...statuses), "cmi.core.lesson_status"],
    [words(...statuses, "not attempted"), "cmi.objectives.n.status"],
    [words("time-out", "suspend", "logout", ""), "cmi.core.exit"],
    [words(...types), "cmi.interactions.n.type"],
    [result, "cmi.interactions.n.result"],
    [text(255), "cmi.student_preference.language"],
    [text(1000), "cmi.core.lesson_location"],
    [text(4096), "cmi.comments cmi.interactions.n.correct_responses.n.pattern cmi.interactions.n.student_response"],
    [text(65536), "cmi.suspend_data"],
    [score, "cmi.core.score.raw cmi.core.score.min cmi.core.score.max"],
    [score, "cmi.objectives.n.score.raw cmi.objectives.n.score.min cmi.objectives.n.score.max"],
    [identifier, "cmi.objectives.n.id cmi.interactions.n.id cmi.interactions.n.objectives.n.id"],
    [between(-1, 100), "cmi.student_preference.audio"],
    [between(-100, 100), "cmi.student_preference.speed"],
    [between(-1, 1), "cmi.student_preference.text"],
    [matches(/^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,2})?$/), "cmi.interactions.n.time"],
    [decimal, "cmi.interactions.n.weighting"],
    [span, "cmi.core.session_time cmi.interactions.n.latency"],
  ].flatMap(([takes, names]) => names.split(" ").map((name) => [name, takes])));
  const NOT_OFFERED = /^cmi\.(evaluation|paths|student_demographics)\./; // optional groups that only AICC has
  const readonly = new Set(given.readonly ?? []);
  const writeonly = new Set(given.writeonly ?? []);
  const known = new Set([...Object.keys(TABLE), ...readonly, ...writeonly]);

  const values = new Map(Object.entries(given.values ?? {}));
  let started = false;
  let ended = false;
  let lastError = 0;
  let number = 0;
  let changes = new Map();
  const page = Math.random().toString(36).slice(2);

  // A lesson of several pages in one frame: what one page set, the next one reads, though the server may not have it yet. The
  // frame's name outlives its page. Frames within frames have names of their own, which links need.
  function carry() {
    if (!isRoot || (window.name !== "" && !window.name.startsWith(CARRIED))) return;
    window.name = CARRIED + JSON.stringify({ launch, started, values: [...values] });
  }

  // Soon, not at once: content sets hundreds of elements in a row. When the page goes it is too late: the next has the old name.
  let waiting = 0;
  function carrySoon() {
    waiting ||= setTimeout(() => { waiting = 0; carry(); }, 0);
  }

  function takeOver() {
    if (!isRoot || !window.name.startsWith(CARRIED)) return;
    try {
      const carried = JSON.parse(window.name.slice(CARRIED.length));
      if (carried.launch !== launch) return;
      for (const [name, value] of carried.values) if (!readonly.has(patternOf(name))) values.set(name, value);
      started = carried.started;
    } catch {
      window.name = "";
    }
  }

  const tell = (message) => { try { player.postMessage(message, "*"); } catch { /* the player is gone, with it the session */ } };

  function post(finished) {
    if (changes.size === 0 && !finished) return;
    number += 1;
    tell({ kind: "scorm", launch, page, number, changes: [...changes], finished });
    changes = new Map();
    if (finished) carry();
  }

  // Every frame of the package below (and with) `frame`, but not this one.
  function others(frame, found = []) {
    if (frame !== window) found.push(frame);
    for (let at = 0; at < frame.length && found.length < 50; at += 1) others(frame[at], found);
    return found;
  }

  function toOthers(message) {
    let root = window;
    for (let up = real.parent; up !== real.top && up !== root; up = up.parent) root = up;
    for (const frame of others(root)) {
      try { frame.postMessage(message, "*"); } catch { /* a frame that has just gone */ }
    }
  }

  function share(list) {
    carrySoon();
    toOthers({ kind: "scorm-share", launch, started, changes: list });
  }

  function length(group) {
    let most = Number(values.get(`${group}._count`) ?? 0) || 0;
    const start = `${group}.`;
    for (const name of values.keys()) {
      if (name.startsWith(start)) most = Math.max(most, (Number.parseInt(name.slice(start.length), 10) + 1) || 0);
    }
    return most;
  }

  // The lists that a name goes through, each with the place in it.
  function places(name) {
    const parts = name.split(".");
    return parts.flatMap((part, at) => (/^[0-9]{1,4}$/.test(part) ? [[parts.slice(0, at).join("."), Number(part)]] : []));
  }

  const patternOf = (name) => name.split(".").map((part) => (/^[0-9]{1,4}$/.test(part) ? "n" : part)).join(".");
  const isKnown = (pattern, name) => known.has(pattern) && !name.split(".").includes("n");

  function unknown(name) {
    if (NOT_OFFERED.test(name)) return 401;
    const of = name.replace(/\._(children|count)$/, "");
    if (of === name) return 201;
    const pattern = patternOf(of);
    if (![...known].some((other) => other === pattern || other.startsWith(`${pattern}.`))) return 201;
    return name.endsWith("_children") ? 202 : 203;
  }

  function problemOfGet(name) {
    const pattern = patternOf(name);
    if (!isKnown(pattern, name)) return unknown(name);
    if (writeonly.has(pattern)) return 404;
    return places(name).every(([group, place]) => place < length(group)) ? 0 : 201;
  }

  function problemOfSet(name, value) {
    const pattern = patternOf(name);
    if (!isKnown(pattern, name)) return unknown(name);
    if (/\._[a-z]+$/.test(name)) return 402;
    if (readonly.has(pattern)) return 403;
    if (!places(name).every(([group, place]) => place <= length(group) && place < MAX_ITEMS)) return 201;
    return TABLE[pattern](value) ? 0 : 405;
  }

  function read(name) {
    if (name.endsWith(".score._children")) return "raw,min,max";
    if (name.endsWith("._count")) return String(length(name.slice(0, -"._count".length)));
    return values.get(name) ?? (name.endsWith(".status") ? "not attempted" : "");
  }

  function answer(error, said) {
    lastError = error;
    return said;
  }

  const isNothing = (argument) => [undefined, null, "", "null"].includes(argument);

  function doing(argument, whileStarted, act) {
    if (!isNothing(argument)) return answer(201, "false");
    if (started !== whileStarted) return answer(started ? 101 : 301, "false");
    act();
    return answer(0, "true");
  }

  const API = {
    LMSInitialize: (argument) => doing(argument, false, () => { started = true; ended = false; share([]); }),
    LMSFinish: (argument) => doing(argument, true, () => { started = false; ended = true; post(true); share([]); }),
    LMSCommit: (argument) => doing(argument, true, () => post(false)),
    LMSGetValue(element) {
      if (!started) return answer(301, "");
      const name = String(element ?? "");
      const problem = problemOfGet(name);
      return problem ? answer(problem, "") : answer(0, read(name));
    },
    LMSSetValue(element, wanted) {
      if (!started) return answer(301, "false");
      const name = String(element ?? "");
      let value = String(wanted ?? "");
      // Comments grow: each one is added to those before.
      if (name === "cmi.comments") value = (values.get(name) ?? "") + value;
      const problem = problemOfSet(name, value);
      if (problem) return answer(problem, "false");
      values.set(name, value);
      changes.set(name, value); // the place of the first change is kept: lists must grow in order
      share([[name, value]]);
      return answer(0, "true");
    },
    LMSGetLastError: () => String(lastError),
    LMSGetErrorString: (code) => ERRORS[code] ?? "",
    LMSGetDiagnostic: (code) => ERRORS[isNothing(code) ? lastError : code] ?? "",
  };

  function hear(event) {
    const message = event.data;
    if (!message || message.launch !== launch || !["scorm-ask", "scorm-share"].includes(message.kind)) return;
    // Messages between pages are no business of the content's own listeners.
    event.stopImmediatePropagation();
    if (message.kind === "scorm-ask") {
      if (started) event.source?.postMessage({ kind: "scorm-share", launch, started, changes: [...values] }, "*");
      return;
    }
    if (!Array.isArray(message.changes)) return;
    for (const [name, value] of message.changes) values.set(String(name), String(value));
    if (!ended || message.started) started = Boolean(message.started);
    carrySoon();
  }

  // Storage of every kind throws in an origin of one's own; what lives as long as the page keeps content from crashing.
  function memory() {
    const held = new Map();
    const setItem = (key, value) => { held.set(String(key), String(value)); };
    const removeItem = (key) => { held.delete(String(key)); };
    const getItem = (key) => held.get(String(key)) ?? null;
    const methods = { getItem, setItem, removeItem, clear: () => held.clear(), key: (at) => [...held.keys()][at] ?? null };
    return new Proxy({}, {
      get: (_, key) => (key === "length" ? held.size : methods[key] ?? held.get(String(key))),
      set: (_, key, value) => { setItem(key, value); return true; },
      has: (_, key) => held.has(String(key)),
      deleteProperty: (_, key) => { removeItem(key); return true; },
      ownKeys: () => [...held.keys()],
      getOwnPropertyDescriptor: (_, key) => (
        held.has(key) ? { value: held.get(key), writable: true, enumerable: true, configurable: true } : undefined),
    });
  }

  function replaceStorage(name) {
    try { if (window[name]) return; } catch { /* as expected */ }
    try { Object.defineProperty(window, name, { value: memory(), configurable: true }); } catch { /* stays as it is */ }
  }

  function replaceCookies() {
    try { void document.cookie; return; } catch { /* as expected */ }
    const jar = new Map();
    const set = (line) => {
      const [pair, ...attributes] = String(line).split(";");
      const at = pair.indexOf("=");
      const [name, value] = [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()];
      const gone = attributes.map((attribute) => attribute.split("=")).some(([key, when = ""]) => (
        /max-age/i.test(key) ? Number(when) <= 0 : /expires/i.test(key) && Date.parse(when) <= Date.now()));
      if (gone) jar.delete(name); else jar.set(name, value);
    };
    const get = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    try { Object.defineProperty(document, "cookie", { get, set, configurable: true }); } catch { /* stays as it is */ }
  }

  let lastInput = -Infinity;
  function input(event) {
    if (event.timeStamp - lastInput < INPUT_MS || !event.isTrusted) return;
    lastInput = event.timeStamp;
    tell({ kind: "scorm-input", launch });
  }

  ["localStorage", "sessionStorage"].forEach(replaceStorage);
  replaceCookies();
  takeOver();
  let theirs = null;
  try { theirs = isRoot || real.parent === window ? null : real.parent.API; } catch { /* another origin: the rule */ }
  window.API = theirs ?? API;
  // Content that looks for the interface in its parent only would meet the player, which no content can look into.
  if (isRoot && real.parent !== window) {
    try { window.parent = window; } catch { /* then it looks in vain */ }
  }
  window.addEventListener("message", hear, true);
  if (!isRoot) toOthers({ kind: "scorm-ask", launch });
  window.addEventListener("pagehide", () => post(false), true);
  setInterval(() => post(false), POST_MS);
  for (const kind of ["keydown", "pointermove", "click", "scroll"]) {
    document.addEventListener(kind, input, { capture: true, passive: true });
  }
})();
