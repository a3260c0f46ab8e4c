// Formulas: every `.math[data-tex]` is drawn by KaTeX, which is fetched only when a page has a formula.
//
// KaTeX builds elements and sets their styles through the CSSOM, which `style-src 'self'` allows (markup with style attributes
// would be refused). Until it is drawn, and if it can't be, the formula's source stays readable in its place.
// After adding formulas to a page, call `renderMath(element)` or dispatch "content:changed" from the element.

const data = JSON.parse(document.getElementById("base-data").textContent);
let loading = null;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = data.assets.katexCss;
    const script = document.createElement("script");
    script.src = data.assets.katex;
    const styled = new Promise((done) => { sheet.onload = sheet.onerror = done; });
    script.onload = () => styled.then(() => resolve(window.katex));
    script.onerror = () => { loading = null; script.remove(); reject(new Error("formulas could not be loaded")); };
    document.head.append(sheet, script);
  });
  return loading;
}

// A formula wider than its column scrolls in place, and then also by keys.
const widths = new ResizeObserver((entries) => { for (const { target } of entries) reachable(target); });
function reachable(element) {
  if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}

function draw(katex, element) {
  const display = element.classList.contains("display");
  element.classList.add("drawn");
  try {
    // KaTeX would show its own errors with a style attribute, which the page's policy refuses: hence throwOnError.
    katex.render(element.dataset.tex, element, {
      displayMode: display, throwOnError: true, trust: false, strict: "ignore", maxSize: 20, maxExpand: 200, output: "htmlAndMathml",
    });
  } catch (error) {
    if (!(error instanceof katex.ParseError)) throw error;
    element.classList.add("wrong");
    element.title = error.message;
    element.textContent = element.dataset.tex;
  }
  if (!display) return;
  widths.observe(element);
  document.fonts.ready.then(() => reachable(element));
}

/** Draw the formulas inside `root` that are not drawn yet; resolves when done. Without KaTeX their source stays. */
export async function renderMath(root = document) {
  const waiting = [...root.querySelectorAll(".math[data-tex]:not(.drawn)")];
  if (root instanceof Element && root.matches(".math[data-tex]:not(.drawn)")) waiting.push(root);
  if (!waiting.length) return;
  try {
    const katex = await load();
    for (const element of waiting) if (!element.classList.contains("drawn")) draw(katex, element);
  } catch (error) {
    console.error(error);
  }
}

renderMath();
for (const name of ["htmx:load", "content:changed"]) {
  document.addEventListener(name, (event) => renderMath(event.target instanceof Element ? event.target : document));
}
