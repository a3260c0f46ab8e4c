// While a proctor has not answered yet: ask every few seconds, and go on as soon as they have.

const SECONDS = 4;
const place = document.getElementById("waiting");

async function look() {
  try {
    const answer = await fetch(place.dataset.state, { headers: { accept: "application/json" } });
    if (answer.ok && (await answer.json()).step !== "wait") {
      location.assign(place.dataset.next);
      return;
    }
  } catch {
    // The line is down: ask again later.
  }
  setTimeout(look, SECONDS * 1000);
}

if (place) setTimeout(look, SECONDS * 1000);
