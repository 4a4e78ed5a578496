// The grid: only what is in view is drawn; arrow keys move in it.

let canvas, body, heads, drawn = null;

function rebuild() {
  arrange();
  grid.replaceChildren();
  const { rows, columns, left, width, top, levels } = shape;
  canvas = make("div", { class: "canvas", role: "presentation" });
  canvas.style.width = `${left + columns.length * width + 3}px`;
  canvas.style.height = `${top + rows.length * ROW + 3}px`;
  heads = make("div", { class: "heads", role: "rowgroup" });
  heads.style.height = `${top}px`;
  body = make("div", { role: "rowgroup" });
  canvas.append(heads, body);
  grid.append(canvas);
  grid.classList.toggle("wide", left > grid.clientWidth * 0.6);
  grid.setAttribute("aria-rowcount", rows.length + Math.max(levels.length, 1));
  grid.setAttribute("aria-colcount", columns.length + state.rows.length);
  document.getElementById("status").textContent = shape.shown === cells.length
    ? `All ${cells.length} cells are shown.` : `${shape.shown} of ${cells.length} cells are shown.`;
  drawn = null;
  draw();
}

/** Draw what came into view and drop what left it; rows in view stay as they are. */
function draw() {
  const { rows, columns, left, width, top, levels } = shape;
  const first = Math.max(0, Math.min(rows.length - 1, Math.floor(grid.scrollTop / ROW)));
  const last = Math.min(rows.length, first + Math.ceil((grid.clientHeight - top) / ROW) + 2);
  const chunk = (column) => Math.floor(column / CHUNK) * CHUNK;
  const from = chunk(Math.max(0, Math.floor(grid.scrollLeft / width)));
  const to = Math.min(columns.length, chunk((grid.scrollLeft + grid.clientWidth - left) / width) + CHUNK);
  if (!drawn || drawn.from !== from || drawn.to !== to) {
    drawn = { from, to, first: -1, lines: new Map() };
    body.replaceChildren();
    drawHeads(from, to);
  }
  const { lines } = drawn;
  for (const [r, line] of lines) {
    if (r >= first && r < last) continue;
    line.remove();
    lines.delete(r);
  }
  for (let r = first; r < last; r += 1) {
    if (lines.has(r)) continue;
    const line = make("div", { class: "row", role: "row", "aria-rowindex": r + 1 + Math.max(levels.length, 1) });
    line.style.cssText = `top:${top + r * ROW}px;height:${ROW}px`;
    line.append(rowLabels(r, r === first));
    for (let c = from; c < to; c += 1) {
      const index = cellAt(r, c);
      if (index !== undefined) line.append(drawCell(index, r, c));
    }
    lines.set(r, line);
    body.append(line);
  }
  if (drawn.first !== first) {  // the topmost row in view names all its values
    for (const r of [drawn.first, first]) lines.get(r)?.firstChild.replaceWith(rowLabels(r, r === first));
    drawn.first = first;
  }
  mark();
}

function mark() {
  const index = cellAt(...state.active);
  for (const old of grid.querySelectorAll(".active")) old.classList.remove("active");
  const active = index === undefined ? null : document.getElementById(`cell-${index}`);
  active?.classList.add("active");
  if (active) grid.setAttribute("aria-activedescendant", active.id);
  else grid.removeAttribute("aria-activedescendant");
}

function rowLabels(r, first) {
  const labels = make("div", { class: "labels", role: "presentation" });
  const { values } = shape.rows[r];
  const above = first || r === 0 ? [] : shape.rows[r - 1].values;
  let same = true;
  values.forEach((value, i) => {
    same = same && above[i] === value;
    const label = make("div", { role: "rowheader", "aria-colindex": i + 1, title: `${state.rows[i]} ${value}`,
      class: same && i < values.length - 1 ? "same" : undefined }, make("bdi", {}, value));
    label.style.width = `${shape.widths[i]}px`;
    labels.append(label);
  });
  if (!values.length) labels.style.width = `${shape.left}px`;
  return labels;
}

function drawCell(index, r, c) {
  const cell = cells[index];
  const look = CLASSES[cell.kind] || cell.kind;
  const edges = [["edge-top", cellAt(r - 1, c)], ["edge-left", cellAt(r, c - 1)]]
    .filter(([, other]) => other !== undefined && cells[other].kind !== cell.kind).map(([name]) => name);
  const element = make("div", {
    id: `cell-${index}`, role: "gridcell", class: ["cell", look, ...edges].join(" "),
    "data-index": index, "aria-colindex": state.rows.length + c + 1, title: cell.id,
    "aria-label": `${signs[cell.kind][1]}${markOf(cell)}: ${cell.id}`,
  }, cell.face);
  element.style.cssText = `left:${shape.left + c * shape.width + 1}px;width:${shape.width - 2}px;height:${ROW - 2}px`;
  return element;
}

