// While writing: say what happened, and see what was noticed. A small dialog over the paper; the clock goes on.

const dialog = document.getElementById("comment-dialog");
const opener = document.getElementById("comment-open");
const form = document.getElementById("comment-form");
const say = dialog.querySelector("[data-comment-say]");

function line(text, small = "") {
  const item = document.createElement("li");
  item.append(text);
  if (small) item.append(Object.assign(document.createElement("small"), { className: "muted", textContent: ` ${small}` }));
  return item;
}

function clock(ms) {
  return new Date(ms).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
}

function show(body) {
  const said = body.comments.map((one) => line(one.text, clock(one.at)));
  dialog.querySelector("[data-comment-list]").replaceChildren(...said);
  const noticed = body.incidents.map((one) => {
    const item = line(one.text, one.state);
    const strip = document.createElement("div");
    for (const address of one.pictures.slice(0, 3)) {
      strip.append(Object.assign(document.createElement("img"), { src: address, alt: one.text, width: 120, height: 90, loading: "lazy" }));
    }
    item.append(strip);
    return item;
  });
  const list = dialog.querySelector("[data-incident-list]");
  list.replaceChildren(...(noticed.length ? noticed : [line(dialog.dataset.none)]));
}

async function read() {
  try {
    const answer = await fetch(dialog.dataset.incidents, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
  } catch {
    dialog.querySelector("[data-incident-list]").replaceChildren(line(dialog.dataset.unread));
  }
}

function send(text) {
  return fetch(dialog.dataset.comments, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": dialog.dataset.csrf },
    body: JSON.stringify({ text, incident: null }),
  });
}

async function renew() {
  const answer = await fetch(dialog.dataset.comments.replace("/comments", "/proctoring"), { headers: { accept: "application/json" } });
  if (answer.ok) dialog.dataset.csrf = (await answer.json()).csrf;
}

opener.addEventListener("click", () => {
  say.textContent = "";
  dialog.showModal();
  document.getElementById("comment-text").focus();
  read();
});
dialog.querySelector("[data-comment-close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => opener.focus());

// The text stays in its field until the server has it.
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements.text;
  const button = form.querySelector("[type=submit]");
  if (!field.value.trim() || button.disabled) return;
  button.disabled = true;
  say.textContent = dialog.dataset.sending;
  try {
    let answer = await send(field.value);
    if (answer.status === 403) {
      await renew();  // signed in again meanwhile, in place
      answer = await send(field.value);
    }
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error("refused"), { said: body.message });
    field.value = "";
    say.textContent = dialog.dataset.sent;
    show(body);
  } catch (error) {
    say.textContent = error.said ?? dialog.dataset.failed;
  } finally {
    button.disabled = false;
  }
});
