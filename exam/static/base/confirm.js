// Asking twice: a form with data-confirm="what will happen" is sent only after a dialog is answered.
//
// data-confirm-title and data-confirm-action ("删除") name the dialog and its button; data-confirm on the pressed button wins over
// the form's. Elements with hx-confirm ask in the same dialog. `ask()` is for other scripts.

const { texts } = JSON.parse(document.getElementById("base-data").textContent);

function element(tag, content, properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...[content].flat());
  return made;
}

/** Show the question; resolves to whether it was confirmed. Focus starts on "cancel", Escape cancels. */
export function ask(question, { title = texts.confirmTitle, action = texts.confirm, danger = true } = {}) {
  const heading = element("h2", title, { id: "confirm-title" });
  const text = element("p", question, { id: "confirm-text" });
  const cancel = element("button", texts.cancel, { type: "submit", className: "secondary", value: "cancel", autofocus: true });
  const go = element("button", action, { type: "submit", className: danger ? "danger" : "", value: "confirm" });
  const form = element("form", element("div", [cancel, go], { className: "actions" }), { method: "dialog" });
  const dialog = element("dialog", [heading, text, form]);
  dialog.setAttribute("aria-labelledby", "confirm-title");
  dialog.setAttribute("aria-describedby", "confirm-text");
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "confirm"); });
  });
}

function wording(source) {
  return { title: source.dataset.confirmTitle, action: source.dataset.confirmAction, danger: source.dataset.confirmDanger !== "no" };
}

const confirmed = new WeakSet();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const source = event.submitter?.dataset.confirm ? event.submitter : form;
  if (!source.dataset.confirm || confirmed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  if (await ask(source.dataset.confirm, wording(source))) {
    confirmed.add(form);
    form.requestSubmit(submitter);
  } else {
    submitter?.focus();
  }
}, true);

document.addEventListener("htmx:confirm", (event) => {
  const { question, issueRequest, elt } = event.detail;
  if (!question) return;
  event.preventDefault();
  ask(question, wording(elt)).then((yes) => { if (yes) issueRequest(true); });
});
