// The arithmetic of the candidate's calculator: exact fractions of whole numbers, no floating point, no eval.

const MOST_LENGTH = 200;
const MOST_DIGITS = 4000;
const SHOWN_DIGITS = 12;
const ROOT_SCALE = 10n ** 40n;

/** What went wrong, as a code: "syntax", "zero" (division by zero), "root" (of a negative number), "too-large". */
export class CalculatorError extends Error {}

const fail = (code) => { throw new CalculatorError(code); };
const magnitude = (n) => (n < 0n ? -n : n);

function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

function fraction(n, d = 1n) {
  if (d === 0n) fail("zero");
  const sign = d < 0n ? -1n : 1n;
  const shared = gcd(magnitude(n), magnitude(d)) || 1n;
  const made = { n: (sign * n) / shared, d: (sign * d) / shared };
  if (magnitude(made.n).toString().length > MOST_DIGITS || made.d.toString().length > MOST_DIGITS) fail("too-large");
  return made;
}

const add = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d);
const multiply = (a, b) => fraction(a.n * b.n, a.d * b.d);
const negate = (a) => ({ n: -a.n, d: a.d });
const divide = (a, b) => (b.n === 0n ? fail("zero") : fraction(a.n * b.d, a.d * b.n));

function wholeRoot(n) {
  if (n < 2n) return n;
  let guess = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + n / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Exact for squares of fractions, otherwise right to 40 decimals. */
function squareRoot(a) {
  if (a.n < 0n) fail("root");
  const [n, d] = [wholeRoot(a.n), wholeRoot(a.d)];
  if (n * n === a.n && d * d === a.d) return fraction(n, d);
  return fraction(wholeRoot((a.n * ROOT_SCALE * ROOT_SCALE) / a.d), ROOT_SCALE);
}

function power(a, exponent) {
  if (exponent.d !== 1n) fail("syntax");
  if (magnitude(exponent.n) > 999n) fail("too-large");
  const digits = (magnitude(a.n).toString().length + a.d.toString().length) * Number(magnitude(exponent.n));
  if (digits > 4 * MOST_DIGITS) fail("too-large");
  const raised = fraction(a.n ** magnitude(exponent.n), a.d ** magnitude(exponent.n));
  return exponent.n < 0n ? divide({ n: 1n, d: 1n }, raised) : raised;
}

function number(text) {
  const [whole, decimals = ""] = text.split(".");
  return fraction(BigInt(`${whole}${decimals}` || "0"), 10n ** BigInt(decimals.length));
}

const FOLDED = { "×": "*", "✕": "*", x: "*", X: "*", "÷": "/", "−": "-", "–": "-", "（": "(", "）": ")", "。": ".", "，": "", ",": "", "％": "%", "＝": "" };

function tokens(text) {
  if (text.length > MOST_LENGTH) fail("too-large");
  const folded = [...text.normalize("NFKC")].map((letter) => FOLDED[letter] ?? letter).join("");
  const found = folded.match(/\d+\.?\d*|\.\d+|Ans|[-+*/()^%√]|\S/gi) ?? [];
  return found;
}

/** The value of an expression as a fraction { n, d }; `answer` is what "Ans" stands for. Throws CalculatorError. */
export function evaluate(text, answer = { n: 0n, d: 1n }) {
  const list = tokens(text);
  let at = 0;
  const take = (...wanted) => (wanted.includes(list[at]) ? list[at++] : null);

  function sum() {
    let value = product();
    for (let sign = take("+", "-"); sign; sign = take("+", "-")) value = add(value, sign === "-" ? negate(product()) : product());
    return value;
  }
  function product() {
    let value = signed();
    for (;;) {
      const sign = take("*", "/");
      // 2(3+4) and 2√9 are products too.
      if (!sign && !["(", "√"].includes(list[at])) return value;
      value = sign === "/" ? divide(value, signed()) : multiply(value, signed());
    }
  }
  function signed() {
    if (take("-")) return negate(signed());
    if (take("+")) return signed();
    return raised();
  }
  function raised() {
    const base = percent();
    return take("^") ? power(base, signed()) : base;
  }
  function percent() {
    let value = atom();
    while (take("%")) value = divide(value, { n: 100n, d: 1n });
    return value;
  }
  function atom() {
    const token = list[at];
    if (token === undefined) fail("syntax");
    at += 1;
    if (/^[\d.]/.test(token)) return number(token);
    if (token.toLowerCase() === "ans") return answer;
    if (token === "√") return squareRoot(percent());
    if (token !== "(") fail("syntax");
    const value = sum();
    // A closing bracket at the very end may be left out, as on pocket calculators.
    if (!take(")") && at < list.length) fail("syntax");
    return value;
  }

  const value = sum();
  if (at < list.length) fail("syntax");
  return value;
}

/** A fraction as people read it: exact where 12 significant digits suffice, else rounded half up to 12; 1.5e+20 when long. */
export function format(value) {
  if (value.n === 0n) return "0";
  const sign = value.n < 0n ? "-" : "";
  const n = magnitude(value.n);
  let exponent = n.toString().length - value.d.toString().length;
  const scaled = (power10) => (power10 >= 0 ? (2n * n * 10n ** BigInt(power10) + value.d) / (2n * value.d) : (2n * n + value.d * 10n ** BigInt(-power10)) / (2n * value.d * 10n ** BigInt(-power10)));
  if (n * 10n ** BigInt(Math.max(0, -exponent)) < value.d * 10n ** BigInt(Math.max(0, exponent))) exponent -= 1;
  let digits = scaled(SHOWN_DIGITS - 1 - exponent).toString();
  if (digits.length > SHOWN_DIGITS) exponent += 1;
  digits = digits.slice(0, SHOWN_DIGITS).replace(/0+$/, "");
  if (exponent >= SHOWN_DIGITS + 3 || exponent < -6) {
    return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return sign + whole + (digits.length > exponent + 1 ? `.${digits.slice(exponent + 1)}` : "");
}
