// Elements are made here, and what comes from the trace gets in as text alone: nothing on this page parses markup.

/** An element with attributes, listeners (`onclick`) and children; strings become text. */
function make(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  return fill(element, attributes, classes, children);
}

/** The same for a drawing. */
function draw(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  return fill(element, attributes, classes, children);
}

function fill(element, attributes, classes, children) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const byId = (id) => document.getElementById(id);

/** A button with a text. */
const button = (text, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, text);

/** A place: short to see, and whole to those who look. */
const placeElement = (number) => make("code.place", { title: placeOf(number) }, shortPlace(number));

/** The lines around a place, the place's own marked; null where they are not there. */
function excerptElement(number) {
  const excerpt = EXCERPTS.get(number);
  if (!excerpt) return null;
  const own = DATA.places[number][1];
  const lines = excerpt.lines.map((line, at) => {
    const here = excerpt.first + at === own;
    return make(
      here ? "span.line.here" : "span.line",
      here ? { "aria-current": "location" } : {},
      make("span.number", {}, String(excerpt.first + at)),
      line || " ",
      "\n",
    );
  });
  return make("pre.excerpt", { tabindex: "0", role: "region", "aria-label": `Source around ${placeOf(number)}` }, lines);
}

/** A share of a whole as a bar behind its number. */
function shareElement(part, whole, kind = "wait") {
  const bar = make(`span.share.${kind}`, { "aria-hidden": "true" });
  bar.style.setProperty("--share", String(whole ? Math.min(1, part / whole) : 0));
  return bar;
}

/** What may be wider than the page: scrolled by itself, by keyboard too. */
const scrolled = (label, child) => make("div.scrolled", { tabindex: "0", role: "region", "aria-label": label }, child);

/** Says something to those who do not see it. */
function say(text) {
  byId("said").textContent = text;
}

