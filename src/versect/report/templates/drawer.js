// One cell: what happened, what was raised and printed, what was installed.

let before = null;

function open(index) {
  const cell = cells[index];
  before = drawer.hidden ? document.activeElement : before;
  drawer.replaceChildren(
    make("header", {}, make("h2", { id: "drawer-title" }, make("bdi", {}, cell.id)),
      make("button", { type: "button", "data-close": true, "aria-label": "Close" }, "✕")),
    verdict(cell), ...facts(cell), ...raised(cell), ...output(cell, "stderr"), ...output(cell, "stdout"), ...lock(cell));
  drawer.hidden = false;
  drawer.scrollTop = 0;
  drawer.focus();
  address(linkOf(cell));
}

function close() {
  if (drawer.hidden) return;
  drawer.hidden = true;
  address(" ");
  (before && before.isConnected && before !== document.body ? before : grid).focus();
}

function address(hash) {
  try { history.replaceState(null, "", hash === " " ? location.href.split("#")[0] : hash); } catch { /* some viewers forbid it */ }
}

function sign(kind) {
  return make("span", { class: `sign ${CLASSES[kind] || kind}`, "aria-hidden": "true" }, signs[kind][0]);
}

function verdict(cell) {
  const reason = cell.signature || cell.cause || "";
  return make("div", {},
    make("p", { class: "verdict" }, sign(cell.kind), ` ${signs[cell.kind][1]}${reason ? `: ${reason}` : ""}`),
    cell.rule ? make("p", {}, "rule: ", make("code", {}, cell.rule)) : null,
    cell.detail ? make("pre", { tabindex: "0" }, cell.detail) : null,
    make("p", { class: "command" }, make("code", {}, cell.again), " ", copyButton(cell.again)),
    Object.hasOwn(data.timelines, cell.id)
      ? make("p", {}, make("a", { href: `#timeline-${data.timelines[cell.id]}`, "data-lives": true }, "Its timeline")) : null);
}

const copyButton = (text) => make("button", { type: "button", class: "copy", "data-copy": text, "aria-label": `Copy: ${text}` }, "Copy");

function facts(cell) {
  const seconds = cell.seconds && Object.entries(cell.seconds).map(([part, value]) => `${part} ${value} s`).join(", ");
  const pairs = [
    ...axes.map((axis) => [axis, cell.axes[axis]]), ["ending", cell.ending], ["engine", cell.engine],
    ["Python", cell.python_version], [/^sha256:/.test(cell.interpreter || "") ? "image digest" : "interpreter", cell.interpreter],
    ["timings", seconds], ["peak memory", cell.peak_memory && `${cell.peak_memory} bytes`], ["at", cell.at], ["run", cell.run],
    ["lock", cell.lock], ["cut-off", cell.cut_off], ["never imported", (cell.inert || []).join(", ")],
    ["notes", (cell.notes || []).join("; ")],
  ].filter(([, value]) => value);
  return [make("dl", { class: "facts" }, pairs.map(([name, value]) => [make("dt", {}, name), make("dd", {}, make("bdi", {}, value))]).flat())];
}

function raised(cell) {
  const found = (cell.failures || []).map((place) => failures[place]);
  if (!found.length) return [];
  return [make("h3", {}, "Exceptions"), ...found.map((failure) => make("div", {},
    make("p", {}, make("strong", {}, failure.place), failure.note ? `: ${failure.note}` : ""),
    failure.chain.map((one) => make("div", { class: "chain" },
      LINKS[one.link] ? make("small", {}, LINKS[one.link]) : null,
      make("p", {}, make("strong", {}, one.type), one.message ? `: ${one.message}` : ""),
      make("ol", { class: "frames", "aria-label": `Frames of ${one.type}` }, one.frames.map(([file, line, name]) => make("li", {},
        make("bdi", {}, `${file}:${line}`), make("span", { class: "in" }, ` in ${name}`))))))))];
}

function output(cell, name) {
  if (!cell[name]) return [];
  const [place, size, cut] = cell[name];
  return [make("h3", {}, `${name}, ${cut ? "the end of " : ""}${size} bytes`), make("pre", { tabindex: "0" }, texts[place])];
}

function neighbours(cell) {
  const found = [];
  for (const axis of varied) {
    for (const step of [-1, 1]) {
      for (let rank = cell.ranks[axis] + step; rank >= 0 && rank < matrix.axes[axis].length; rank += step) {
        const index = byPlace.get(keyOf({ ...cell.ranks, [axis]: rank }));
        if (index !== undefined) { found.push({ axis, step, index }); break; }
      }
    }
  }
  return found;
}

const held = (packages, name) => (Object.hasOwn(packages, name) ? packages[name] : "not installed");

function lock(cell) {
  const mine = locks[cell.packages];
  if (!mine || !Object.keys(mine).length) return [];
  const sections = neighbours(cell).map(({ axis, step, index }) => {
    const other = cells[index], theirs = locks[other.packages];
    const [from, to] = step < 0 ? [theirs, mine] : [mine, theirs];
    const heading = make("p", {}, sign(other.kind), ` ${axis} ${other.axes[axis]} (${step < 0 ? "before" : "after"}) `,
      make("a", { href: linkOf(other) }, "open"));
    if (!theirs || !Object.keys(theirs).length) return [heading, make("p", {}, make("small", {}, "has no lock"))];
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort().filter((name) => held(from, name) !== held(to, name));
    if (!names.length) return [heading, make("p", {}, make("small", {}, "has the same packages"))];
    return [heading, make("table", {}, make("tbody", {}, names.map((name) => make("tr", {}, make("th", { scope: "row" }, name),
      make("td", {}, `${held(from, name)} → ${held(to, name)}`)))))];
  });
  return [make("h3", {}, "Lock: differences to neighbours"), ...sections.flat(),
    make("details", {}, make("summary", {}, `All ${Object.keys(mine).length} packages`),
      make("pre", { tabindex: "0" }, Object.entries(mine).map(([name, version]) => `${name}==${version}`).join("\n")))];
}

drawer.addEventListener("click", (event) => {
  const lives = event.target.closest("[data-lives]");
  if (event.target.closest("[data-close]") || lives) close();
  if (lives && location.hash === lives.hash) follow();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const box = controls.querySelector(".filter[open]");
  if (!drawer.hidden) close();
  else if (box) {
    box.open = false;
    box.querySelector("summary").focus();
  }
});

function follow() {
  const timeline = /^#timeline-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
  if (timeline) {
    timeline.open = true;
    timeline.scrollIntoView();
    timeline.querySelector("summary").focus({ preventScroll: true });
  }
  const found = /^#cell=(.*)$/.exec(location.hash);
  if (!found) return;
  let id = found[1];
  try { id = decodeURIComponent(id); } catch { /* an address that somebody mistyped */ }
  const index = byId.get(id);
  if (index === undefined) return;
  activate(index);
  reveal();
  open(index);
}
window.addEventListener("hashchange", follow);
