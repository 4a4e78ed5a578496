// Copying, light and dark, and the start.

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "unseen" });
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  document.getElementById("said").textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; document.getElementById("said").textContent = ""; }, 1500);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});

const theme = document.getElementById("theme");
const themes = ["system", "dark", "light"];
function dress(name) {
  if (name === "system") delete root.dataset.theme;
  else root.dataset.theme = name;
  theme.textContent = `Theme: ${name}`;
  try { localStorage.setItem("versect-theme", name); } catch { /* storage may be off */ }
}
theme.addEventListener("click", () => dress(themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length]));
let kept = null;
try { kept = localStorage.getItem("versect-theme"); } catch { /* storage may be off */ }
dress(themes.includes(kept) ? kept : "system");

root.classList.add("js");
for (const element of [theme, document.getElementById("live"), ...document.querySelectorAll(".copy")]) element.hidden = false;
if (cells.length) {
  drawControls();
  rebuild();
  follow();
} else document.getElementById("live").hidden = true;
