// Uploads of the course editor with a bar that shows how far they are. Without scripts the forms work as they are.
//
// Everything listens on the document: a page that came back with errors takes the place of the one that was sent.

const texts = JSON.parse(document.getElementById("courseware-texts").textContent);
const MIB = 1024 * 1024;

function element(tag, content, properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...[content].flat());
  return made;
}

/** What keeps the chosen files from being sent, in words; "" for nothing. */
function obstacle(form) {
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  const limit = Number(form.dataset.limitMib), most = Number(form.dataset.mostFiles || 0);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (most && files.length > most) return texts.tooMany.replace("{most}", most);
  if (size <= limit * MIB) return "";
  return texts.tooLarge.replace("{limit}", limit).replace("{size}", (Math.ceil(size / MIB * 10) / 10).toFixed(1));
}

/** A line under the form; an error is read out at once. */
function say(form, message, error) {
  form.querySelector(".sending")?.remove();
  const box = element("p", message, { className: error ? "sending field-error" : "sending muted" });
  box.setAttribute("role", error ? "alert" : "status");
  form.append(box);
}

function busy(form, yes) {
  for (const control of form.querySelectorAll("button:not(.sending button)")) control.disabled = yes;
}

/** Send the form; the bar stays until the server has answered. */
function send(form) {
  const request = new XMLHttpRequest();
  const line = element("p", `${texts.sending} 0%`);
  line.setAttribute("role", "status");
  const bar = element("progress", [], { max: 100, value: 0 });
  bar.setAttribute("aria-label", texts.sending);
  let said = 0;
  const cancel = element("button", texts.cancel, { type: "button", className: "secondary compact" });
  form.querySelector(".sending")?.remove();
  form.append(element("div", [line, bar, cancel], { className: "sending" }));
  cancel.addEventListener("click", () => request.abort());
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = Math.floor(100 * event.loaded / event.total);
    bar.value = share;
    // Said in steps of ten: a screen reader would speak of nothing else.
    if (share - said < 10) return;
    said = share;
    line.textContent = `${texts.sending} ${share}%`;
  });
  request.upload.addEventListener("load", () => {
    line.textContent = texts.checking;
    bar.removeAttribute("value");
    cancel.remove();
  });
  const over = (message, error) => { busy(form, false); say(form, message, error); };
  request.addEventListener("abort", () => over(texts.cancelled, false));
  request.addEventListener("error", () => over(texts.failed, true));
  request.addEventListener("load", () => answered(form, request));
  request.open("POST", form.action);
  request.send(new FormData(form));
  busy(form, true);
}

/** Done: on to where the answer leads. Refused: the page that says why takes this one's place. */
function answered(form, request) {
  if (request.status < 300) {
    removeEventListener("beforeunload", stay);
    history.replaceState(null, "", request.responseURL + form.dataset.upload);
    location.reload();
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.getElementById("main");
  if (!main) {
    busy(form, false);
    say(form, texts.failed, true);
    return;
  }
  document.title = page.title;
  document.getElementById("main").replaceWith(main);
  offerTimes();
  (main.querySelector(".error-summary") ?? main).focus();
  scrollTo(0, 0);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !("upload" in form.dataset)) return;
  const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  if (!files) return;
  event.preventDefault();
  const why = obstacle(form);
  if (why) say(form, why, true);
  else send(form);
});

// What is under way is not left by mistake.
function stay(event) {
  if (document.querySelector(".sending progress")) event.preventDefault();
}
addEventListener("beforeunload", stay);

// A cue is placed where the film stands.
function offerTimes() {
  for (const button of document.querySelectorAll("[data-take-time]")) button.hidden = !document.querySelector("video.film");
}
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take-time]");
  const film = document.querySelector("video.film");
  if (!button || !film) return;
  const seconds = Math.floor(film.currentTime), two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  const field = document.getElementById(button.dataset.takeTime);
  field.value = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
offerTimes();
