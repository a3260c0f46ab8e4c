// The list of those who wait asks for itself every few seconds; whoever is signed out meanwhile is led to the sign-in.

const EVERY_MS = 4000;
let shown = "";

async function ask() {
  const list = document.getElementById("check-ins");
  const response = await fetch(list.dataset.url, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  if (response && (response.redirected || [401, 403].includes(response.status))) {
    location.reload();
    return;
  }
  const text = response?.ok ? await response.text().catch(() => "") : "";
  list.toggleAttribute("data-lost", !text);
  if (text && text !== shown) replace(list, text);
  shown = text;
  setTimeout(ask, EVERY_MS);
}

/** Put the new list in the old one's place, and the focus back where it was. */
function replace(list, text) {
  const focused = list.contains(document.activeElement) ? document.activeElement.id : "";
  list.replaceWith(new DOMParser().parseFromString(text, "text/html").getElementById("check-ins"));
  if (focused) document.getElementById(focused)?.focus();
}

setTimeout(ask, EVERY_MS);
