// The lock order as a drawing, laid out before: boxes are locks that were made at one place, a line leads from what was held to
// what was taken meanwhile. And the same as a list, for who reads.

const BOX = { width: 200, height: 46, across: 96, down: 26, margin: 30 };

const LINE_KINDS = {
  actual: "deadlocked",
  predicted: "predicted deadlock",
  inversion: "order inversion",
  circle: "in a circle",
  plain: "one way only",
};

const kindOf = (line) => line.kind ?? (line.circle ? "circle" : "plain");

function showOrder() {
  const order = DATA.order;
  const body = byId("order-body");
  if (!order.lines.length) {
    body.append(make("p.card.empty", {}, "No thread took one lock while it held another."));
    return;
  }
  const rows = Math.max(...order.boxes.map((box) => box.row)) + 1;
  const columns = Math.max(...order.boxes.map((box) => box.column)) + 1;
  const inColumn = Array.from({ length: columns }, (_, column) => order.boxes.filter((box) => box.column === column).length);
  const places = order.boxes.map((box) => ({
    x: BOX.margin + box.column * (BOX.width + BOX.across),
    y: BOX.margin + (box.row + (rows - inColumn[box.column]) / 2) * (BOX.height + BOX.down),
  }));
  const [width, height] = [
    BOX.margin * 2 + columns * BOX.width + (columns - 1) * BOX.across,
    BOX.margin * 2 + rows * BOX.height + (rows - 1) * BOX.down,
  ];
  const kinds = Object.keys(LINE_KINDS).filter((kind) => order.lines.some((line) => kindOf(line) === kind));
  const heads = kinds.map((kind) =>
    draw("marker", { id: `head-${kind}`, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto-start-reverse" }, draw(`path.head.${kind}`, { d: "M0 0 8 4 0 8z" })),
  );
  const lines = order.lines.map((line) =>
    draw(
      `path.line.${kindOf(line)}`,
      { d: pathOf(places, line), "marker-end": `url(#head-${kindOf(line)})` },
      draw("title", {}, lineText(line)),
    ),
  );
  const told = make("div.detail", { role: "status", id: "order-told" }, make("p.hint", {}, "Choose a box: this lists what was taken while it was held, and what was held when it was taken."));
  const boxes = order.boxes.map((box, at) => boxElement(box, at, places[at], () => choose(at)));
  const choose = (chosen) => {
    const near = (line) => line.from === chosen || line.to === chosen;
    order.lines.forEach((line, at) => lines[at].classList.toggle("dim", !near(line)));
    boxes.forEach((box, at) => {
      const is = at === chosen || order.lines.some((line) => near(line) && (line.from === at || line.to === at));
      box.classList.toggle("dim", !is);
      box.setAttribute("aria-pressed", String(at === chosen));
    });
    told.replaceChildren(make("ul", {}, order.lines.filter(near).map((line) => make("li", {}, lineElement(line)))));
  };
  const drawing = draw(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `Lock order: ${things(order.boxes.length, "box")} and ${things(order.lines.length, "line")}`.replace("boxs", "boxes") },
    draw("defs", {}, heads),
    lines,
    boxes,
  );
  body.append(
    make(
      "div.card",
      {},
      make(
        "ul.legend",
        { "aria-label": "Lines" },
        kinds.map((kind) => make("li", {}, make(`span.stroke.${kind}`, { "aria-hidden": "true" }), LINE_KINDS[kind])),
      ),
      make("div.scrolled.graph", { tabindex: "0", role: "region", "aria-label": "Lock order: scroll to see all" }, drawing),
      told,
      make(
        "details",
        { id: "order-list" },
        make("summary", {}, `All as a list (${count(order.lines.length)})`),
        make("ul", {}, order.lines.map((line) => make("li", {}, lineElement(line)))),
      ),
      orderNotes(order),
    ),
  );
}

function orderNotes(order) {
  const notes = [];
  if (order.lines.some((line) => kindOf(line) === "circle")) {
    notes.push("A circle that no finding is about is kept apart by another lock, or one thread alone takes both ways.");
  }
  const hidden = order.allLines - order.lines.length;
  if (hidden) notes.push(`${things(hidden, "pair")} more, of ${count(order.allBoxes)} kinds of locks, have no room: those in circles come first, then the most frequent.`);
  if (order.leftOut) notes.push(`${things(order.leftOut, "time")} more, a lock was taken while another was held, of pairs past the first ${count(order.allLines)}.`);
  return notes.length ? make("ul.notes", {}, notes.map((note) => make("li", {}, note))) : null;
}

function boxName(box) {
  if (box.locks === 1) return lockName(box);
  return textOf(box.name) ? `${count(box.locks)} × ${textOf(box.name)}` : `${count(box.locks)} locks of ${shortPlace(box.made)}`;
}

function boxElement(box, at, { x, y }, choose) {
  const fit = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const below = box.made ? `made at ${shortPlace(box.made)}` : hex(box.id);
  return draw(
    "g.box",
    {
      tabindex: "0",
      role: "button",
      "aria-pressed": "false",
      "aria-label": `${boxName(box)}, ${below}`,
      transform: `translate(${x} ${y})`,
      onclick: choose,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      },
    },
    draw("rect", { width: BOX.width, height: BOX.height, rx: "8" }),
    draw("text.name", { x: "12", y: "19" }, fit(boxName(box), 26)),
    draw("text.made", { x: "12", y: "35" }, fit(below, 32)),
    draw("title", {}, `${boxName(box)}, ${box.made ? `made at ${placeOf(box.made)}` : hex(box.id)}`),
  );
}

