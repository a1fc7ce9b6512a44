// The filter: which points the table and the plots show.

/** More values of an axis than this, and it is filtered by a lowest and a highest. */
const MOST_CHOICES = 30;

const filters = [];

/** Makes the controls; `changed` is called after each change. */
function makeFilters(changed) {
  const place = document.getElementById("filters");
  for (const axis of swept) {
    if (axis.values.length > MOST_CHOICES && isNumeric(axis)) addRange(place, axis);
    else addChoice(place, axis.key, axis.values.map(valueText), (point) => axis.at[point]);
  }
  const states = data.states.map((name, state) => ({ name, state })).filter(({ state }) => data.state.includes(state));
  if (states.length > 1) {
    addChoice(place, "status", states.map(({ name }) => name), (point) => states.findIndex(({ state }) => state === data.state[point]));
  }
  const form = document.getElementById("filter");
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The controls have their new values after the event only.
  form.addEventListener("reset", () => setTimeout(changed, 0));
  document.getElementById("rows").hidden = settingsOf(points).length === points.length;
}

function labelled(place, name, control) {
  const label = element("label");
  label.append(element("span", name), control);
  place.append(label);
}

function addChoice(place, name, values, of) {
  const select = element("select", "", { "data-filter": name });
  select.append(element("option", "all", { value: "" }));
  values.forEach((value, number) => select.append(element("option", value, { value: number })));
  labelled(place, name, select);
  filters.push((point) => select.value === "" || of(point) === Number(select.value));
}

function addRange(place, axis) {
  const bound = (word, example) => {
    const input = element("input", "", { type: "number", step: "any", placeholder: short(example, 3), "data-filter": `${axis.key} ${word}` });
    labelled(place, `${axis.key} ${word}`, input);
    return () => (Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber);
  };
  const least = bound("from", axis.values[0]);
  const most = bound("to", axis.values.at(-1));
  filters.push((point) => {
    const [from, to, value] = [least(), most(), valueAt(axis, point)];
    return (from === null || value >= from) && (to === null || value <= to);
  });
}

/** The points that pass. */
function filtered() {
  return points.filter((point) => filters.every((passes) => passes(point)));
}

/** Whether a row is a trial; else it is a setting. */
function rowsAreTrials() {
  return document.getElementById("rows").hidden || document.querySelector("input[name=rows]:checked").value === "trials";
}
