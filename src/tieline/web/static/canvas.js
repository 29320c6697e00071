// Pan and zoom of the canvas: buttons, wheel with Ctrl, drag, arrow keys. Without it the picture simply fits.
for (const box of document.querySelectorAll("[data-canvas]")) {
  const svg = box.querySelector("svg");
  const whole = { x: 0, y: 0, w: Number(svg.dataset.width), h: Number(svg.dataset.height) };
  let view = { ...whole };
  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const zoom = (factor, cx = view.x + view.w / 2, cy = view.y + view.h / 2) => {
    const w = Math.min(Math.max(view.w / factor, 160), whole.w * 3);
    const ratio = w / view.w;
    view = { x: cx - (cx - view.x) * ratio, y: cy - (cy - view.y) * ratio, w, h: view.h * ratio };
    show();
  };
  box.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (asked === "fit") { view = { ...whole }; show(); }
    else if (asked) zoom(Number(asked));
  });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const area = svg.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.15 : 0.87, view.x + ((event.clientX - area.left) / area.width) * view.w, view.y + ((event.clientY - area.top) / area.height) * view.h);
  }, { passive: false });
  let from = null;
  svg.addEventListener("pointerdown", (event) => { if (!event.target.closest("a")) { from = { x: event.clientX, y: event.clientY, view: { ...view } }; svg.classList.add("held"); svg.setPointerCapture(event.pointerId); } });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const scale = view.w / svg.getBoundingClientRect().width;
    view = { ...view, x: from.view.x - (event.clientX - from.x) * scale, y: from.view.y - (event.clientY - from.y) * scale };
    show();
  });
  for (const kind of ["pointerup", "pointercancel"]) svg.addEventListener(kind, () => { from = null; svg.classList.remove("held"); });
}

// Files may be dropped on their field.
for (const area of document.querySelectorAll("[data-drop]")) {
  const field = area.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) area.addEventListener(kind, (event) => { event.preventDefault(); area.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) area.addEventListener(kind, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => { event.preventDefault(); field.files = event.dataTransfer.files; field.dispatchEvent(new Event("change", { bubbles: true })); });
}
