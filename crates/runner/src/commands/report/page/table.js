// The table: a page of rows, sorted by any column. What settings are judged by, the swept values and the status stand first.

const ROWS = 25;
const table = { columns: [], rows: [], places: new Map(), sorted: 0, isDescending: false, page: 0 };

/** Whether settings are judged by a column. */
function isJudged(column) {
  return column.name === judged.name;
}

/** The columns of trials: each a name, what sorts a row, and what a cell shows. */
function trialColumns() {
  const measured = measures.map((measure) => ({
    name: measure.name,
    isNumber: true,
    isLowerBetter: measure.is_lower_better,
    of: (point) => measure.values[point],
    show: (point) => short(measure.values[point], 5),
  }));
  return [
    { name: "trial", of: (point) => table.places.get(point), show: (point) => data.trials[point], isHead: true },
    ...measured.filter(isJudged),
    ...axes.map((axis) => ({ name: shortKey(axis.key), title: axis.key, isNumber: isNumeric(axis), of: (point) => axis.at[point], show: (point) => valueText(valueAt(axis, point)) })),
    { name: "status", of: (point) => data.state[point], show: stateText },
    ...measured.filter((column) => !isJudged(column)),
    { name: "seconds", isNumber: true, of: (point) => data.seconds[point], show: (point) => short(data.seconds[point], 3) },
    ...(data.machines.length > 0 ? [{ name: "machine", of: (point) => data.machines[point], show: (point) => data.machines[point] ?? "" }] : []),
  ];
}

/** The columns of settings: means over their completed trials. */
function settingColumns() {
  const measured = measures.map((measure) => {
    const spread = (setting) => spreadOf(completedValues(setting, measure));
    const show = (setting) => {
      const found = spread(setting);
      if (found === null) return "";
      return found.deviation === null ? short(found.mean, 5) : [short(found.mean, 4), ` ± ${short(found.deviation, 2)}`];
    };
    return { name: measure.name, isNumber: true, isLowerBetter: measure.is_lower_better, of: (setting) => spread(setting)?.mean ?? null, show };
  });
  const states = (setting) => {
    const counts = data.states.map((name, state) => [setting.points.filter((point) => data.state[point] === state).length, name]);
    return counts.filter(([number]) => number > 0).map(([number, name]) => `${number} ${name}`).join(", ");
  };
  return [
    { name: "rank", isNumber: true, of: (setting) => setting.rank, show: (setting) => String(setting.rank ?? ""), isHead: true },
    ...measured.filter(isJudged),
    ...settingAxes.map((axis) => ({
      name: shortKey(axis.key),
      title: axis.key,
      isNumber: isNumeric(axis),
      of: (setting) => axis.at[setting.points[0]],
      show: (setting) => valueText(valueAt(axis, setting.points[0])),
    })),
    { name: "trials", of: (setting) => setting.points.length, show: states },
    ...measured.filter((column) => !isJudged(column)),
  ];
}

/** Orders rows by a column; rows without a value come last, whichever way. */
function compareBy(column, isDescending) {
  return (a, b) => {
    const [x, y] = [column.of(a), column.of(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return (x < y ? -1 : x > y ? 1 : 0) * (isDescending ? -1 : 1);
  };
}

/** Shows the table of some points. */
function showTable(shown) {
  const trials = rowsAreTrials();
  if (table.trials !== trials) Object.assign(table, { trials, columns: trials ? trialColumns() : settingColumns(), sorted: 0, isDescending: false });
  const settings = settingsOf(shown);
  table.rows = trials ? settings.flatMap((setting) => setting.points) : settings;
  table.places = new Map(table.rows.map((row, place) => [row, place]));
  const all = trials ? count(points.length, "trial") : count(settingsOf(points).length, "setting");
  document.getElementById("count").textContent = `${count(table.rows.length, trials ? "trial" : "setting")} of ${all}`;
  sortTable(0);
}

function sortTable(page) {
  table.rows.sort(compareBy(table.columns[table.sorted], table.isDescending));
  table.page = page;
  drawTable();
}

function sortBy(place) {
  const again = table.sorted === place;
  table.isDescending = again ? !table.isDescending : table.columns[place].isLowerBetter === false;
  table.sorted = place;
  sortTable(0);
  document.querySelectorAll("#table thead button")[place].focus();
}

function drawTable() {
  const made = element("table");
  const heads = element("tr");
  table.columns.forEach((column, place) => {
    const sort = place === table.sorted ? (table.isDescending ? "descending" : "ascending") : "none";
    const head = element("th", "", { scope: "col", "aria-sort": sort });
    if (column.isNumber) head.className = "number";
    const button = element("button", column.name, { type: "button", ...(column.title ? { title: column.title } : {}) });
    button.addEventListener("click", () => sortBy(place));
    head.append(button);
    heads.append(head);
  });
  const head = element("thead");
  head.append(heads);
  const body = element("tbody");
  for (const row of table.rows.slice(table.page * ROWS, (table.page + 1) * ROWS)) body.append(tableRow(row));
  made.append(head, body);
  const place = document.getElementById("table");
  const left = place.scrollLeft;
  place.replaceChildren(made);
  place.scrollLeft = left;
  drawPager();
}

function tableRow(row) {
  const made = element("tr");
  for (const column of table.columns) {
    const [text, spread] = [column.show(row)].flat();
    const cell = column.isHead ? element("th", text, { scope: "row" }) : element("td", text);
    if (spread) cell.append(element("span", spread, { class: "spread" }));
    if (column.isNumber) cell.classList.add("number");
    made.append(cell);
  }
  return made;
}

function drawPager() {
  const first = table.page * ROWS;
  const last = Math.min(first + ROWS, table.rows.length);
  document.getElementById("place").textContent = last === 0 ? "no rows" : `rows ${first + 1} to ${last} of ${table.rows.length.toLocaleString("en")}`;
  document.getElementById("previous").disabled = table.page === 0;
  document.getElementById("next").disabled = last >= table.rows.length;
  document.querySelector(".pager").hidden = table.rows.length <= ROWS && table.rows.length > 0;
}

/** Lets the pager turn pages. */
function makePager() {
  document.getElementById("previous").addEventListener("click", () => { table.page -= 1; drawTable(); });
  document.getElementById("next").addEventListener("click", () => { table.page += 1; drawTable(); });
}
