// The booking form: the time field takes only times of the chosen window.

for (const form of document.querySelectorAll("form[data-windows]")) {
  const limits = JSON.parse(form.dataset.windows);
  const planned = form.elements.planned_at;
  const follow = () => {
    const [min, max] = limits[form.elements.window.value] ?? ["", ""];
    Object.assign(planned, { min, max });
    if (planned.value && (planned.value < min || planned.value > max)) planned.value = "";
  };
  form.addEventListener("change", (event) => { if (event.target.name === "window") follow(); });
  follow();
}
