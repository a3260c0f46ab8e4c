// A package in its frame: each launch in a frame of its own without an origin; what it reports goes to the server.

/** `send(body)` posts JSON and resolves to { status, body }; `on` = { input(), completed() }. */
export function createPackage({ root, chapter, launches, texts, send, on }) {
  let frame = null;
  let current = null;
  const waiting = [];
  let busy = false;

  function within(source) {
    for (let each = source, depth = 0; each && depth < 8; each = each.parent, depth += 1) {
      if (frame && each === frame.contentWindow) return true;
      if (each === each.parent) return false;
    }
    return false;
  }

  async function flush() {
    if (busy) return;
    busy = true;
    while (waiting.length) {
      try {
        const answer = await send(waiting[0]);
        if (answer.status >= 500) throw new Error(String(answer.status));
        waiting.shift();
        if (answer.body?.completed) on.completed();
      } catch { await new Promise((resolve) => setTimeout(resolve, 3000)); }
    }
    busy = false;
  }

  addEventListener("message", (event) => {
    if (!within(event.source) || typeof event.data !== "object" || !event.data) return;
    if (event.data.kind === "scorm-input") on.input();
    if (event.data.kind !== "scorm") return;
    const { launch, page, number, changes, finished } = event.data;
    waiting.push({ chapter, launch: String(launch), page: String(page), number: Number(number) || 0, changes, finished: finished === true });
    flush();
  });

  async function open(number) {
    const launch = launches[number];
    if (frame) { // leaving is when content saves: give it the time
      frame.src = "about:blank";
      await new Promise((resolve) => setTimeout(resolve, 300));
      frame.remove();
    }
    await send({ chapter, begin: launch.identifier }).then((answer) => { if (answer.body?.completed) on.completed(); }).catch(() => {});
    frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-forms");
    frame.setAttribute("allow", "unload");
    frame.title = launch.title || root.dataset.title;
    frame.src = launch.url;
    root.append(frame);
    current = number;
    for (const [place, button] of [...root.querySelectorAll("nav button")].entries()) button.setAttribute("aria-pressed", String(place === current));
  }

  if (launches.length > 1) {
    const nav = document.createElement("nav");
    nav.setAttribute("aria-label", texts.open);
    for (const [place, launch] of launches.entries()) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "secondary compact", textContent: launch.title || String(place + 1) });
      button.addEventListener("click", () => open(place));
      nav.append(button);
    }
    root.append(nav);
  }
  return {
    start: () => (current === null ? open(0) : undefined),
    /** Close the lesson, so that content which only reports when it is left does so. It can be opened again. */
    async finish() {
      if (!frame) return;
      frame.src = "about:blank";
      await new Promise((resolve) => setTimeout(resolve, 500));
      await flush();
      frame.remove();
      frame = null;
      await open(current);
    },
  };
}
