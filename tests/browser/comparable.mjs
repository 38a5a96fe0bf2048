// What an example has written, as far as it does not depend on the order in which its threads came.

/** Of these bytes of the example's standard output. */
export function comparable(example, bytes) {
  // A picture.
  if (example === "mandelbrot") return [...bytes];
  // Threads write in any order, and how often a teller of the bank is refused depends on theirs.
  const text = new TextDecoder().decode(Uint8Array.from(bytes));
  return text.replace(/\d+ refused/, "refused").split("\n").sort();
}
