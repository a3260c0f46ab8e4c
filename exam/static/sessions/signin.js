// Signing in again in place: the paper stays as it is, only the password is asked.

/**
 * Ask until it works. Resolves to the reply's JSON: a new CSRF token, and a new `token` for the next time.
 * `token` is what the claim gave for this (`again`); without it the ended sign-in's cookie has to do.
 */
export function signInAgain({ dialog, wire, url, texts, token }) {
  const form = dialog.querySelector("form");
  const field = dialog.querySelector("input[type=password]");
  const problem = dialog.querySelector("[data-problem]");
  const button = dialog.querySelector("button[type=submit]");

  return new Promise((resolve) => {
    const keepOpen = (event) => event.preventDefault();

    async function submit(event) {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      problem.textContent = "";
      try {
        const reply = await wire.post(url, { password: field.value, ...(token ? { token } : {}) });
        if (reply.status === 200) {
          wire.setToken(reply.body.csrf ?? reply.body.csrf_token);
          form.removeEventListener("submit", submit);
          dialog.removeEventListener("cancel", keepOpen);
          field.value = "";
          dialog.close();
          resolve(reply.body);
          return;
        }
        if (reply.status === 403 && reply.body.error === "csrf-expired") {
          await wire.renewToken();
          problem.textContent = texts.tryAgain;
        } else {
          problem.textContent = reply.body.message || texts.signInFailed;
        }
      } catch (error) {
        console.warn("sign-in failed", error);
        problem.textContent = texts.unreachable;
      } finally {
        button.disabled = false;
      }
      field.focus();
    }

    form.addEventListener("submit", submit);
    dialog.addEventListener("cancel", keepOpen);
    if (!dialog.open) dialog.showModal();
    field.focus();
  });
}
