// Opacity, colours and scale act on all maps here; Python is not asked again.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".gallery");
  const grid = root.querySelector(".scroll");
  const control = (name) => root.querySelector(`[name=${name}]`);

  if (!control("colours").options.length) {
    for (const name of Object.keys(data.gradients)) control("colours").add(new Option(name));
    for (const name of ["opacity", "colours", "scale", "boxes"]) {
      control(name).addEventListener("input", () => draw(root, root.gradients));
    }
    grid.addEventListener("click", (event) => enlarge(root, event.target.closest(".tile")));
  }
  root.gradients = data.gradients;
  if (root.shown !== data.markup) {
    root.shown = data.markup;
    grid.innerHTML = data.markup; // escaped in Python, element by element
  }
  draw(root, data.gradients);
}

function draw(root, gradients) {
  const control = (name) => root.querySelector(`[name=${name}]`);
  const [colours, scale] = [control("colours").value, control("scale").value];
  root.style.setProperty("--opacity", control("opacity").value / 100);
  root.querySelector("output").value = `${control("opacity").value} %`;
  root.classList.toggle("unboxed", !control("boxes").checked);
  root.querySelector(".bar").style.backgroundImage = gradients[colours];
  root.querySelector(".top").textContent = scale === "run" ? "run’s maximum" : "map’s maximum";
  for (const map of root.querySelectorAll("img.map")) {
    const source = `${map.dataset.path}?colours=${colours}&scale=${scale}&v=${map.dataset.version}`;
    if (map.getAttribute("src") !== source) map.src = source;
  }
}

function enlarge(root, tile) {
  if (!tile) return;
  const copy = tile.querySelector(".stack").cloneNode(true);
  const said = document.createElement("p");
  said.textContent = tile.getAttribute("aria-label");
  root.querySelector(".large").replaceChildren(copy, said);
  root.querySelector("dialog").showModal();
}
