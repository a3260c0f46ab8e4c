// What whoever watches tells the candidate: one at a time, on top, until they say that they have read it.

import { fill } from "./navigator.js";
import { formatTime } from "./clock.js";

const AGAIN_MS = 3000;

/** `url`: the address of a message being read, with 0 for its number. */
export function createMessages({ dialog, wire, url, texts }) {
  const title = dialog.querySelector("[data-message=title]");
  const text = dialog.querySelector("[data-message=text]");
  const at = dialog.querySelector("[data-message=at]");
  const button = dialog.querySelector("[data-message=read]");
  const read = new Set();
  let waiting = [];
  let shown = null;
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  // The end of the time or a pause closes every dialog; an unread message comes back with the next word of the server.
  dialog.addEventListener("close", () => { shown = null; });

  function next() {
    const message = waiting.find((one) => !read.has(one.id));
    if (!message) { if (dialog.open) dialog.close(); return; }
    if (shown === message.id && dialog.open) return;
    shown = message.id;
    title.textContent = texts.messageTitles[message.kind] ?? texts.messageTitles.message;
    text.textContent = message.text;
    at.textContent = fill(texts.messageAt, { time: formatTime(message.at) });
    if (!dialog.open) dialog.showModal();
    title.focus();
  }

  /** Tell the server until it knows; the candidate goes on at once. */
  async function confirm(id) {
    for (;;) {
      try {
        const reply = await wire.post(url.replace("/0/", `/${id}/`), {});
        if (reply.status === 200 || reply.status === 404) return;
        if (reply.status === 403) await wire.renewToken();
      } catch (error) {
        console.warn("a message's reading was not told", error);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  button.addEventListener("click", () => {
    const id = shown;
    if (id === null) return;
    read.add(id);
    confirm(id);
    dialog.close();
    next();
  });

  return {
    show(messages) {
      waiting = messages;
      if (!document.querySelector("dialog[open]:not(#message-dialog)")) next();
    },
  };
}
