// Waiting for a human: asks every few seconds and goes on by itself; asked for again, the page says why.

const EVERY_MS = 3000;
const place = document.getElementById("waiting");

async function ask() {
  const response = await fetch(place.dataset.state, { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } }).catch(() => null);
  const body = response?.ok ? await response.json().catch(() => null) : null;
  if (body && body.step === "done") location.assign(place.dataset.start);
  else if (response && (body ? body.step !== "waiting" : response.status === 401 || response.status === 404)) location.reload();
  else setTimeout(ask, EVERY_MS);
}

setTimeout(ask, EVERY_MS);
