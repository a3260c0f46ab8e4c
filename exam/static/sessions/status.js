// What the page says about saving, in words and always in sight; loud only when a candidate has to know.

import { formatTime } from "./clock.js";
import { fill } from "./navigator.js";

const LOUD_AFTER = 3;

/** `line`: the element in the header; `banners`: where loud messages stand; `announce(text)`: says it politely once. */
export function createStatus({ line, banners, texts, announce }) {
  const words = line.querySelector("[data-save-text]");
  let shown = null;
  let loud = false;

  function say(state, text) {
    if (shown !== state) line.dataset.state = state;
    shown = state;
    if (words.textContent !== text) words.textContent = text;
  }

  /** Show a message under `name` (one of each at a time). `button`: [text, handler]. */
  function banner(name, kind, text, button = null) {
    const old = banners.querySelector(`[data-banner="${name}"]`);
    if (old && old.dataset.text === text) return old;
    old?.remove();
    const box = document.getElementById("banner-frame").content.firstElementChild.cloneNode(true);
    box.dataset.banner = name;
    box.dataset.text = text;
    box.classList.add(kind);
    box.querySelector("p").textContent = text;
    // The time left is spoken by the announcer already.
    if (name !== "time") box.setAttribute("role", kind === "error" ? "alert" : "status");
    const control = box.querySelector("button");
    if (button) {
      control.textContent = button[0];
      control.addEventListener("click", () => button[1](box));
    } else {
      control.remove();
    }
    banners.append(box);
    return box;
  }

  const unbanner = (name) => banners.querySelector(`[data-banner="${name}"]`)?.remove();

  function recovered(at) {
    if (!loud) return;
    loud = false;
    unbanner("retry");
    announce(at ? fill(texts.savedAt, { time: formatTime(at) }) : texts.nothingYet);
  }

  return {
    banner, unbanner,
    /** `waiting` answers are not saved; `at` is the server's time of the last saved answer or null. */
    show(state, { failures = 0, waiting = 0, at = null, durable = true } = {}) {
      if (state === "saved") {
        say("saved", at ? fill(texts.savedAt, { time: formatTime(at) }) : texts.nothingYet);
        recovered(at);
      } else if (state === "retrying") {
        say("retrying", waiting ? texts.retrying : texts.lineLost);
        if (failures >= LOUD_AFTER) {
          loud = true;
          const kept = durable ? texts.keptHere : texts.keptInPage;
          banner("retry", waiting ? "error" : "warning", waiting ? `${fill(texts.notSavedLoud, { n: waiting })}${kept}` : texts.lineLostLoud);
        }
      } else {
        say(state, texts[state]);
      }
    },
  };
}
