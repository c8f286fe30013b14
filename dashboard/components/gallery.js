// Opacity, colours, scale and flicker act on all maps here; Python is not asked again.
const HALF_PERIOD = 700; // milliseconds: well below three flashes a second

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".gallery");
  const grid = root.querySelector(".scroll");
  const control = (name) => root.querySelector(`[name=${name}]`);

  if (!control("colours").options.length) {
    for (const name of Object.keys(data.gradients)) control("colours").add(new Option(name));
    for (const name of ["opacity", "colours", "scale", "boxes"]) {
      control(name).addEventListener("input", () => draw(root));
    }
    grid.addEventListener("click", (event) => enlarge(root, event.target.closest(".tile")));
    control("flicker").addEventListener("click", () => flicker(root));
    control("partner").addEventListener("input", () => stop(root));
    root.addEventListener("keydown", (event) => onKey(root, event));
  }
  root.gradients = data.gradients;
  if (root.shown !== data.markup) {
    stop(root);
    root.shown = data.markup;
    grid.innerHTML = data.markup; // escaped in Python, element by element
    root.models = data.models;
    offer(root, data.models);
  }
  draw(root);
}

function draw(root) {
  const control = (name) => root.querySelector(`[name=${name}]`);
  const [colours, scale] = [control("colours").value, control("scale").value];
  root.style.setProperty("--opacity", control("opacity").value / 100);
  root.querySelector("output").value = `${control("opacity").value} %`;
  root.classList.toggle("unboxed", !control("boxes").checked);
  root.querySelector(".bar").style.backgroundImage = root.gradients[colours];
  root.querySelector(".top").textContent = scale === "run" ? "run’s maximum" : "map’s maximum";
  for (const map of root.querySelectorAll("img.map")) {
    const source = `${map.dataset.path}?colours=${colours}&scale=${scale}&v=${map.dataset.version}`;
    if (map.getAttribute("src") !== source) map.src = source;
  }
}

function enlarge(root, tile) {
  if (!tile) return;
  root.enlarged = tile;
  const copy = tile.querySelector(".stack").cloneNode(true);
  const said = document.createElement("p");
  said.textContent = tile.getAttribute("aria-label");
  root.querySelector(".large").replaceChildren(copy, said);
  const dialog = root.querySelector("dialog");
  if (!dialog.open) dialog.showModal();
}

// Two models in one place: the first column's maps alternate with those of a chosen column.

function offer(root, models) {
  const partner = root.querySelector("[name=partner]");
  const before = partner.value;
  partner.replaceChildren(...models.slice(1).map((name) => new Option(name)));
  if (models.slice(1).includes(before)) partner.value = before;
  root.querySelector(".flicker").hidden = models.length < 2;
}

function onKey(root, event) {
  const isText = event.target.closest("select, input:not([type=checkbox], [type=range])");
  const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.repeat);
  if (event.key.toLowerCase() === "f" && isPlain && !isText && root.models.length > 1) flicker(root);
}

function flicker(root) {
  if (root.classList.contains("paired")) return stop(root);
  pair(root);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    root.classList.add("second"); // one switch for one press, and no motion
    return;
  }
  root.timer = setInterval(() => {
    if (!root.isConnected) return clearInterval(root.timer);
    root.classList.toggle("second");
  }, HALF_PERIOD);
}

function pair(root) {
  const place = root.querySelector("[name=partner]").selectedIndex + 1;
  for (const row of root.querySelectorAll("tbody tr")) {
    const stacks = [0, place].map((column) => row.cells[column + 1].querySelector(".tile .stack"));
    if (!stacks.every(Boolean)) continue;
    const other = stacks[1].cloneNode(true);
    other.classList.add("other");
    other.append(tag(root.models[place]));
    stacks[0].append(tag(root.models[0]), other);
  }
  mark(root, true);
}

function stop(root) {
  clearInterval(root.timer);
  for (const each of root.querySelectorAll(".other, .whose")) each.remove();
  root.classList.remove("second");
  mark(root, false);
}

function mark(root, isPaired) {
  root.classList.toggle("paired", isPaired);
  root.querySelector("[name=flicker]").setAttribute("aria-pressed", isPaired);
  if (root.querySelector("dialog").open) enlarge(root, root.enlarged);
}

function tag(name) {
  const said = document.createElement("span");
  said.className = "whose";
  said.textContent = name;
  return said;
}