const markOf = (cell) => {
  const mark = cell.face.replace("°", "").trim().split(" ")[1];
  return (mark ? ` ${mark}` : "") + (cell.face.includes("°") ? ", a project never imported" : "");
};

function drawHeads(firstColumn, lastColumn) {
  const { columns, levels, left, width } = shape;
  const lines = [];
  let top = 0;
  levels.forEach((level, depth) => {
    const line = make("div", { class: "level", role: "row", "aria-rowindex": depth + 1 });
    line.style.cssText = `top:${top}px;height:${level.height}px`;
    top += level.height;
    const prefix = (place) => columns[place].ranks.slice(0, depth + 1).join();
    let start = firstColumn;
    while (start > 0 && start < columns.length && prefix(start - 1) === prefix(start)) start -= 1;
    while (start < lastColumn) {
      let end = start + 1;
      while (end < columns.length && prefix(end) === prefix(start)) end += 1;
      const value = columns[start].values[depth];
      const span = (end - start) * width;
      const named = `${level.axis} ${value}`;
      const label = make("bdi", {}, !level.upright && named.length * CHARACTER + 14 <= span ? named : value);
      label.style.left = `${left + 6}px`;
      const head = make("div", { class: level.upright ? "head upright" : "head", role: "columnheader",
        "aria-colindex": state.rows.length + start + 1, "aria-colspan": end - start, title: named }, label);
      head.style.cssText = `left:${left + start * width}px;width:${span}px`;
      line.append(head);
      start = end;
    }
    lines.push(line);
  });
  if (!levels.length) {
    const head = make("div", { class: "head", role: "columnheader", "aria-colindex": state.rows.length + 1 }, "outcome");
    head.style.cssText = `left:${left}px;width:${width}px`;
    const line = make("div", { class: "level", role: "row", "aria-rowindex": 1 }, head);
    line.style.cssText = `top:0;height:${shape.top}px`;
    lines.push(line);
  }
  const corner = make("div", { class: "corner", role: "presentation" }, state.rows.map((axis, i) => {
    const name = make("div", { title: axis }, axis);
    name.style.width = `${shape.widths[i]}px`;
    return name;
  }));
  corner.style.width = `${left}px`;
  corner.style.height = `${shape.top - 1}px`;
  heads.replaceChildren(...lines, corner);
}

function reveal() {
  const [r, c] = state.active;
  const { left, top, width } = shape;
  const pinned = grid.classList.contains("wide") ? 0 : left;
  if (r * ROW < grid.scrollTop) grid.scrollTop = r * ROW;
  if (top + (r + 1) * ROW > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + (r + 1) * ROW + 3 - grid.clientHeight;
  if (left + c * width - pinned < grid.scrollLeft) grid.scrollLeft = left + c * width - pinned;
  if (left + (c + 1) * width > grid.scrollLeft + grid.clientWidth) grid.scrollLeft = left + (c + 1) * width + 3 - grid.clientWidth;
  draw();
}

grid.addEventListener("keydown", (event) => {
  const page = Math.max(1, Math.floor((grid.clientHeight - shape.top) / ROW) - 1);
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-page, 0], PageDown: [page, 0],
    Home: [event.ctrlKey ? -Infinity : 0, -Infinity], End: [event.ctrlKey ? Infinity : 0, Infinity] };
  if (event.key === "Enter" || event.key === " ") {
    const index = cellAt(...state.active);
    if (index !== undefined) open(index);
    event.preventDefault();
  } else if (steps[event.key] && !event.altKey && !event.metaKey) {
    const within = (value, count) => Math.max(0, Math.min(count - 1, value));
    const [down, across] = steps[event.key];
    state.active = [within(state.active[0] + down, shape.rows.length), within(state.active[1] + across, shape.columns.length)];
    event.preventDefault();
    reveal();
  }
});
grid.addEventListener("click", (event) => {
  const element = event.target.closest(".cell");
  if (!element) return;
  activate(Number(element.dataset.index));
  open(Number(element.dataset.index));
});
let asked = false;
grid.addEventListener("scroll", () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; draw(); });
}, { passive: true });
new ResizeObserver(() => draw()).observe(grid);
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width !== window.innerWidth) rebuild();
  width = window.innerWidth;
});

function activate(index) {
  const count = shape.columns.length;
  for (const [place, at] of shape.at) {
    if (at === index) state.active = [Math.floor(place / count), place % count];
  }
  draw();
}