/** From the right of one box to the left of the other; back below or above; to itself over its top. */
function pathOf(places, { from, to }) {
  const [one, other] = [places[from], places[to]];
  const { width, height } = BOX;
  if (from === to) {
    const [x, y] = [one.x + width / 2, one.y];
    return `M${x - 24} ${y} C${x - 34} ${y - 34} ${x + 34} ${y - 34} ${x + 24} ${y - 2}`;
  }
  const middle = (place) => place.y + height / 2;
  if (other.x > one.x) {
    const [x1, x2] = [one.x + width, other.x - 2];
    const bend = Math.max(36, (x2 - x1) / 2);
    return `M${x1} ${middle(one) - 6} C${x1 + bend} ${middle(one) - 6} ${x2 - bend} ${middle(other) - 6} ${x2} ${middle(other) - 6}`;
  }
  if (other.x === one.x) {
    const x = one.x + width;
    return `M${x} ${middle(one)} C${x + 60} ${middle(one)} ${x + 60} ${middle(other)} ${x + 2} ${middle(other)}`;
  }
  const [x1, x2] = [one.x, other.x + width + 2];
  const bend = Math.max(36, (x1 - x2) / 2);
  return `M${x1} ${middle(one) + 8} C${x1 - bend} ${middle(one) + 8} ${x2 + bend} ${middle(other) + 8} ${x2} ${middle(other) + 8}`;
}

function lineText(line) {
  const [from, to] = [line.from, line.to].map((at) => boxName(DATA.order.boxes[at]));
  return `${from} held (${shortPlace(line.held)}), ${to} taken (${shortPlace(line.taken)}), ${things(line.times, "time")}: ${LINE_KINDS[kindOf(line)]}`;
}

function lineElement(line) {
  const [from, to] = [line.from, line.to].map((at) => make("span.chip", {}, boxName(DATA.order.boxes[at])));
  return [
    from, " held, taken at ", placeElement(line.held), ", then ", to, " at ", placeElement(line.taken), ` · ${things(line.times, "time")} · `,
    make(`span.kind.${kindOf(line)}`, {}, LINE_KINDS[kindOf(line)]),
  ];
}

