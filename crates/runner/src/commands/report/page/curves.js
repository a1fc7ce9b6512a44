// Curves: what the best settings recorded over the iterations, a line for each trial.

const MOST_LINES = 120;
const curves = data.curves;

/** Makes the controls. */
function makeCurves(changed) {
  const select = document.getElementById("curve-of");
  curves.names.forEach((name, number) => select.append(element("option", name.replaceAll("_", " "), { value: number })));
  const logarithmic = document.getElementById("curve-log");
  const choose = () => {
    const best = settingsOf(points)[0]?.points[0];
    logarithmic.checked = best !== undefined && isWide((curves.values[Number(select.value)]?.[best] ?? []).filter((value) => value !== null));
    changed();
  };
  select.addEventListener("change", choose);
  document.getElementById("curve-count").addEventListener("change", changed);
  logarithmic.addEventListener("change", changed);
  if (curves.names.length > 0) choose();
}

/** Draws the curves of the best settings of some points. */
function drawCurves(shown) {
  const place = document.getElementById("curves");
  const caption = document.getElementById("curves-words");
  const measured = Number(document.getElementById("curve-of").value);
  const values = curves.values[measured] ?? [];
  const own = settingsOf(shown).map((setting) => ({ ...setting, points: setting.points.filter((point) => values[point]) }));
  const recorded = own.filter((setting) => setting.points.length > 0);
  const most = Number(document.getElementById("curve-count").value);
  const settings = recorded.slice(0, most);
  const name = (curves.names[measured] ?? "cost").replaceAll("_", " ");
  if (settings.length === 0) {
    undraw(place);
    place.hidden = true;
    drawLegend([]);
    caption.textContent = "No curve is left.";
    return;
  }
  place.hidden = false;
  const isLog = document.getElementById("curve-log").checked;
  const { series: palette } = colours();
  const line = (point, number, setting) => ({
    name: settingText(setting.points[0]),
    type: "line",
    data: curves.grids[curves.grid[point]].map((iteration, at) => [iteration, isLog && values[point][at] <= 0 ? null : values[point][at]]),
    symbol: "circle",
    symbolSize: 5,
    showSymbol: curves.grids[curves.grid[point]].length < 2,
    lineStyle: { width: 1.6, opacity: setting.points.length > 1 ? 0.75 : 1 },
    color: palette[number % palette.length],
    emphasis: { focus: "series" },
    point,
    setting,
  });
  const lines = settings.flatMap((setting, number) => setting.points.map((point) => line(point, number, setting))).slice(0, MOST_LINES);
  const words = `${name[0].toUpperCase()}${name.slice(1)} over the iterations of ${count(settings.length, "setting")}. ${curveWords(settings, values, name)}`;
  draw(
    place,
    {
      grid: { left: 12, right: 16, top: 30, bottom: 30, containLabel: true },
      xAxis: axisStyle({ type: "value", name: "iteration", nameGap: 26, max: "dataMax" }),
      yAxis: axisStyle({ type: isLog ? "log" : "value", scale: true, name, nameLocation: "end", nameTextStyle: { align: "left", color: colours().soft } }),
      tooltip: { ...hint("axis", (found) => curveHint(found, lines, name)), axisPointer: { type: "line" } },
      series: lines,
    },
    words,
  );
  drawLegend(settings.map((setting, number) => [settingText(setting.points[0]), palette[number % palette.length]]));
  const all = settings.reduce((sum, setting) => sum + setting.points.length, 0);
  const cut = lines.length < all ? ` Only ${lines.length} of their ${all} trials are drawn.` : "";
  const left = recorded.length - settings.length;
  const rest = left > 0 ? ` ${count(left, "other setting")} ${left === 1 ? "is" : "are"} not drawn.` : "";
  caption.textContent = `${words}${cut}${rest}`;
}

/** Lists the settings with the colours of their lines. */
function drawLegend(entries) {
  const items = entries.map(([text, colour]) => {
    const item = element("li");
    const swatch = element("span", "", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = colour;
    item.append(swatch, text);
    return item;
  });
  document.getElementById("curves-legend").replaceChildren(...items);
}

function curveWords(settings, values, name) {
  const [best] = settings;
  const completed = best.points.filter((point) => data.state[point] === COMPLETED);
  const recorded = (completed.length > 0 ? completed : best.points).map((point) => values[point].filter((value) => value !== null));
  const lists = recorded.filter((list) => list.length > 0);
  if (lists.length === 0) return "";
  const mean = (pick) => short(lists.reduce((sum, list) => sum + pick(list), 0) / lists.length);
  const [first, last] = [mean((list) => list[0]), mean((list) => list.at(-1))];
  const what = lists.length > 1 ? `mean ${name} of ${lists.length} trials` : name;
  return `Of the first, ${settingText(best.points[0])}, the ${what} goes from ${first} to ${last}.`;
}

/** The mean of each setting at the iteration under the pointer, which has `found` points of some of the `lines`. */
function curveHint(found, lines, name) {
  const values = new Map();
  for (const { seriesIndex, value } of found) {
    if (value[1] === null || value[1] === undefined) continue;
    const { setting } = lines[seriesIndex];
    values.set(setting, [...(values.get(setting) ?? []), value[1]]);
  }
  const means = [...values].map(([setting, numbers]) => ({ setting, ...spreadOf(numbers) })).sort((a, b) => a.mean - b.mean);
  const text = ({ setting, mean, deviation }) => `${short(mean)}${deviation === null ? "" : ` ± ${short(deviation, 2)}`}  ${settingText(setting.points[0])}`;
  return [`iteration ${found[0]?.axisValue ?? ""}, ${name}`, ...means.slice(0, 12).map(text)];
}
