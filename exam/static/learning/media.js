// What is played, behind one face: a film, slides, a package. Positions and lengths in ms.
//
// Each has: start(), play(), pause(), playing(), position(), seek(ms), advanced() (ms really played since it was last asked), limit(ms or
// null: stop there), verified(ms: how far may be gone back and forth), and `on` = { change, stopped(why), seeking, waiting }.

const STEP_MS = 200;

/** A film in a <video>. Its clock is its own; a stall is no playing. */
export function createFilm(video, on) {
  let stop = null;
  let known = 0;
  let last = 0;
  let total = 0;
  let waiting = false;

  function count() {
    const now = video.currentTime * 1000;
    const moved = (now - last) / (video.playbackRate || 1);
    if (moved > 0 && moved < 2000) total += moved;
    if (!video.seeking) known = Math.max(known, now);
    last = now;
  }
  function check() {
    count();
    if (stop !== null && video.currentTime * 1000 >= stop && !video.paused) {
      video.pause();
      on.stopped("limit");
    }
  }
  setInterval(() => { if (!video.paused) check(); }, STEP_MS);
  video.addEventListener("timeupdate", check);
  video.addEventListener("seeking", () => {
    if (video.currentTime * 1000 > known + 1500) video.currentTime = known / 1000;
    last = video.currentTime * 1000;
  });
  for (const name of ["play", "pause", "volumechange", "loadedmetadata"]) video.addEventListener(name, () => on.change());
  video.addEventListener("waiting", () => { waiting = true; on.change(); });
  video.addEventListener("playing", () => { waiting = false; last = video.currentTime * 1000; on.change(); });
  video.addEventListener("ended", () => { count(); on.stopped("end"); });
  video.addEventListener("error", () => on.stopped("error"));
  video.addEventListener("ratechange", () => { if (video.playbackRate > on.fastest) video.playbackRate = on.fastest; });

  return {
    async play() { try { await video.play(); } catch { on.change(); } },
    pause() { video.pause(); },
    playing: () => !video.paused && !video.ended && !waiting,
    stalled: () => !video.paused && waiting,
    position: () => Math.round(video.currentTime * 1000),
    seek(ms) { last = ms; video.currentTime = ms / 1000; },
    advanced() { count(); const whole = Math.floor(total); total -= whole; return whole; },
    limit(ms) { stop = ms; },
    verified(ms) { known = Math.max(known, ms); },
  };
}

/** Slides, or a package: time that passes while it is shown. `marks` are the ends of the slides. */
export function createTimed(length, marks, on) {
  let at = 0;
  let stop = null;
  let known = 0;
  let running = false;
  let since = performance.now();
  let total = 0;
  let page = 0;

  const endOf = (number) => marks[number] ?? length;
  function tick() {
    const now = performance.now();
    const passed = Math.min(now - since, 1000);
    since = now;
    if (!running) return;
    const end = Math.min(endOf(page), stop ?? Infinity, length);
    const moved = Math.max(0, Math.min(passed, end - at));
    at += moved;
    total += moved;
    if (at < end) { on.tick(); return; }
    running = false;
    on.stopped(stop !== null && at >= stop ? "limit" : at >= length ? "end" : "slide");
    on.change();
  }
  setInterval(tick, STEP_MS);

  return {
    play() { since = performance.now(); running = at < Math.min(endOf(page), stop ?? Infinity); on.change(); },
    pause() { tick(); running = false; on.change(); },
    playing: () => running,
    stalled: () => false,
    position: () => Math.round(at),
    seek(ms) {
      at = Math.min(ms, length);
      page = Math.max(0, marks.findIndex((end) => at < end));
      if (marks.length && at >= length) page = marks.length - 1;
      on.change();
    },
    advanced() { tick(); const whole = Math.floor(total); total -= whole; return whole; },
    limit(ms) { stop = ms; },
    verified(ms) { known = Math.max(known, ms); },
    page: () => page,
    /** Whether a slide may be turned to: those before, and the next one once this one's time is over. */
    reachable: (number) => number >= 0 && number < Math.max(1, marks.length) && (number === 0 || marks[number - 1] <= Math.max(known, at) + 50),
    turn(number) { page = number; at = number ? marks[number - 1] : 0; since = performance.now(); on.change(); },
    marks: () => marks.length,
  };
}
