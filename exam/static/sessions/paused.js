// A paused sitting opened anew: ask every few seconds whether it goes on, without a reload that would lose a reader's place.

const AGAIN_MS = 5000;

async function ask() {
  try {
    const response = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
    const text = await response.text();
    if (response.redirected || !new DOMParser().parseFromString(text, "text/html").querySelector('script[src*="sessions/paused.js"]')) {
      location.reload();
      return;
    }
  } catch (error) {
    console.warn("asking again failed", error);
  }
  setTimeout(ask, AGAIN_MS);
}

setTimeout(ask, AGAIN_MS);
