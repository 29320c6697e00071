// A module's form: fields that belong to a choice of another one, another connection, the field that was wrong.
const form = document.querySelector(".module-form");

function showWhenChosen() {
  for (const field of form.querySelectorAll("[data-when]")) {
    const [name, value] = field.dataset.when.split("=");
    const other = form.elements[name];
    const mapped = form.elements[`${name}.map`];
    field.hidden = Boolean(other) && !mapped?.checked && other.value !== value;
  }
}

form.addEventListener("change", (event) => {
  showWhenChosen();
  if (event.target.matches("[data-connection]")) location.search = `?connection=${event.target.value}`;
});
showWhenChosen();

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "result") return;
  form.querySelectorAll(".wrong").forEach((field) => field.classList.remove("wrong"));
  const wrong = document.getElementById("outcome").dataset.wrong?.split(/[.[]/)[0];
  const field = wrong && form.querySelector(`[data-field="${CSS.escape(wrong)}"]`);
  if (!field) document.getElementById("outcome").scrollIntoView({ block: "nearest" });
  if (!field) return;
  const folded = field.closest("details");
  if (folded) folded.open = true;
  field.classList.add("wrong");
  field.querySelector("input:not([type=checkbox]), select, textarea")?.focus();
});
