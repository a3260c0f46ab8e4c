// A film's sound, captions and speed. The browser remembers nothing of them; a film begins at a quiet volume.

const QUIET = 0.8;

/** The controls of `film` (null for a chapter without one, whose controls do nothing): mute, captions, volume. */
export function createSound({ film, byId, fastest, toggle }) {
  function mute() {
    if (!film) return;
    film.muted = !film.muted;
    byId("mute").setAttribute("aria-pressed", String(film.muted));
  }

  function captions() {
    if (!film) return;
    const tracks = [...film.textTracks];
    const showing = tracks.some((track) => track.mode === "showing");
    const wanted = tracks.find((track) => track.language === document.documentElement.lang.slice(0, 2)) ?? tracks[0];
    for (const track of tracks) track.mode = !showing && track === wanted ? "showing" : "disabled";
    byId("captions")?.setAttribute("aria-pressed", String(!showing));
  }

  function volume(by) {
    if (!film) return;
    film.volume = Math.max(0, Math.min(1, film.volume + by));
    byId("volume").value = String(Math.round(film.volume * 100));
  }

  if (film) {
    film.volume = QUIET;
    byId("mute").addEventListener("click", mute);
    byId("volume").addEventListener("input", (event) => { film.volume = Number(event.target.value) / 100; });
    byId("captions")?.addEventListener("click", captions);
    byId("speed")?.addEventListener("change", (event) => { film.playbackRate = Math.min(fastest, Number(event.target.value)); });
    film.addEventListener("click", toggle);
    film.addEventListener("contextmenu", (event) => event.preventDefault());
    if ([...film.textTracks].some((track) => track.mode === "showing") || film.querySelector("track[default]")) {
      byId("captions")?.setAttribute("aria-pressed", "true");
    }
  }
  return { mute, captions, volume };
}
