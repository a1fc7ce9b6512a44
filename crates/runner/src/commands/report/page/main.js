// Puts the parts together: a change of the filter goes to the table and to the plots.

document.querySelectorAll(".scripted").forEach((part) => { part.hidden = false; });
let shown = points;
let pending = 0;

function drawPlots() {
  drawCurves(shown);
  drawSlices(shown);
  drawParallel(shown);
}

/** Draws at the next frame, once however many changes there are. */
function drawSoon() {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(() => {
    drawPlots();
    document.documentElement.dataset.drawn = "yes";
  });
}

function changed() {
  shown = filtered();
  showTable(shown);
  drawSoon();
}

makeFilters(changed);
makePager();
makeCurves(drawSoon);
makeSlices(drawSoon);
makeParallel(drawSoon);
changed();

darkness.addEventListener("change", drawSoon);
/** What is open on paper alone. */
let folded = [];

/** Draws in light colours, as wide as paper is, with all that is folded on the screen. */
function drawForPaper() {
  isPrinting = true;
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => { details.open = true; });
  for (const [place, chart] of charts) chart.resize({ width: place.parentElement.id === "slices" ? 320 : 660 });
  drawPlots();
}

function drawForScreen() {
  isPrinting = false;
  folded.forEach((details) => { details.open = false; });
  for (const chart of charts.values()) chart.resize({ width: "auto" });
  drawPlots();
}

addEventListener("beforeprint", drawForPaper);
addEventListener("afterprint", drawForScreen);
let width = innerWidth;
addEventListener("resize", () => {
  if (width !== innerWidth) drawSoon();
  width = innerWidth;
});

document.getElementById("copy").addEventListener("click", async () => {
  const toml = document.getElementById("toml");
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(toml.textContent);
    said.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(toml);
    said.textContent = "Selected; copy it with your keyboard.";
  }
});
