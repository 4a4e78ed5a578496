// Axes to move between rows and columns, their orders, filters.

function pick(text, options, chosen, name) {
  const select = make("select", { "data-order": name, "aria-label": text },
    options.map(([value, words]) => make("option", { value, selected: value === chosen ? true : undefined }, words)));
  return select;
}

function drawControls() {
  const orders = [["study", "in the study's order"], ["reversed", "reversed"], ["failures", "most failures first"]];
  const side = (name, title, other) => make("div", { class: "group", role: "group", "aria-label": title },
    make("span", {}, title),
    state[name].map((axis) => make("button", { type: "button", class: "axis", "data-move": axis, "data-to": other,
      title: `Move ${axis} to the ${other}`, "aria-label": `${axis}: move to the ${other}` }, axis, name === "rows" ? " →" : " ↓")),
    pick(`Order of ${name}`, orders, state.order[name], name));
  const counted = new Map();
  for (const cell of cells) counted.set(cell.kind, (counted.get(cell.kind) || 0) + 1);
  const filters = [filter("outcome", Object.keys(signs).filter((kind) => counted.has(kind)).map((kind) => [
    kind, `${signs[kind][0]} ${signs[kind][1]} (${counted.get(kind)})`, !state.outcomes.has(kind)]))];
  for (const axis of varied) {
    filters.push(filter(axis, matrix.axes[axis].map((value, rank) => [rank, value, !state.hidden[axis].has(rank)]), true));
  }
  controls.replaceChildren(
    side("rows", "Rows", "columns"), side("columns", "Columns", "rows"),
    make("button", { type: "button", "data-swap": true }, "Swap"), make("div", { class: "break" }),
    make("div", { class: "group", role: "group", "aria-label": "Filters" }, make("span", {}, "Show"), filters,
      make("button", { type: "button", "data-reset": true }, "Show all")));
}

function filter(name, choices, isAxis) {
  const box = make("details", { class: "filter", "data-filter": name, "data-axis": isAxis },
    make("summary", {}, name),
    make("div", {}, make("div", { class: "all" },
      make("button", { type: "button", "data-every": "on" }, "All"), make("button", { type: "button", "data-every": "off" }, "None")),
    choices.map(([value, words, on]) => make("label", {},
      make("input", { type: "checkbox", value, checked: on ? true : undefined }), make("bdi", {}, words)))));
  box.classList.toggle("set", choices.some(([, , on]) => !on));
  return box;
}

function filtered(box) {
  const boxes = [...box.querySelectorAll("input")];
  const out = boxes.filter((input) => !input.checked).map((input) => input.value);
  if ("axis" in box.dataset) state.hidden[box.dataset.filter] = new Set(out.map(Number));
  else state.outcomes = new Set(out);
  box.classList.toggle("set", out.length > 0);
  rebuild();
}

controls.addEventListener("change", (event) => {
  const select = event.target.closest("select");
  if (select) state.order[select.dataset.order] = select.value;
  if (select) rebuild();
  else filtered(event.target.closest(".filter"));
});
controls.addEventListener("submit", (event) => event.preventDefault());
controls.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { move, to, every } = button.dataset;
  if (every) {
    const box = button.closest(".filter");
    for (const input of box.querySelectorAll("input")) input.checked = every === "on";
    filtered(box);
    return;
  }
  if (move) {
    state.rows = state.rows.filter((axis) => axis !== move);
    state.columns = state.columns.filter((axis) => axis !== move);
    state[to].push(move);
  } else if ("swap" in button.dataset) {
    [state.rows, state.columns] = [state.columns, state.rows];
    [state.order.rows, state.order.columns] = [state.order.columns, state.order.rows];
    state.active.reverse();
  } else {
    for (const axis of varied) state.hidden[axis].clear();
    state.outcomes.clear();
  }
  drawControls();
  rebuild();
  const again = move ? `[data-move="${CSS.escape(move)}"]` : "swap" in button.dataset ? "[data-swap]" : "[data-reset]";
  controls.querySelector(again).focus();
});
document.addEventListener("click", (event) => {
  for (const box of controls.querySelectorAll(".filter[open]")) if (!box.contains(event.target)) box.open = false;
});
