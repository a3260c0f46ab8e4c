// Shows of the form what the chosen level asks for. Without script all of it is there, and what does not apply is left out on
// the server.

const form = document.getElementById("policy");
const parts = form.querySelectorAll("[data-levels]");

function show() {
  const level = form.elements.level.value;
  for (const part of parts) part.hidden = !part.dataset.levels.split(" ").includes(level);
  if (!["camera", "live"].includes(level)) form.elements.identity.value = "none";
}

form.addEventListener("change", (event) => {
  if (event.target.name === "level") show();
});
show();
