// The one way in which a page uses a camera: opens it, takes pictures small enough to send, says in a word what is wrong, and
// tells when it is gone. It knows nothing of sittings and sends nothing.

export const WIDTH = 640;
export const HEIGHT = 480;
const QUALITY = 0.72; // about 30 kB for a face in a room at 640 by 480
const LOST_AFTER_MUTE_MS = 3000; // a camera that only gets its breath back (another program asked for it) is not lost
const OPEN_TIMEOUT_MS = 20_000; // some drivers never answer; whoever reads the browser's question stops this clock

/** Why a camera can't be used. `code`: denied, missing, busy, unsuitable, insecure, unsupported or unknown. */
export class CameraError extends Error {
  constructor(code, cause) {
    super(`camera: ${code}${cause ? ` (${cause.name ?? cause})` : ""}`);
    this.name = "CameraError";
    this.code = code;
  }
}

const CODES = {
  NotAllowedError: "denied", PermissionDeniedError: "denied", SecurityError: "denied",
  NotFoundError: "missing", DevicesNotFoundError: "missing",
  NotReadableError: "busy", TrackStartError: "busy", AbortError: "busy", TimeoutError: "busy",
  OverconstrainedError: "unsuitable", ConstraintNotSatisfiedError: "unsuitable",
};

/** The code of what `getUserMedia` failed with. */
export function codeOf(error) {
  return error instanceof CameraError ? error.code : CODES[error?.name] ?? "unknown";
}

/** Whether this browser and this address allow cameras at all: null, "insecure" or "unsupported". */
export function obstacle() {
  if (!window.isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia ? null : "unsupported";
}

/** The cameras there are: [{ id, label }]. Names are empty until the permission was given once. */
export async function listCameras() {
  if (obstacle()) return [];
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter((each) => each.kind === "videoinput").map((each) => ({ id: each.deviceId, label: each.label }));
}

/** Call `changed(state)` with "granted", "denied" or "prompt", now and whenever it changes; nothing where browsers don't tell. */
export async function watchPermission(changed) {
  const status = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (!status) return () => {};
  const tell = () => changed(status.state);
  status.addEventListener("change", tell);
  tell();
  return () => status.removeEventListener("change", tell);
}

/** Call `changed()` when a camera is plugged in or taken out. Returns how to stop that. */
export function watchCameras(changed) {
  const devices = navigator.mediaDevices;
  if (!devices?.addEventListener) return () => {};
  devices.addEventListener("devicechange", changed);
  return () => devices.removeEventListener("devicechange", changed);
}

/**
 * Open a camera. `deviceId`: one of `listCameras`; else `facing` ("user", "environment") or whichever the browser gives.
 * Resolves to { stream, video, label, settings, stop(), capture(quality, { width, height }) }; `video` plays, muted, and
 * may be put into the page. `onLost(code)` is called once when the camera ends or stays mute. Rejects with CameraError.
 */
export async function openCamera({ deviceId, facing, width = WIDTH, height = HEIGHT, onLost = () => {} } = {}) {
  const stands = obstacle();
  if (stands) throw new CameraError(stands);
  const wanted = { width: { ideal: width }, height: { ideal: height } };
  if (deviceId) wanted.deviceId = { exact: deviceId };
  else if (facing) wanted.facingMode = { ideal: facing };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false }).catch((error) => {
    throw new CameraError(codeOf(error), error);
  });
  const track = stream.getVideoTracks()[0];
  if (!track) throw new CameraError("missing");
  const video = await playing(stream).catch((error) => {
    stream.getTracks().forEach((each) => each.stop());
    throw new CameraError(codeOf(error), error);
  });
  const forget = watchTrack(track, onLost);

  return {
    stream, video, label: track.label, settings: track.getSettings?.() ?? {},
    stop() {
      forget();
      stream.getTracks().forEach((each) => each.stop());
      video.srcObject = null;
    },
    capture: (quality = QUALITY, most = {}) => capture(video, quality, most),
  };
}

/** A <video> element that shows the stream and has its first picture. */
async function playing(stream) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true; // telephones would open their own player
  video.autoplay = true;
  video.srcObject = stream;
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DOMException("no picture came", "TimeoutError")), OPEN_TIMEOUT_MS);
    video.addEventListener("loadeddata", () => { clearTimeout(timer); resolve(); }, { once: true });
    video.addEventListener("error", () => { clearTimeout(timer); reject(video.error); }, { once: true });
  });
  await video.play().catch(() => {}); // a page in the background may not play; its pictures come all the same
  return video;
}

function watchTrack(track, onLost) {
  let timer = null;
  let told = false;
  const lost = (code) => { if (!told) { told = true; onLost(code); } };
  const ended = () => lost("ended");
  const mute = () => { timer ??= setTimeout(() => lost("mute"), LOST_AFTER_MUTE_MS); };
  const unmute = () => { clearTimeout(timer); timer = null; };
  const heard = { ended, mute, unmute };
  for (const [name, listener] of Object.entries(heard)) track.addEventListener(name, listener);
  return () => {
    unmute();
    for (const [name, listener] of Object.entries(heard)) track.removeEventListener(name, listener);
  };
}

/** One picture as a JPEG blob, at most 640 by 480 (480 by 640 standing) unless said otherwise, in the camera's own proportions. */
async function capture(video, quality, { width = WIDTH, height = HEIGHT }) {
  const [wide, high] = [video.videoWidth, video.videoHeight];
  if (!wide || !high) throw new CameraError("busy");
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  const scale = Math.min(1, long / Math.max(wide, high), short / Math.min(wide, high));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  if (!blob) throw new CameraError("unknown");
  return blob;
}
