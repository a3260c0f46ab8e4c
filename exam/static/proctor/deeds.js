// Forms of what a proctor does, in a dialog over the page; without this script each is a page of its own.

/** `dialog` shows the forms; `failed` is said when one can't be fetched; `closed(done)` is called when it closes. */
export function createDeeds({ dialog, failed, closed }) {
  let done = false;
  let from = null;

  async function show(request) {
    dialog.setAttribute("aria-busy", "true");
    try {
      const reply = await request;
      const text = await reply.text();
      if (!text.includes("deed-title")) throw new Error(`status ${reply.status}`);
      const parsed = new DOMParser().parseFromString(text, "text/html");
      dialog.replaceChildren(...parsed.body.childNodes);
      done = done || dialog.querySelector("[role=status]") !== null;
    } catch (error) {
      console.warn("a form could not be shown", error);
      const said = document.createElement("p");
      said.id = "deed-title";
      said.setAttribute("role", "alert");
      said.textContent = failed;
      dialog.prepend(said);
    }
    dialog.removeAttribute("aria-busy");
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[role=alert][tabindex], [aria-invalid=true], [role=status]") ? dialog.querySelector(".error-summary, h2") : dialog.querySelector("h2");
    first?.focus();
  }

  function ask(url, options = {}) {
    return show(fetch(url, { ...options, headers: { "X-Fragment": "1" }, cache: "no-store" }));
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const link = event.target.closest("a[data-deed]");
    if (link) {
      event.preventDefault();
      link.closest("details.tile-menu")?.removeAttribute("open");
      if (!dialog.contains(link)) from = link.closest("details.tile-menu")?.querySelector("summary") ?? link;
      ask(link.href);
    } else if (event.target.closest("#deed-dialog [data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-deed-form]");
    if (!form) return;
    event.preventDefault();
    if (dialog.hasAttribute("aria-busy")) return;
    ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  });
  dialog.addEventListener("close", () => {
    const was = done;
    done = false;
    dialog.replaceChildren();
    from?.focus();
    closed(was);
  });
  return { busy: () => dialog.open };
}
