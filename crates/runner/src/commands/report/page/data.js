// The data of the page, and how its numbers are written.

const data = JSON.parse(document.getElementById("data").textContent);
const axes = data.axes.filter((axis) => axis.values.length > 0);
const swept = axes.filter((axis) => axis.values.length > 1);
const rungs = swept.find((axis) => axis.is_rungs);
const settingAxes = axes.filter((axis) => !axis.is_seed);
const measures = data.measures;
const judged = measures.find((measure) => measure.key === data.judged_by) ?? measures[0];
const COMPLETED = data.states.indexOf("completed");
const DIVERGED = data.states.indexOf("diverged");
const FAILED = data.states.indexOf("failed");
const UNFINISHED = data.states.indexOf("not finished");
const points = data.trials.map((_, point) => point);

/** Formats a number with at most `digits` significant digits; one that is large has an exponent. */
function short(number, digits = 4) {
  const LARGE = 1e6;
  if (number === null || number === undefined || Number.isNaN(number)) return "";
  const rounded = Number(number.toPrecision(digits));
  return Math.abs(rounded) < LARGE ? String(rounded) : rounded.toExponential().replace("e+", "e");
}

/** Formats a value of an axis: a whole number with all of its digits, another with few. */
function valueText(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : short(value, 6);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The values of an axis: whole numbers with all of their digits, others with few: as many as they have, or else as tell them apart. */
function labelsOf(axis) {
  if (!isNumeric(axis)) return axis.values.map(valueText);
  const labelled = (digits) => axis.values.map((value) => (Number.isSafeInteger(value) ? String(value) : short(value, digits)));
  const isWhole = (labels) => labels.every((label, place) => Number(label) === axis.values[place]);
  const isApart = (labels) => new Set(labels).size === labels.length;
  const whole = [1, 2, 3, 4, 5, 6].map(labelled).find(isWhole);
  if (whole) return whole;
  return [2, 3, 4, 6, 9, 12].map(labelled).find(isApart) ?? labelled(17);
}

const labels = new Map(axes.map((axis) => [axis, labelsOf(axis)]));

/** The value of an axis at a point; undefined if the point has none. */
function valueAt(axis, point) {
  const place = axis.at[point];
  return place === null ? undefined : axis.values[place];
}

/** Whether an axis has numbers only. */
function isNumeric(axis) {
  return axis.values.every((value) => typeof value === "number");
}

/** The last part of a key: what it is called where there is little room. */
function shortKey(key) {
  const last = (key) => key.slice(key.lastIndexOf(".") + 1);
  const namesakes = axes.filter((axis) => last(axis.key) === last(key));
  return (namesakes.length > 1 ? key : last(key)).replaceAll("_", " ");
}

/** A number with its noun, such as "1 trial" and "2 trials". */
function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** What became of a trial, with the iteration if it ended early. */
function stateText(point) {
  const state = data.states[data.state[point]];
  const ended = data.ended_at[point];
  if (ended === null) return state;
  return data.state[point] === COMPLETED ? `stopped at ${ended}` : `${state} at ${ended}`;
}

/** Mean and standard deviation of numbers; null if there are none. */
function spreadOf(numbers) {
  if (numbers.length === 0) return null;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  // As shares of the largest one, no square leaves the range.
  const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number - mean)), 0);
  const squares = largest === 0 ? 0 : numbers.reduce((sum, number) => sum + ((number - mean) / largest) ** 2, 0);
  return { mean, deviation: numbers.length > 1 ? largest * Math.sqrt(squares / (numbers.length - 1)) : null };
}

/**
 * The settings of some points, the best first, each with its rank among them, which is null without a completed trial. Where the filter
 * takes away a part of a setting's points, as that of one seed, settings are ranked by what is left, as `runner show --where` does it.
 */
function settingsOf(points) {
  const grouped = grouping(points);
  const isWhole = grouped.every(({ number, points }) => points.length === pointsOfSetting.get(number));
  const settings = grouped.map((setting) => {
    const losses = completedValues(setting, judged);
    const mean = Number(spreadOf(losses)?.mean.toPrecision(12) ?? Infinity);
    return { ...setting, order: [-rungOf(setting), losses.length === 0, losses.length < setting.points.length, mean, setting.number] };
  });
  const compare = (a, b) => a.order.map((own, place) => own - b.order[place]).find((difference) => difference < 0 || difference > 0) ?? 0;
  settings.sort(isWhole ? (a, b) => a.number - b.number : compare);
  let rank = 0;
  return settings.map(({ number, points, order: [, isUnranked] }) => ({ number, points, rank: isUnranked ? null : ++rank }));
}

/** Some points by their settings. */
function grouping(points) {
  const settings = new Map();
  for (const point of points) {
    const number = data.settings[point];
    if (!settings.has(number)) settings.set(number, { number, points: [] });
    settings.get(number).points.push(point);
  }
  return [...settings.values()];
}

const pointsOfSetting = new Map(grouping(points).map(({ number, points }) => [number, points.length]));

/** The length of a setting's rung, if a trial of it has finished; else, and without successive halving, 0. */
function rungOf(setting) {
  const finished = setting.points.find((point) => data.state[point] !== UNFINISHED);
  return rungs && finished !== undefined ? valueAt(rungs, finished) : 0;
}

/** The numbers of a measure over the completed trials of a setting. */
function completedValues(setting, measure) {
  if (!measure) return [];
  const completed = setting.points.filter((point) => data.state[point] === COMPLETED);
  return completed.map((point) => measure.values[point]).filter((value) => value !== null);
}

/** The swept values of a setting in a few words. */
function settingText(point) {
  const own = settingAxes.filter((axis) => axis.values.length > 1 && axis.at[point] !== null);
  return own.map((axis) => `${shortKey(axis.key)} ${labels.get(axis)[axis.at[point]]}`).join(", ") || "the setting";
}

/** Makes an element with a text and attributes; a text never becomes tags. */
function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
