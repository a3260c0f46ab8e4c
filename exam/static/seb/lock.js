// While a sitting waits for a supervisor because a request did not come from SEB: no question is shown, the clock runs on, what
// was answered before is saved. Only on papers of exams that require SEB; elsewhere there is no dialog and nothing to do.

const BEFORE_US = ":is(#pause-dialog, #end-dialog, #sign-in-dialog)[open]";

/** `on`: { stopped(), gone() } are called once when the lock begins and ends. */
export function createLock({ dialog, on }) {
  let locked = null;
  dialog?.addEventListener("cancel", (event) => event.preventDefault());

  return {
    /** What the server says: { since, why } or nothing. */
    show(told) {
      if (told && !dialog) location.reload();
      if (!dialog) return;
      if (told) {
        for (const why of dialog.querySelectorAll("[data-lock-why]")) why.hidden = why.dataset.lockWhy !== told.why;
        if (locked === null) { locked = told.since; on.stopped(); }
        if (!dialog.open && !document.querySelector(BEFORE_US)) {
          for (const other of document.querySelectorAll("dialog[open]")) other.close();
          dialog.showModal();
        }
      } else if (locked !== null) {
        locked = null;
        dialog.close();
        on.gone();
      }
    },
    since: () => locked,
  };
}
