// The check of a camera: its picture as the proctor will see it, what is wrong with it, the test, then the identity.
// The same on the candidate's page and on a phone.

import { CameraError, HEIGHT, WIDTH, codeOf, listCameras, obstacle, openCamera, watchCameras, watchPermission } from "./camera.js";
import { createLadder } from "./check_in_ladder.js";
import { createLine, fill, pause, trouble } from "./check_in_line.js";
import { createShots } from "./check_in_shots.js";

const LOOK_EVERY_MS = 1200;
const BURST = 4;
const BURST_EVERY_MS = 300;
const SMALL = { width: 320, height: 240 };

/** Begin. `data` is the page's; `done()` is called when the server has what it needs. Returns { camera(), line, close() }. */
export function startCheckIn(data, done) {
  const { texts } = data;
  const $ = (id) => document.getElementById(id);
  const line = createLine(data);
  const nothing = $("no-picture");
  let camera = null;
  let cameras = [];
  let chosen = null;
  let size = { width: WIDTH, height: HEIGHT };
  let opening = false;
  let looking = 0;

  const ladder = createLadder({
    line, texts, done, cameras: () => cameras.length,
    act: {
      retry: () => open(),
      resolution: () => { size = SMALL; return open(); },
      device: () => {
        const at = cameras.findIndex((each) => each.id === (chosen ?? camera?.settings.deviceId));
        chosen = cameras.length ? cameras[(at + 1) % cameras.length].id : null;
        return open();
      },
    },
  });
  createShots({ line, texts, camera: () => camera, done });

  async function open({ focus = true } = {}) {
    if (opening) return;
    opening = true;
    shut();
    $("advice").textContent = texts.opening;
    try {
      camera = await openCamera({ deviceId: chosen, facing: "user", ...size, onLost: lost });
    } catch (error) {
      $("advice").textContent = "";
      await list();
      await ladder.fell(codeOf(error), { focus });
      return;
    } finally {
      opening = false;
    }
    ladder.clear();
    camera.video.setAttribute("aria-label", $("view-title").textContent);
    $("view").replaceChildren(camera.video);
    $("open").hidden = true;
    if ($("pass")) $("pass").hidden = false;
    $("using").hidden = !camera.label;
    $("using").textContent = fill(texts.using, { name: camera.label });
    await list();
    look(++looking);
  }

  function shut() {
    looking += 1;
    camera?.stop();
    camera = null;
    $("view").replaceChildren(nothing);
    $("open").hidden = false;
    if ($("pass")) $("pass").hidden = true;
  }

  function lost() {
    shut();
    $("advice").textContent = "";
    ladder.fell("lost", { focus: false });
  }

  async function list() {
    cameras = await listCameras();
    const options = cameras.map((each, n) => new Option(each.label || fill(texts.camera, { n: n + 1 }), each.id));
    $("device").replaceChildren(...options);
    const current = chosen ?? camera?.settings.deviceId;
    if (current) $("device").value = current;
    $("choose").hidden = cameras.length < 2 || data.phone;
    ladder.offer();
  }

  /** Show a picture to the server every second or so, until another camera is opened. */
  async function look(mine) {
    while (mine === looking && camera) {
      const blob = await camera.capture().catch(() => null);
      const answer = blob ? await line.picture("try", blob) : null;
      if (mine !== looking) return;
      if (answer?.status === 200) advise(answer.body);
      else if (answer?.status === 409 || answer?.status === 404) return done();
      else if (answer) $("advice").textContent = trouble(answer, texts);
      await pause(Math.max(LOOK_EVERY_MS, answer?.retryAfter ?? 0));
    }
  }

  function advise({ ok, advice }) {
    const words = advice.map((each) => each.text);
    const shown = ok ? [words.length ? texts.fair : texts.good, ...words] : words;
    const place = $("advice");
    place.dataset.ok = ok;
    if (place.textContent !== shown.join("")) place.replaceChildren(...shown.map(paragraph)); // said once, not every second
  }

  async function pass() {
    if (!camera) return;
    const place = $("advice");
    place.textContent = texts.checking;
    const form = new FormData();
    try {
      for (let n = 0; n < BURST; n += 1) {
        if (n) await pause(BURST_EVERY_MS);
        if (!camera) throw new CameraError("lost");
        form.append("frame", await camera.capture(), `${n}.jpg`);
      }
    } catch (error) {
      await ladder.fell(codeOf(error));
      return;
    }
    const answer = await line.form("camera", form);
    if (answer.status !== 200) {
      place.textContent = trouble(answer, texts);
    } else if (!answer.body.passed) {
      advise(answer.body);
      await ladder.fell("picture");
    } else if (answer.body.step === "identity") {
      toIdentity();
    } else {
      done();
    }
  }

  function toIdentity() {
    ladder.clear();
    $("test").hidden = true;
    $("identity").hidden = false;
    for (const item of document.querySelectorAll("[data-at]")) {
      item.toggleAttribute("aria-current", false);
      if (item.dataset.at === "identity") item.setAttribute("aria-current", "step");
    }
    $("identity-title").focus();
  }

  $("check-in").hidden = false;
  $("open").addEventListener("click", () => open());
  $("pass").addEventListener("click", pass);
  $("device").addEventListener("change", ({ target }) => { chosen = target.value; open(); });
  watchCameras(list);
  const stands = obstacle();
  if (stands) ladder.fell(stands, { focus: false });
  else watchPermission((state) => { if (state === "granted" && !camera) open({ focus: false }); });
  list();
  addEventListener("pagehide", () => camera?.stop());
  return { camera: () => camera, line, shut };
}

function paragraph(text) {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
