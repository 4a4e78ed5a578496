// The cells by place on every axis, and which rows and columns the axes chosen make of them.

const data = JSON.parse(document.getElementById("data").textContent);
const { matrix, locks, failures, texts, signs } = data;
const root = document.documentElement;
const grid = document.getElementById("grid");
const drawer = document.getElementById("drawer");
const controls = document.getElementById("controls");
const CLASSES = { "failed-otherwise": "otherwise", "not-tried": "open" };
const LINKS = { outermost: "", cause: "caused by", context: "raised while handling", group: "a member of the group" };
const CHARACTER = 7.7, ROW = 28, LEVEL = 26, NARROW = 44, WIDEST = 170, CHUNK = 8;

// Control characters and marks that turn the direction of writing are shown, not obeyed.
const visible = (text) => String(text).replace(
  /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** Make an element; strings among its children become text, never markup. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    const shown = name === "title" || name === "aria-label" ? visible(value) : value;
    element.setAttribute(name, shown === true ? "" : shown);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}

const axes = Object.keys(matrix.axes);
const varied = axes.filter((axis) => matrix.axes[axis].length > 1);
const ranks = Object.fromEntries(
  axes.map((axis) => [axis, new Map(matrix.axes[axis].map((value, rank) => [value, rank]))]));
const cells = matrix.cells;
for (const cell of cells) {
  cell.kind = cell.outcome || "not-tried";
  cell.ranks = Object.fromEntries(axes.map((axis) => [axis, ranks[axis].get(cell.axes[axis])]));
}
const keyOf = (places) => axes.map((axis) => places[axis]).join(",");
const byPlace = new Map(cells.map((cell, index) => [keyOf(cell.ranks), index]));
const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");
const linkOf = (cell) => `#cell=${encodeURIComponent(wellFormed(cell.id))}`;
const byId = new Map(cells.map((cell, index) => [wellFormed(cell.id), index]));

const state = {
  rows: data.rows.filter((axis) => varied.includes(axis)),
  columns: data.columns.filter((axis) => varied.includes(axis)),
  order: { rows: "study", columns: "study" },
  hidden: Object.fromEntries(varied.map((axis) => [axis, new Set()])),
  outcomes: new Set(),  // those left out
  active: [0, 0],
};

let shape = null;

function arranged(axesOf, order, shown) {
  const lines = new Map();
  for (const cell of shown) {
    const key = axesOf.map((axis) => cell.ranks[axis]).join(",");
    if (!lines.has(key)) lines.set(key, { key, ranks: axesOf.map((axis) => cell.ranks[axis]), failed: 0 });
    if (cell.kind === "failed") lines.get(key).failed += 1;
  }
  const sorted = [...lines.values()].sort((a, b) => {
    for (let i = 0; i < a.ranks.length; i += 1) {
      if (a.ranks[i] !== b.ranks[i]) return a.ranks[i] - b.ranks[i];
    }
    return 0;
  });
  if (order === "reversed") sorted.reverse();
  if (order === "failures") sorted.sort((a, b) => b.failed - a.failed);
  sorted.forEach((line, place) => {
    line.place = place;
    line.values = line.ranks.map((rank, i) => matrix.axes[axesOf[i]][rank]);
    lines.set(line.key, line);
  });
  return { sorted, lines };
}

function arrange() {
  const { rows, columns, order, hidden, outcomes } = state;
  const shown = cells.filter((cell) => !outcomes.has(cell.kind)
    && varied.every((axis) => !hidden[axis].has(cell.ranks[axis])));
  const down = arranged(rows, order.rows, shown);
  const across = arranged(columns, order.columns, shown);
  const at = new Map();
  for (const cell of shown) {
    const row = down.lines.get(rows.map((axis) => cell.ranks[axis]).join(",")).place;
    const column = across.lines.get(columns.map((axis) => cell.ranks[axis]).join(",")).place;
    at.set(row * across.sorted.length + column, byId.get(cell.id));
  }
  const widths = rows.map((axis) => Math.min(220,
    Math.max(axis.length, ...matrix.axes[axis].map((value) => value.length)) * CHARACTER + 18));
  const left = widths.reduce((sum, width) => sum + width, 0) || 12;
  const room = grid.parentElement.clientWidth - left - 4;
  const longest = columns.map((axis) => Math.max(...matrix.axes[axis].map((value) => value.length)) * CHARACTER + 14);
  const count = across.sorted.length;
  const spans = columns.map((_, level) => {
    let least = count, run = 0;
    across.sorted.forEach((column, place) => {
      const next = across.sorted[place + 1];
      run += 1;
      if (!next || column.ranks.slice(0, level + 1).join() !== next.ranks.slice(0, level + 1).join()) {
        least = Math.min(least, run);
        run = 0;
      }
    });
    return least;
  });
  const wanted = Math.max(columns.length ? NARROW : 80, ...longest.map((length, level) => Math.min(WIDEST, length / spans[level])));
  const width = wanted <= 64 || wanted * count <= room ? wanted : NARROW;
  const levels = columns.map((axis, level) => {
    const upright = longest[level] > spans[level] * width;
    return { axis, upright, height: upright ? Math.min(160, longest[level] + 4) : LEVEL };
  });
  const top = Math.max(ROW, levels.reduce((sum, level) => sum + level.height, 0));
  shape = { rows: down.sorted, columns: across.sorted, at, widths, left, width, levels, top, shown: shown.length };
  state.active = [Math.min(state.active[0], shape.rows.length - 1), Math.min(state.active[1], count - 1)].map((n) => Math.max(n, 0));
}

const cellAt = (row, column) => {
  if (row < 0 || column < 0 || row >= shape.rows.length || column >= shape.columns.length) return undefined;
  return shape.at.get(row * shape.columns.length + column);
};
