// The data, and how numbers, times, places and names are written.

const DATA = JSON.parse(document.getElementById("data").textContent);

/** The text with this number; null where there is none. */
const textOf = (number) => (number === null || number === undefined ? null : DATA.texts[number]);

/** As `1,234`. */
const count = (number) => Math.round(number).toLocaleString("en-US");

/** As `1 lock`, `2 locks`. */
const things = (number, thing) => `${count(number)} ${thing}${number === 1 ? "" : "s"}`;

/** Nanoseconds with three digits and a unit. */
function time(ns) {
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  for (const [unit, size] of [["µs", 1e3], ["ms", 1e6], ["s", 1e9]]) {
    const value = ns / size;
    if (value < 999.5 || unit === "s") {
      return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${unit}`;
    }
  }
}

/** A part of a whole in percent: never nothing if it is something. */
function percent(part, whole) {
  if (!whole || !part) return "0 %";
  const value = (part / whole) * 100;
  return value < 0.1 ? "<0.1 %" : `${value.toFixed(value < 9.95 ? 1 : 0)} %`;
}

/** `file:line:column` of the place with this number. */
function placeOf(number) {
  const place = DATA.places[number];
  return place ? `${textOf(place[0])}:${place[1]}:${place[2]}` : "an unknown place";
}

/** The same as short as it is told apart by most: `main.rs:12`. */
function shortPlace(number) {
  const place = DATA.places[number];
  return place ? `${textOf(place[0]).split(/[\\/]/).pop()}:${place[1]}` : "unknown";
}

const hex = (number) => `0x${number.toString(16)}`;

/** A lock or condition variable by its name, else by where it was made, else by its address. */
const lockName = ({ name, made, id }) => textOf(name) ?? (made ? `${shortPlace(made)} ${hex(id)}` : hex(id));

/** A thread by its name and number. */
const threadName = (id, name) => (textOf(name) === null ? `thread ${id}` : `${textOf(name)} (${id})`);

/** The lines around places, by the place's number. */
const EXCERPTS = new Map(DATA.excerpts.map((excerpt) => [excerpt.place, excerpt]));

/** The bytes of a text in base64. */
function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

