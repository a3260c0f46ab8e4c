// Keys of the player. Never while somebody types or a dialog is open, never with Ctrl or Alt.

const TYPING = "textarea, select, [contenteditable], input, dialog *";

/** `on` = { toggle, mute, captions, full, step(ms), volume(by) }. */
export function listenToKeys(on) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (document.querySelector("dialog[open]") || target.matches(TYPING)) return;
    const pressing = target.closest("button, a, summary");
    const does = {
      k: on.toggle, " ": pressing ? null : on.toggle, m: on.mute, c: on.captions, f: on.full,
      ArrowLeft: () => on.step(-5000), ArrowRight: () => on.step(5000), ArrowUp: () => on.volume(0.1), ArrowDown: () => on.volume(-0.1),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
}
