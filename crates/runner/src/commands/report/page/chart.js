// What all charts share: their colours, their sizes, their hints.

const LIGHT = {
  ink: "#1c2330", soft: "#566073", line: "#d5dae3", paper: "#ffffff", point: "#0b5cad", lost: "#b3261e",
  series: ["#0b5cad", "#c2571a", "#17713a", "#8a3ea8", "#a07a00", "#00798c", "#b3261e", "#5c5f66", "#d6457c", "#4b7d12", "#6b5bd2", "#8c5a3c"],
  ramp: ["#0d3b78", "#1f74b1", "#49a3a2", "#9bbf6f", "#dcb94c"],
};
const DARK = {
  ink: "#e4e8ef", soft: "#a2acbd", line: "#343c4a", paper: "#12161d", point: "#7db8f7", lost: "#ff9a90",
  series: ["#7db8f7", "#f5a66a", "#6fce90", "#d79bee", "#e5c75a", "#5fd0dd", "#ff9a90", "#b6bcc7", "#ff8fb8", "#a6d66b", "#a99cff", "#d3a483"],
  ramp: ["#f6e27a", "#8fce74", "#3fb2a4", "#3b82c4", "#4a5a8c"],
};
const darkness = matchMedia("(prefers-color-scheme: dark)");
let isPrinting = false;

/** The colours of the moment. */
function colours() {
  return darkness.matches && !isPrinting ? DARK : LIGHT;
}

/** The colour of a share from 0, the best, to 1. */
function rampColour(share) {
  const { ramp } = colours();
  const place = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
  const at = Math.min(Math.floor(place), ramp.length - 2);
  const channel = (colour, start) => parseInt(colour.slice(start, start + 2), 16);
  const mixed = [1, 3, 5].map((start) => {
    const [a, b] = [channel(ramp[at], start), channel(ramp[at + 1], start)];
    return Math.round(a + (b - a) * (place - at));
  });
  return `rgb(${mixed.join(", ")})`;
}

const charts = new Map();

/** Draws an option into an element, with the words that say what is seen. */
function draw(place, option, words) {
  let chart = charts.get(place);
  if (!chart) {
    chart = echarts.init(place, null, { renderer: "canvas" });
    charts.set(place, chart);
    sizes.observe(place);
  }
  place.setAttribute("aria-label", words);
  const { ink } = colours();
  chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink }, ...option }, true);
  return chart;
}

const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => charts.get(target)?.resize()));

/** Takes a chart away. */
function undraw(place) {
  sizes.unobserve(place);
  charts.get(place)?.dispose();
  charts.delete(place);
}

/** What the hints of all charts look like; `lines` gives the texts of one. */
function hint(trigger, lines) {
  const { ink, paper, line } = colours();
  const formatter = (found) => {
    const box = element("div", "", { class: "hint" });
    for (const text of lines(found)) box.append(element("div", text));
    return box;
  };
  return { trigger, confine: true, formatter, backgroundColor: paper, borderColor: line, textStyle: { color: ink } };
}

/** How the ticks of an axis are written: round numbers with all of their digits, and those of a logarithmic axis, which need not be round, with few. */
function tickFormatter(type) {
  const formatters = { value: (number) => short(number, 12), log: (number) => short(number) };
  return formatters[type];
}

/** What all axes look like. */
function axisStyle(more) {
  const { soft, line } = colours();
  const axis = {
    axisLine: { lineStyle: { color: soft } },
    axisLabel: { color: soft, hideOverlap: true, formatter: tickFormatter(more.type) },
    nameTextStyle: { color: soft },
    splitLine: { lineStyle: { color: line } },
    nameLocation: "middle",
  };
  return { ...axis, ...more, axisLabel: { ...axis.axisLabel, ...more.axisLabel } };
}

const layouts = new Map(axes.map((axis) => [axis, layoutOf(axis)]));

/** How the numbers of an axis are laid out: by their places if they are few, else linear or logarithmic. */
function layoutOf(axis) {
  const MOST_PLACES = 12;
  if (axis.values.length <= MOST_PLACES || !isNumeric(axis)) return { type: "category", data: labels.get(axis) };
  const ratio = axis.values[0] > 0 ? axis.values.at(-1) / axis.values[0] : 0;
  return { type: ratio >= (axis.is_log ? 2 : 50) ? "log" : "value", scale: true };
}

/** Whether numbers are spread so widely that only a logarithmic axis shows them. */
function isWide(numbers) {
  const least = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const most = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  return least > 0 && most / least > 20;
}

/** The first `best` of a list and as many of the rest, at even distances, as make `most`. */
function sample(list, most, best) {
  if (list.length <= most) return list;
  const rest = list.slice(best);
  const step = rest.length / (most - best);
  return [...list.slice(0, best), ...Array.from({ length: most - best }, (_, place) => rest[Math.floor(place * step)])];
}

/** Fills a choice of measures, the one that settings are judged by first. */
function chooseMeasure(id, changed) {
  const select = document.getElementById(id);
  for (const measure of measures) {
    const option = element("option", measure.name, { value: measure.key });
    option.selected = measure === judged;
    select.append(option);
  }
  select.addEventListener("change", changed);
  return () => measures.find((measure) => measure.key === select.value);
}
