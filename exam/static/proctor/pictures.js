// The pictures of the wall: fetched only where they can be seen, a few at a time, those in front more often.

const FRONT_MS = 3000;
const REST_MS = 10_000;
const AT_ONCE = 4;
const TICK_MS = 500;

/** `address`: of a picture, with 0 for the sitting and the number; `important(element)`: whether a tile stands in front. */
export function createPictures({ address, important }) {
  const seen = new Set();
  const loaded = new WeakMap();
  let loading = 0;
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) seen.add(entry.target); else seen.delete(entry.target);
    }
  });

  function load(element, frame) {
    if (!element.querySelector(".tile-picture img")) return;
    const url = `${address.replace("/sittings/0/", `/sittings/${element.dataset.tile}/`).replace(/\/0$/, `/${frame}`)}?size=small`;
    const fresh = new Image(320, 240);
    fresh.alt = "";
    loaded.set(element, { frame, at: performance.now() });
    loading += 1;
    const settle = () => { loading -= 1; };
    // The old picture stands until the new one is whole.
    fresh.onload = () => { settle(); element.querySelector(".tile-picture img")?.replaceWith(fresh); };
    fresh.onerror = settle;
    fresh.src = url;
  }

  function next() {
    if (document.hidden) return;
    const now = performance.now();
    const due = [...seen].filter((element) => {
      if (!element.isConnected || element.dataset.frame === undefined) return false;
      const known = loaded.get(element);
      return !known || (known.frame !== element.dataset.frame && now - known.at >= (important(element) ? FRONT_MS : REST_MS));
    });
    due.sort((a, b) => Number(important(b)) - Number(important(a)) || (loaded.get(a)?.at ?? 0) - (loaded.get(b)?.at ?? 0));
    for (const element of due.slice(0, Math.max(0, AT_ONCE - loading))) load(element, element.dataset.frame);
  }

  setInterval(next, TICK_MS);
  return { watch: (element) => observer.observe(element) };
}
