// Charts: a `figure[data-chart]` is drawn by uPlot from the table it holds, so picture and numbers always agree.
//
// "bars" are counts by class, "line" values over time; a cell without data-value is a gap. Colours come from the style sheet.
// Without script, and on paper, the table alone remains. uPlot is fetched only when a page has a chart.

const data = JSON.parse(document.getElementById("base-data").textContent);
const HEIGHT = 260;
// Steps of an axis of counts: there is no half a candidate.
const WHOLE = [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power)).sort((a, b) => a - b);
let loading = null;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = data.assets.uplotCss;
    const script = document.createElement("script");
    script.src = data.assets.uplot;
    script.onload = () => resolve(window.uPlot);
    script.onerror = () => reject(new Error("charts could not be loaded"));
    document.head.append(sheet, script);
  });
  return loading;
}

function numbers(figure) {
  const table = figure.querySelector("table");
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent.trim());
  const series = names.map((_, at) => rows.map((row) => {
    const value = row.cells[at + 1].dataset.value;
    return value === undefined ? null : Number(value);
  }));
  return { names, labels, series };
}

function palette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    series: ["--accent", "--warn", "--good", "--bad"].map(read), ink: read("--ink"), muted: read("--muted"), line: read("--line"),
    bad: read("--bad"), font: `13px ${getComputedStyle(document.body).fontFamily}`,
  };
}

// A vertical line in front of the bar with this index, e.g. the cut score.
function mark(figure, colours) {
  const at = figure.dataset.mark;
  if (at === undefined) return {};
  return { hooks: { draw: [(plot) => {
    const x = plot.valToPos(Number(at) - 0.5, "x", true);
    const { top, height } = plot.bbox;
    plot.ctx.save();
    plot.ctx.strokeStyle = plot.ctx.fillStyle = colours.bad;
    plot.ctx.lineWidth = 2 * devicePixelRatio;
    plot.ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    plot.ctx.beginPath();
    plot.ctx.moveTo(x, top);
    plot.ctx.lineTo(x, top + height);
    plot.ctx.stroke();
    plot.ctx.font = colours.font.replace("13px", `${13 * devicePixelRatio}px`);
    const text = figure.dataset.markText ?? "";
    const before = x + plot.ctx.measureText(text).width + 16 * devicePixelRatio > plot.bbox.left + plot.bbox.width;
    plot.ctx.textAlign = before ? "right" : "left";
    plot.ctx.fillText(text, x + (before ? -6 : 6) * devicePixelRatio, top + 14 * devicePixelRatio);
    plot.ctx.restore();
  }] } };
}

function options(uPlot, figure, { names, labels }, width, colours) {
  const bars = figure.dataset.chart === "bars";
  const widest = Math.max(...labels.map((label) => label.length), 1);
  const step = Math.max(1, Math.ceil(labels.length / Math.max(1, Math.floor((width - 60) / (widest * 9 + 16)))));
  const axis = { stroke: colours.muted, font: colours.font, ticks: { stroke: colours.line, width: 1 } };
  const series = names.map((label, at) => ({
    label, stroke: colours.series[at % 4], width: 2, fill: bars ? colours.series[at % 4] : undefined,
    dash: !bars && at % 4 ? [[], [8, 4], [2, 4], [12, 4, 2, 4]][at % 4] : undefined,
    points: { show: !bars, size: 7 }, paths: bars ? uPlot.paths.bars({ size: [0.8, 64], gap: 1 }) : undefined,
  }));
  return {
    width, height: HEIGHT, ...mark(figure, colours), cursor: { drag: { x: false, y: false }, y: false },
    legend: { show: names.length > 1, live: false },
    scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 1) * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, splits: labels.map((_, at) => at).filter((at) => at % step === 0), values: (_, splits) => splits.map((at) => labels[at] ?? "") },
      { ...axis, size: 52, ...(bars ? { incrs: WHOLE } : {}), grid: { stroke: colours.line, width: 1 }, values: (_, splits) => splits.map((value) => `${value}${figure.dataset.unit}`) },
    ],
    series: [{}, ...series],
  };
}

function draw(uPlot, figure) {
  const place = figure.querySelector(".plot");
  const read = numbers(figure);
  place.hidden = false;
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", figure.querySelector("figcaption").textContent.trim());
  let plot = null;
  const redraw = () => {
    const width = Math.floor(place.clientWidth);
    if (!width || plot?.width === width) return;
    plot?.destroy();
    plot = new uPlot(options(uPlot, figure, read, width, palette()), [read.labels.map((_, at) => at), ...read.series], place);
  };
  redraw();
  new ResizeObserver(redraw).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { plot?.destroy(); plot = null; redraw(); });
}

/** Draw the charts inside `root` that are not drawn yet. */
export async function renderCharts(root = document) {
  const figures = [...root.querySelectorAll("figure[data-chart]:not(.drawn)")].filter((figure) => figure.querySelector("tbody tr"));
  if (!figures.length) return;
  for (const figure of figures) figure.classList.add("drawn");
  try {
    const uPlot = await load();
    for (const figure of figures) draw(uPlot, figure);
  } catch (error) {
    for (const figure of figures) figure.querySelector("details").open = true;
    console.error(error);
  }
}

renderCharts();
document.addEventListener("htmx:load", (event) => renderCharts(event.target));
