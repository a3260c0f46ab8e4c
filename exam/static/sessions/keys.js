// Keys of the paper: 1-9 or A-H choose, arrows move, F flags, ? opens help. Never while somebody types, never with Ctrl or Alt.

const TYPING = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit])";

/** The option that a key means within the question, or null. F is always the flag; option F is chosen with 6. */
export function optionFor(question, key, focused) {
  const group = focused?.closest?.("fieldset.options") ?? question.querySelector("fieldset.options");
  if (!group || !question.contains(group)) return null;
  const inputs = [...group.querySelectorAll("input[data-letter]")];
  if (/^[1-9]$/.test(key)) return inputs[Number(key) - 1] ?? null;
  if (/^[a-eg-j]$/i.test(key)) return inputs.find((input) => input.dataset.letter === key.toUpperCase()) ?? null;
  return null;
}

/** `on`: { move(step), flag(), help(), question(), enabled() }. */
export function listenToKeys(on) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("dialog[open]") || target.matches(TYPING) || !on.enabled()) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      on.move(event.key === "ArrowLeft" ? -1 : 1);
    } else if (event.key.toLowerCase() === "f") {
      event.preventDefault();
      on.flag();
    } else if (event.key === "?" || event.key === "？") {
      event.preventDefault();
      on.help();
    } else {
      const input = optionFor(on.question(), event.key, target);
      if (!input || input.disabled) return;
      event.preventDefault();
      input.focus();
      input.click();
    }
  });
}
