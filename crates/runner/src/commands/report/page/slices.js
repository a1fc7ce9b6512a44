// Slices: a measure of every trial against each swept key.

const MOST_POINTS = 3000;
const BEST_POINTS = 500;
let sliceMeasure;

/** Makes the controls. */
function makeSlices(changed) {
  const logarithmic = document.getElementById("slice-log");
  const cut = document.getElementById("slice-cut");
  const choose = () => {
    const measure = sliceMeasure();
    const completed = ofLongestRung(points).filter((point) => data.state[point] === COMPLETED);
    const values = measure ? completed.map((point) => measure.values[point]).filter((value) => value !== null) : [];
    cut.checked = hasFarTail(values, measure);
    const edge = cut.checked ? worstTenth(values, measure) : null;
    logarithmic.checked = isWide(values.map((value) => (cut.checked ? clipped(value, edge, measure) : value)));
    changed();
  };
  sliceMeasure = chooseMeasure("slice-of", choose);
  logarithmic.addEventListener("change", changed);
  cut.addEventListener("change", changed);
  if (measures.length === 0 || swept.length === 0) {
    document.getElementById("slices-figure").hidden = true;
    return;
  }
  for (const axis of swept) {
    document.getElementById("slices").append(element("div", "", { class: "chart", role: "img", "data-key": axis.key }));
  }
  choose();
}

/** The length of the longest rung of these points that has a finished trial; 0 if there is none. */
function longestRung(points) {
  const finished = points.filter((point) => data.state[point] !== UNFINISHED);
  return finished.reduce((longest, point) => Math.max(longest, valueAt(rungs, point)), 0);
}

/** Those of the points that are of the longest rung; without successive halving, all. */
function ofLongestRung(points) {
  if (!rungs) return points;
  const longest = longestRung(points);
  return points.filter((point) => valueAt(rungs, point) === longest);
}

/** The value that a tenth of `values` is worse than. */
function worstTenth(values, measure) {
  const sign = measure.is_lower_better ? 1 : -1;
  return values.toSorted((a, b) => sign * (a - b))[Math.floor(0.9 * (values.length - 1))];
}

/** A value, or the edge if it is worse than that. */
function clipped(value, edge, measure) {
  return measure.is_lower_better ? Math.min(value, edge) : Math.max(value, edge);
}

/** Says in a sentence what is drawn at the edge; nothing if there is none. */
function edgeText(edge) {
  return edge === null ? "" : ` What is worse than ${short(edge, 3)} is drawn at ${short(edge, 3)}.`;
}

/** Whether the worst tenth takes most of the room of all. */
function hasFarTail(values, measure) {
  if (values.length < 20) return false;
  const [least, most] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const edge = worstTenth(values, measure);
  return most - least > 3 * Math.abs(edge - (measure.is_lower_better ? least : most));
}

/** Draws a panel for each swept key: in successive halving of the longest rung, since earlier ones are shorter trainings, but all rungs by length. */
function drawSlices(shown) {
  const measure = sliceMeasure();
  if (!measure || swept.length === 0) return;
  const all = toDraw(shown, measure);
  const last = rungs ? toDraw(ofLongestRung(shown), measure) : all;
  swept.forEach((axis, number) => drawSlice(document.getElementById("slices").children[number], axis, axis.is_rungs ? all : last));
  const { completed, points, diverged, edge } = last;
  const cut = completed.length > points.length ? ` ${points.length.toLocaleString("en")} of ${completed.length.toLocaleString("en")} points are drawn: the best ${BEST_POINTS} and an even sample of the rest; the medians are of all.` : "";
  const triangles = diverged > 0 ? ` ${count(diverged, "diverged trial")} at the top, as triangles.` : "";
  const of = rungs ? ` of the longest rung (${rungs.key} = ${valueText(longestRung(shown))}), by ${shortKey(rungs.key)} of all rungs` : "";
  const edgeOfAll = rungs && all.edge !== edge ? ` By ${shortKey(rungs.key)}, the edge is ${short(all.edge, 3)}.` : "";
  document.getElementById("slices-words").textContent = `Each point is a trial${of}, the line the median.${edgeText(edge)}${edgeOfAll}${triangles}${cut}`;
}

/** Returns what is drawn of these points, and how. */
function toDraw(shown, measure) {
  const isLog = document.getElementById("slice-log").checked;
  const isDrawn = (point) => data.state[point] === COMPLETED && measure.values[point] !== null && (!isLog || measure.values[point] > 0);
  const sign = measure.is_lower_better ? 1 : -1;
  const completed = shown.filter(isDrawn).sort((a, b) => sign * (measure.values[a] - measure.values[b]));
  const lost = shown.filter((point) => data.state[point] === DIVERGED);
  const isCut = document.getElementById("slice-cut").checked && completed.length > 0;
  const edge = isCut ? worstTenth(completed.map((point) => measure.values[point]), measure) : null;
  const clip = (value) => (edge === null ? value : clipped(value, edge, measure));
  return { measure, isLog, edge, clip, completed, points: sample(completed, MOST_POINTS, BEST_POINTS), lost: sample(lost, 500, 0), diverged: lost.length };
}

