const STEPS = 1_024;

/**
 * Quantiles of the exponential distribution with mean 1, in millionths: −ln(1 − (i + ½) / 1024).
 *
 * Built from a series of additions and divisions alone, which IEEE 754 defines to the last bit;
 * the logarithm of the standard library differs between processors and versions, and a seed would
 * mean another run elsewhere.
 */
const QUANTILES_PPM = Int32Array.from({ length: STEPS }, (_, i) => Math.floor(1_000_000 * negativeLog((2 * STEPS - 2 * i - 1) / (2 * STEPS))));

/** −ln(x) for 0 < x < 1: halvings until x is near 1, then 2·artanh((1 − x) / (1 + x)). */
function negativeLog(x: number): number {
  let halvings = 0;
  let rest = x;
  while (rest < 0.5) {
    rest *= 2;
    halvings += 1;
  }
  return halvings * 2 * artanh(1 / 3) + 2 * artanh((1 - rest) / (1 + rest)); // ln 2 = 2·artanh(1/3)
}

function artanh(y: number): number {
  let term = y;
  let sum = 0;
  for (let n = 1; n < 80; n += 2) {
    sum += term / n;
    term *= y * y;
  }
  return sum;
}

/** An exponentially distributed whole number with that mean, at most 7.6 times the mean. `value` is any 32-bit number. */
export function exponential(meanUs: number, value: number): number {
  return Math.floor((meanUs * QUANTILES_PPM[value % STEPS]!) / 1_000_000);
}
