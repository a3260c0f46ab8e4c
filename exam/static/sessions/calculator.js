// The calculator's panel: a line to type in, buttons that type for you, the result below. It never touches an answer.

import { CalculatorError, evaluate, format } from "./decimal.js";

/** Wire the panel. `texts.calculatorErrors` has a sentence for each code. */
export function createCalculator({ panel, opener, texts }) {
  const line = panel.querySelector("[data-calculator-line]");
  const result = panel.querySelector("[data-calculator-result]");
  let answer = { n: 0n, d: 1n };

  function compute() {
    if (!line.value.trim()) return;
    try {
      answer = evaluate(line.value, answer);
      result.textContent = `= ${format(answer)}`;
      line.select();
    } catch (error) {
      if (!(error instanceof CalculatorError)) throw error;
      result.textContent = texts.calculatorErrors[error.message];
    }
  }

  // After a result, an operator goes on from it; a digit starts anew.
  const fresh = () => line.selectionStart === 0 && line.selectionEnd === line.value.length && line.value !== "";
  const goesOn = (text) => fresh() && /^[-+*/×÷^%]$/.test(text);

  function type(text) {
    const insert = goesOn(text) ? `Ans${text}` : text;
    line.setRangeText(insert, line.selectionStart, line.selectionEnd, "end");
  }

  function erase() {
    const start = line.selectionStart === line.selectionEnd ? Math.max(0, line.selectionStart - 1) : line.selectionStart;
    line.setRangeText("", start, line.selectionEnd, "end");
  }

  function close() {
    panel.close();
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  }

  function toggle() {
    if (panel.open) return close();
    panel.show();
    opener.setAttribute("aria-expanded", "true");
    line.focus();
    return undefined;
  }

  panel.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if (key.dataset.type) type(key.dataset.type);
    else if (key.dataset.do === "equals") compute();
    else if (key.dataset.do === "erase") erase();
    else if (key.dataset.do === "clear") { line.value = ""; result.textContent = ""; }
    else if (key.dataset.do === "close") close();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.preventDefault(); close(); }
    if (event.target === line && goesOn(event.key)) { event.preventDefault(); type(event.key); }
    if ((event.key === "Enter" || event.key === "=") && event.target === line) { event.preventDefault(); compute(); }
  });
  opener.addEventListener("click", toggle);
  return { toggle };
}
