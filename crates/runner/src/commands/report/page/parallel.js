// Parallel coordinates: a line for each setting, through its values and the mean of a measure.

const MOST_SETTINGS = 2000;
const BEST_SETTINGS = 500;
/** The best settings, whose lines are bold. */
const BOLD = 3;
let parallelMeasure;

/** Makes the controls. */
function makeParallel(changed) {
  parallelMeasure = chooseMeasure("parallel-of", changed);
  const own = settingAxes.filter((axis) => axis.values.length > 1);
  document.getElementById("parallel-figure").hidden = own.length === 0 || measures.length === 0;
}

/** Draws the settings of some points. */
function drawParallel(shown) {
  const place = document.getElementById("parallel");
  const measure = parallelMeasure();
  const own = settingAxes.filter((axis) => axis.values.length > 1);
  if (!measure || own.length === 0) return;
  document.documentElement.style.setProperty("--ramp", colours().ramp.join(", "));
  const settings = settingsOf(shown);
  const means = settings.map((setting) => ({ setting, mean: spreadOf(completedValues(setting, measure))?.mean }));
  const sign = measure.is_lower_better ? 1 : -1;
  // By the measure that judges, the order is that of the answer: settings that lost a trial, and earlier rungs, come later.
  const isJudge = measure.key === data.judged_by;
  const order = (a, b) => (isJudge ? a.setting.rank - b.setting.rank : sign * (a.mean - b.mean));
  const completed = means.filter(({ mean }) => mean !== undefined).sort(order);
  completed.forEach((line, rank) => Object.assign(line, { rank, share: completed.length > 1 ? rank / (completed.length - 1) : 0 }));
  const drawn = sample(completed, MOST_SETTINGS, BEST_SETTINGS);
  const isNarrow = place.clientWidth < 560;
  const all = completed.map(({ mean }) => mean);
  const edge = hasFarTail(all, measure) ? worstTenth(all, measure) : null;
  const clip = (mean) => (edge === null ? mean : clipped(mean, edge, measure));
  const isLog = isWide(all.map(clip));
  const value = (axis, point) => (axis.at[point] === null ? "-" : layouts.get(axis).type === "category" ? axis.at[point] : valueAt(axis, point));
  const opacity = drawn.length > 300 ? 0.2 : 0.75;
  // The best are drawn last, on top.
  const lines = drawn.toReversed().map(({ setting, mean, share, rank }) => ({
    value: [...own.map((axis) => value(axis, setting.points[0])), clip(mean)],
    lineStyle: { color: rampColour(share), opacity: rank < BOLD ? 1 : opacity, width: rank < BOLD ? 2.2 : 1.2 },
    setting,
  }));
  const { ink, soft } = colours();
  const style = {
    nameLocation: isNarrow ? "start" : "end",
    nameTextStyle: isNarrow ? { color: ink, fontSize: 12, align: "left", verticalAlign: "bottom", padding: [0, 0, 8, 0] } : { color: ink, fontSize: 12, align: "center" },
    nameGap: isNarrow ? 0 : 14,
    axisLine: { lineStyle: { color: soft } },
    axisTick: { lineStyle: { color: soft } },
    axisLabel: { color: soft, hideOverlap: true, textBorderColor: colours().paper, textBorderWidth: 4 },
  };
  const labelled = (laid) => ({ ...style, axisLabel: { ...style.axisLabel, formatter: tickFormatter(laid.type) }, ...laid });
  const parallelAxis = own.map((axis, dim) => ({ ...labelled(layouts.get(axis)), dim, name: shortKey(axis.key) }));
  parallelAxis.push({ ...labelled({ type: isLog ? "log" : "value", scale: true }), dim: own.length, name: measure.name, inverse: !measure.is_lower_better });
  const [best] = completed;
  const words = best ? `${count(completed.length, "setting")} by ${measure.name}; the best, ${short(best.mean)}, is ${settingText(best.setting.points[0])}.` : "No setting with a completed trial is left.";
  draw(
    place,
    {
      parallel: isNarrow ? { layout: "vertical", left: 28, right: 28, top: 34, bottom: 24 } : { left: 48, right: 64, top: 40, bottom: 24 },
      parallelAxis,
      tooltip: hint("item", ({ data: { setting } }) => parallelHint(setting, measure)),
      series: [{ type: "parallel", data: lines, smooth: false, progressive: 0, emphasis: { lineStyle: { width: 3, opacity: 1 } } }],
    },
    words,
  );
  const drag = best ? " Drag along an axis to keep the lines that pass there; click the axis to let go." : "";
  const lost = means.length - completed.length;
  const without = lost > 0 ? ` ${count(lost, "setting")} without a completed trial ${lost === 1 ? "is" : "are"} not drawn.` : "";
  const cut = completed.length > drawn.length ? ` ${drawn.length.toLocaleString("en")} lines are drawn: the best ${BEST_SETTINGS} and an even sample of the rest.` : "";
  document.getElementById("parallel-words").textContent = `${words}${drag}${edgeText(edge)}${without}${cut}`;
}

function parallelHint(setting, measure) {
  const { mean, deviation } = spreadOf(completedValues(setting, measure));
  const own = settingAxes.filter((axis) => axis.values.length > 1);
  const value = `${measure.name} ${short(mean, 5)}${deviation === null ? "" : ` ± ${short(deviation, 2)}`}`;
  return [value, ...own.map((axis) => `${axis.key} = ${valueText(valueAt(axis, setting.points[0]))}`), `rank ${setting.rank}`];
}