function drawSlice(place, axis, { measure, isLog, clip, completed, points, lost }) {
  const horizontal = layouts.get(axis);
  const isCategory = horizontal.type === "category";
  const x = (point) => (isCategory ? axis.at[point] : valueAt(axis, point));
  const has = (point) => axis.at[point] !== null;
  const values = completed.map((point) => clip(measure.values[point]));
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const lowest = values.reduce((a, b) => Math.min(a, b), Infinity);
  // Without a completed trial, the triangles stand on an axis of their own.
  const top = values.length === 0 ? 1 : isLog ? highest * Math.max((highest / lowest) ** 0.08, 1.05) : highest + 0.06 * Math.max(highest - lowest, 1e-9);
  const { point: colour, lost: lostColour, ink } = colours();
  const scatter = (list, y, more) => ({ type: "scatter", data: list.filter(has).map((point) => ({ value: [x(point), y(point)], point })), ...more });
  // Seeds have no order that a line could follow.
  const medians = axis.is_seed ? [] : mediansOf(axis, completed, measure, isCategory);
  const isWideEnough = completed.length < 400;
  const series = [
    scatter(points, (point) => clip(measure.values[point]), { symbolSize: isWideEnough ? 7 : 4, itemStyle: { color: colour, opacity: isWideEnough ? 0.55 : 0.3 } }),
    { type: "line", data: medians.map(({ x, median }) => [x, clip(median)]), symbol: "none", lineStyle: { color: ink, width: 1.5 }, silent: true, z: 3, tooltip: { show: false } },
  ];
  if (lost.length > 0) series.push(scatter(lost, () => top, { symbol: "triangle", symbolSize: 9, itemStyle: { color: lostColour, opacity: 0.7 } }));
  const best = medians.reduce((a, b) => (a === null || (measure.is_lower_better ? b.median < a.median : b.median > a.median) ? b : a), null);
  const said = best === null ? "" : ` The best median, ${short(best.median)}, is at ${best.name}.`;
  const words = completed.length === 0 ? `${measure.name} by ${axis.key}: no completed trial is left.` : `${measure.name} by ${axis.key}, a point for each trial.${said}`;
  draw(
    place,
    {
      title: { text: shortKey(axis.key), left: "center", top: 0, textStyle: { color: ink, fontSize: 13, fontWeight: 600 } },
      grid: { left: 8, right: 14, top: 28, bottom: 8, containLabel: true },
      xAxis: axisStyle({ ...horizontal, ...(isCategory ? { jitter: 22, jitterOverlap: true, axisLabel: { interval: 0 } } : {}) }),
      yAxis: axisStyle(values.length > 0 ? { type: isLog ? "log" : "value", scale: true } : { type: "value", min: 0, max: top, show: false }),
      tooltip: hint("item", ({ data: { point } }) => sliceHint(point, measure)),
      series,
    },
    words,
  );
}

function sliceHint(point, measure) {
  const value = data.state[point] === COMPLETED ? `${measure.name} ${short(measure.values[point], 5)}` : stateText(point);
  return [value, ...axes.map((axis) => `${axis.key} = ${valueText(valueAt(axis, point))}`), `trial ${data.trials[point]}`];
}

/** The median of each value of an axis; where the values are many, of twelve bins of about as many trials, in which equal values share a bin. */
function mediansOf(axis, completed, measure, isCategory) {
  const median = (list) => {
    const sorted = list.map((point) => measure.values[point]).sort((a, b) => a - b);
    const half = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  };
  const own = completed.filter((point) => axis.at[point] !== null);
  if (isCategory) {
    const groups = axis.values.map((_, place) => ({ x: place, name: labels.get(axis)[place], points: own.filter((point) => axis.at[point] === place) }));
    return groups.filter((group) => group.points.length > 0).map((group) => ({ ...group, median: median(group.points) }));
  }
  const BINS = 12;
  const sorted = own.sort((a, b) => axis.at[a] - axis.at[b]);
  const cut = (bin) => {
    let place = Math.floor((bin * sorted.length) / BINS);
    while (place > 0 && place < sorted.length && axis.at[sorted[place]] === axis.at[sorted[place - 1]]) place += 1;
    return place;
  };
  const bins = Array.from({ length: BINS }, (_, bin) => sorted.slice(cut(bin), cut(bin + 1)));
  return bins.filter((bin) => bin.length > 0).map((bin) => {
    const middle = valueAt(axis, bin[Math.floor(bin.length / 2)]);
    return { x: middle, name: `about ${short(middle, 3)}`, median: median(bin) };
  });
}
