// The timeline on a canvas: a lane for each thread, and one for each lock that was waited for. What is drawn for a frame is
// bounded (`data-draws` says how much it was), however many intervals there are: those that fall into one pixel are one.

const LANE = 26;
const AXIS = 26;
/** Rectangles of a frame, at most; lines and texts aside. */
const MOST_DRAWS = 20_000;
/** Lists of intervals and lines of parts of a lane that are drawn, at most. */
const LAYERS = 10;

function showTimeline() {
  const facts = DATA.timeline;
  const body = byId("timeline-body");
  if (!facts.threads.length || !facts.duration) {
    body.append(make("p.card.empty", {}, "The trace has no events to draw."));
    return null;
  }
  const timeline = new Timeline(facts);
  body.append(timeline.element);
  return timeline;
}

class Timeline {
  constructor(facts) {
    this.facts = facts;
    this.spans = readSpans();
    this.lanes = makeLanes(this.spans);
    this.view = { from: 0, to: facts.duration };
    this.lane = 0;
    this.selected = null;
    this.queued = false;
    this.colors = null;
    this.canvas = make("canvas", {
      id: "canvas",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "timeline",
      "aria-label": `Timeline of ${things(facts.threads.length, "thread")} over ${time(facts.duration)}. Arrow keys: left and right move, up and down choose a lane, plus and minus zoom, N and P go to the next and the previous interval, Enter zooms to it, 0 shows the whole run.`,
      "aria-describedby": "interval",
    });
    this.space = make("div.space", { "aria-hidden": "true" });
    this.scroller = make("div.scroller", {}, this.canvas, this.space);
    this.detail = make("div.detail", { id: "interval", role: "status" }, make("p.hint", {}, this.hint()));
    this.range = make("output.range", { id: "range", for: "canvas" });
    this.element = make("div.card.timeline", {}, this.tools(), this.scroller, this.detail, this.notes());
    this.listen();
  }

  hint() {
    return "Choose an interval with the mouse, or with N and P: this says what it is.";
  }

  tools() {
    const tool = (text, label, act, id) => button(text, act, { id, "aria-label": label, title: label, class: "tool" });
    const longest = this.longest();
    const key = (kind, text) => make("li", {}, make(`span.swatch.${kind}`, { "aria-hidden": "true" }), text);
    return make(
      "div.tools",
      {},
      make(
        "div.group",
        { role: "toolbar", "aria-label": "Zoom", "aria-controls": "canvas" },
        tool("−", "Zoom out (minus)", () => this.zoom(2), "zoom-out"),
        tool("+", "Zoom in (plus)", () => this.zoom(0.5), "zoom-in"),
        tool("⟷", "The whole run (0)", () => this.look(0, this.facts.duration), "zoom-all"),
        tool("‹", "Earlier (left)", () => this.move(-0.25), "earlier"),
        tool("›", "Later (right)", () => this.move(0.25), "later"),
        longest === null ? null : button("Longest wait", () => this.show(longest), { id: "longest", class: "tool" }),
        this.range,
      ),
      make(
        "ul.legend",
        { "aria-label": "Colours" },
        key("run", "there"),
        key("lock", "waits for a lock"),
        key("condvar", "condition variable"),
        key("join", "joins"),
        key("park", "parked"),
        key("hold", "holds a lock"),
      ),
    );
  }

  notes() {
    const { exact, shown, waits, holds, part, hiddenThreads } = this.facts;
    const notes = [];
    if (!exact) {
      notes.push(
        `Aggregated: of ${things(waits, "wait")} and ${things(holds, "hold")}, the longest ${count(shown)} are here one by one. The others are shown as the share that they take of each ${time(part)}, paler the less it is.`,
      );
    }
    if (hiddenThreads) notes.push(`${things(hiddenThreads, "thread")} with fewer events have no lane.`);
    return notes.length ? make("ul.notes", { id: "aggregated" }, notes.map((note) => make("li", {}, note))) : null;
  }

  /** The longest wait for a lock, else the longest wait. */
  longest() {
    const { spans } = this;
    let best = null;
    for (let index = 0; index < spans.length; index++) {
      if (spans.kind[index] === KIND.hold || spans.lane[index] < 0) continue;
      const rank = (at) => (spans.kind[at] === KIND.lock ? 1e18 : 0) + spans.end[at] - spans.start[at];
      if (best === null || rank(index) > rank(best)) best = index;
    }
    return best;
  }

  /** The longest wait for a lock that is called so at this address, else its longest hold. */
  longestOf({ name, made, id }) {
    const { spans } = this;
    let best = null;
    const rank = (at) => (spans.kind[at] === KIND.hold ? 0 : 1e18) + spans.end[at] - spans.start[at];
    for (let index = 0; index < spans.length; index++) {
      const lock = spans.lock[index] < 0 ? null : this.facts.labels[spans.lock[index]][0];
      if (!lock || lock[2] !== id || lock[0] !== name || lock[1] !== made || spans.lane[index] < 0) continue;
      if (best === null || rank(index) > rank(best)) best = index;
    }
    return best;
  }

  listen() {
    const { canvas, scroller } = this;
    new ResizeObserver(() => this.redraw()).observe(scroller);
    scroller.addEventListener("scroll", () => this.redraw(), { passive: true });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.redraw());
    canvas.addEventListener("blur", () => this.redraw());
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) {
          event.preventDefault();
          const delta = event.deltaY || event.deltaX;
          this.zoom(Math.exp(Math.max(-1, Math.min(1, delta / 200))), this.timeAt(event.offsetX));
        } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
          event.preventDefault();
          this.move(event.deltaX / this.width);
        }
      },
      { passive: false },
    );
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      drag = { x: event.offsetX, ...this.view, moved: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drag) {
        canvas.style.cursor = this.at(event.offsetX, event.offsetY) === null ? "grab" : "pointer";
        return;
      }
      const by = event.offsetX - drag.x;
      if (!drag.moved && Math.abs(by) < 4) return;
      drag.moved = true;
      canvas.style.cursor = "grabbing";
      const shift = (by / this.width) * (drag.to - drag.from);
      this.look(drag.from - shift, drag.to - shift);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved) this.choose(event.offsetX, event.offsetY);
      drag = null;
    });
    canvas.addEventListener("pointercancel", () => (drag = null));
    canvas.addEventListener("dblclick", (event) => this.zoom(0.25, this.timeAt(event.offsetX)));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      ArrowLeft: () => this.move(-0.2),
      ArrowRight: () => this.move(0.2),
      ArrowUp: () => this.goTo(this.lane - 1),
      ArrowDown: () => this.goTo(this.lane + 1),
      "+": () => this.zoom(0.5, this.middle()),
      "=": () => this.zoom(0.5, this.middle()),
      "-": () => this.zoom(2, this.middle()),
      0: () => this.look(0, this.facts.duration),
      n: () => this.next(1),
      p: () => this.next(-1),
      Enter: () => this.selected !== null && this.show(this.selected),
      Escape: () => this.select(null),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** What a zoom by key goes to: the chosen interval, if it is seen. */
  middle() {
    const { view, selected, spans } = this;
    if (selected === null) return undefined;
    const middle = (spans.start[selected] + spans.end[selected]) / 2;
    return middle >= view.from && middle <= view.to ? middle : undefined;
  }

  zoom(factor, around = (this.view.from + this.view.to) / 2) {
    const { from, to } = this.view;
    // No closer than to what a nanosecond still is some pixels.
    const length = Math.min(this.facts.duration, Math.max(20, (to - from) * factor));
    const share = (around - from) / (to - from);
    this.look(around - length * share, around + length * (1 - share));
  }

  move(share) {
    const { from, to } = this.view;
    this.look(from + (to - from) * share, to + (to - from) * share);
  }

  look(from, to) {
    const { duration } = this.facts;
    const length = Math.min(duration, to - from);
    const start = Math.max(0, Math.min(from, duration - length));
    this.view = { from: start, to: start + length };
    this.redraw();
  }

  goTo(lane) {
    this.lane = Math.max(0, Math.min(this.lanes.length - 1, lane));
    this.reveal();
    this.redraw();
    say(this.lanes[this.lane].kind === "lock" ? `lock ${this.lanes[this.lane].label}` : this.lanes[this.lane].label);
  }

  /** Scrolls so far that the lane is seen. */
  reveal() {
    const { scroller, lane } = this;
    const [top, bottom] = [lane * LANE, (lane + 1) * LANE];
    const height = scroller.clientHeight - AXIS;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + height) scroller.scrollTop = bottom - height;
  }

  /** The next interval of the lane, or the one before: of those that are seen at first, if none is chosen. */
  next(step) {
    const { spans, view } = this;
    const { waits, holds } = this.lanes[this.lane];
    const all = [...waits.numbers, ...holds.numbers].sort((one, other) => spans.start[one] - spans.start[other]);
    if (!all.length) return say("no intervals on this lane");
    const at = this.selected === null ? -1 : all.indexOf(this.selected);
    const seen = () => Math.max(0, all.findIndex((index) => spans.end[index] >= view.from));
    const index = all[at < 0 ? seen() : Math.max(0, Math.min(all.length - 1, at + step))];
    this.select(index);
    const { from, to } = this.view;
    if (spans.end[index] < from || spans.start[index] > to) {
      const middle = (spans.start[index] + spans.end[index]) / 2;
      this.look(middle - (to - from) / 2, middle + (to - from) / 2);
    }
  }

  /** Zooms so that an interval takes a good part of what is seen, and chooses it. */
  show(index) {
    const { spans } = this;
    const length = Math.max(spans.end[index] - spans.start[index], 10);
    this.lane = spans.lane[index];
    this.look(spans.start[index] - length, spans.end[index] + length);
    this.reveal();
    this.select(index);
  }

  choose(x, y) {
    const lane = Math.floor((y - AXIS + this.scroller.scrollTop) / LANE);
    if (y >= AXIS && lane < this.lanes.length) this.lane = lane;
    this.select(this.at(x, y));
  }

  /** The shortest interval under a point, within two pixels. */
  at(x, y) {
    const lane = this.lanes[Math.floor((y - AXIS + this.scroller.scrollTop) / LANE)];
    if (!lane || y < AXIS || x < this.gutter) return null;
    const { spans } = this;
    const around = (2 / this.width) * (this.view.to - this.view.from);
    const when = this.timeAt(x);
    let best = null;
    const inLane = (y - AXIS + this.scroller.scrollTop) % LANE;
    const lists = inLane > LANE * 0.62 ? ["holds", "waits"] : ["waits", "holds"];
    for (const list of lists) {
      eachWithin(spans, lane[list], when - around, when + around, (index) => {
        const length = (at) => spans.end[at] - spans.start[at];
        if (best === null || length(index) < length(best)) best = index;
      });
      if (best !== null) return best;
    }
    return null;
  }

  select(index) {
    this.selected = index;
    this.detail.replaceChildren(...(index === null ? [make("p.hint", {}, this.hint())] : this.describe(index)));
    this.redraw();
  }

  describe(index) {
    const { spans, facts } = this;
    const thread = (id) => {
      const known = facts.threads.find((lane) => lane.thread === id);
      return threadName(id, known ? known.name : null);
    };
    const lock = spans.lock[index] < 0 ? null : labelOf(facts.labels[spans.lock[index]][0]);
    const kind = spans.kind[index];
    const by = spans.by[index] < 0 ? null : thread(spans.by[index]);
    const what = kind === KIND.join ? [" ", make("b", {}, by ?? "a thread")] : lock ? [" ", make("span.chip", { title: hex(lock.id) }, lockName(lock))] : [];
    return [
      make(
        "p",
        {},
        make(`span.swatch.${Object.keys(KIND)[kind]}`, { "aria-hidden": "true" }),
        make("b", {}, thread(spans.thread[index])),
        ` ${KIND_NAMES[kind]}`,
        what,
        " for ",
        make("b", {}, time(spans.end[index] - spans.start[index])),
        spans.open[index] ? " until the trace ends" : "",
        `, from ${time(spans.start[index])}`,
        spans.place[index] ? [" at ", placeElement(spans.place[index])] : "",
        kind === KIND.lock && by !== null ? [", which ", make("b", {}, by), " held"] : "",
        ".",
      ),
      excerptElement(spans.place[index]) ?? "",
    ];
  }

  timeAt(x) {
    const { from, to } = this.view;
    return from + ((x - this.gutter) / this.width) * (to - from);
  }

  /** Draws with the next frame, once. */
  redraw() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.paint();
    });
  }

  /** Reads the colours again: the mode is another one. */
  recolor() {
    this.colors = null;
    this.redraw();
  }

  readColors() {
    const probe = make("span");
    this.element.append(probe);
    const color = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const names = ["text", "muted", "line", "lane", "card", "focus", "run", "lock", "condvar", "join", "park", "hold"];
    this.colors = Object.fromEntries(names.map((name) => [name, color(name)]));
    this.colors.kinds = ["lock", "condvar", "join", "park", "hold"].map((name) => this.colors[name]);
    probe.remove();
  }

  paint() {
    const { canvas, scroller, lanes, space } = this;
    if (!this.colors) this.readColors();
    const total = scroller.clientWidth;
    const height = AXIS + lanes.length * LANE;
    const most = Math.max(240, Math.min(560, innerHeight * 0.6));
    scroller.style.height = `${Math.min(height, most)}px`;
    const seen = scroller.clientHeight;
    space.style.height = `${Math.max(0, height - seen)}px`;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(total * scale);
    canvas.height = Math.round(seen * scale);
    canvas.style.height = `${seen}px`;
    this.gutter = total < 620 ? 84 : 196;
    this.width = Math.max(1, total - this.gutter - 8);
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, total, seen);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    this.draws = 0;
    const first = Math.floor(scroller.scrollTop / LANE);
    const last = Math.min(lanes.length, Math.ceil((scroller.scrollTop + seen - AXIS) / LANE));
    // What is narrower than a step is one with its neighbours.
    this.step = Math.max(1, Math.ceil((this.width * (last - first) * LAYERS) / MOST_DRAWS));
    context.save();
    context.beginPath();
    context.rect(0, AXIS, total, seen - AXIS);
    context.clip();
    for (let lane = first; lane < last; lane++) {
      this.paintLane(context, lanes[lane], AXIS + lane * LANE - scroller.scrollTop, lane);
    }
    context.restore();
    this.paintAxis(context, seen);
    canvas.dataset.draws = this.draws;
    canvas.dataset.from = this.view.from;
    canvas.dataset.to = this.view.to;
    this.range.textContent = `${time(this.view.from)} – ${time(this.view.to)} (${time(this.view.to - this.view.from)})`;
  }

  x(when) {
    const { from, to } = this.view;
    return this.gutter + ((when - from) / (to - from)) * this.width;
  }

  /** A rectangle from one time to another, as far as it is seen. */
  box(context, start, end, y, height, least = 0) {
    const left = Math.max(this.gutter, this.x(start));
    const right = Math.min(this.gutter + this.width, Math.max(this.x(end), this.x(start) + least));
    if (right < left) return;
    context.fillRect(left, y, Math.max(right - left, least), height);
    this.draws++;
  }

  paintLane(context, lane, y, number) {
    const { colors, gutter, width } = this;
    const chosen = number === this.lane;
    if (chosen && document.activeElement === this.canvas) {
      context.fillStyle = colors.lane;
      context.fillRect(0, y, gutter + width + 8, LANE);
      context.fillStyle = colors.focus;
      context.fillRect(0, y, 3, LANE);
    }
    const isLock = lane.kind === "lock";
    if (isLock) {
      context.fillStyle = colors.hold;
      context.fillRect(10, y + LANE / 2 - 4, 7, 7);
    }
    context.fillStyle = isLock ? colors.muted : colors.text;
    const indent = isLock ? 23 : 10;
    context.fillText(fitted(context, lane.label, gutter - indent - 8), indent, y + LANE / 2);
    context.fillStyle = colors.line;
    context.fillRect(gutter, y + LANE - 1, width, 1);
    const [top, tall] = [y + 3, LANE - 7];
    if (lane.kind === "thread") {
      context.fillStyle = colors.run;
      this.box(context, lane.first, lane.ended ? lane.last : this.facts.duration, top, tall, 1);
      if (lane.parts) this.paintParts(context, lane.parts, [0, 1, 2, 3].map((kind) => [kind, colors.kinds[kind], top, tall, 255]));
      this.paintList(context, lane.waits, (index) => colors.kinds[this.spans.kind[index]], top, tall);
      if (lane.parts) this.paintParts(context, lane.parts, [[KIND.hold, colors.hold, top + tall - 6, 6, 255]]);
      this.paintList(context, lane.holds, () => colors.hold, top + tall - 6, 6);
    } else {
      if (lane.parts) {
        this.paintParts(context, lane.parts, [
          [0, colors.hold, top + 6, tall - 6, 255],
          [1, colors.lock, top, 6, this.facts.oneOfMany],
        ]);
      }
      this.paintList(context, lane.holds, () => colors.hold, top + 6, tall - 6);
      this.paintList(context, lane.waits, () => colors.lock, top, 6);
    }
    const { selected, spans } = this;
    if (selected !== null && this.shows(lane, selected)) {
      const left = Math.max(gutter, this.x(spans.start[selected]));
      const right = Math.min(gutter + width, Math.max(this.x(spans.end[selected]), left + 2));
      if (right >= left) {
        context.strokeStyle = colors.text;
        context.lineWidth = 2;
        context.strokeRect(left - 1, y + 2, right - left + 2, LANE - 5);
      }
    }
  }

  shows(lane, index) {
    const { spans, facts } = this;
    if (lane.kind === "thread") return facts.threads[spans.lane[index]] && lane.thread === facts.threads[spans.lane[index]].thread;
    return spans.lock[index] >= 0 && this.lanes[facts.threads.length + facts.labels[spans.lock[index]][1]] === lane;
  }

  /** Intervals one by one; those that end within the step in which the one before was drawn are not drawn again. */
  paintList(context, list, colorOf, y, height) {
    const { view, spans, step } = this;
    let drawn = -1;
    eachWithin(spans, list, view.from, view.to, (index) => {
      const right = this.x(spans.end[index]);
      if (right <= drawn) return;
      context.fillStyle = colorOf(index);
      // Beside shares, what is narrow would be seen as more than it is.
      if (!this.facts.exact && right - this.x(spans.start[index]) < 2) return;
      // A gap of a pixel between those that are wide: a hold after a hold is another one.
      const wide = right - this.x(spans.start[index]) > 4;
      const end = wide ? spans.end[index] - (view.to - view.from) / this.width : spans.end[index];
      this.box(context, spans.start[index], end, y, height, wide ? 0 : step);
      drawn = Math.max(this.x(spans.start[index]) + step, right);
    });
  }

  /** Shares of parts: each column as pale as the mean of the parts that it shows; equal neighbours are one rectangle. */
  paintParts(context, parts, layers) {
    const { view, facts, width, step } = this;
    const perPixel = (view.to - view.from) / width;
    const column = Math.max(step * perPixel, facts.part);
    for (const [plane, color, y, height, one] of layers) {
      const shares = parts[plane];
      if (!shares.length) continue;
      context.fillStyle = color;
      let [begun, shade] = [0, 0];
      const flush = (until) => {
        if (shade > 0) {
          context.globalAlpha = 0.15 + (0.85 * shade) / 16;
          this.box(context, begun, until, y, height);
        }
      };
      const from = Math.floor(view.from / column) * column;
      for (let at = from; at < view.to; at += column) {
        const low = Math.floor(at / facts.part + 1e-9);
        const high = Math.min(shares.length, Math.max(low + 1, Math.floor((at + column) / facts.part + 1e-9)));
        let sum = 0;
        for (let part = low; part < high; part++) sum += shares[part];
        const mean = high > low ? sum / (high - low) / one : 0;
        const next = mean > 0 ? Math.max(1, Math.min(16, Math.round(mean * 16))) : 0;
        if (next !== shade) {
          flush(at);
          [begun, shade] = [at, next];
        }
      }
      flush(view.to);
      context.globalAlpha = 1;
    }
  }

  paintAxis(context, seen) {
    const { view, width, gutter, colors } = this;
    const length = view.to - view.from;
    const rough = length / Math.max(2, width / 110);
    const size = 10 ** Math.floor(Math.log10(rough));
    const tick = [1, 2, 5, 10].map((factor) => factor * size).find((size) => size >= rough);
    context.textAlign = "center";
    for (let at = Math.ceil(view.from / tick) * tick; at <= view.to; at += tick) {
      const x = this.x(at);
      context.fillStyle = colors.line;
      context.fillRect(x, AXIS - 5, 1, seen);
      context.fillStyle = colors.muted;
      if (x > gutter + 18 && x < gutter + width - 18) context.fillText(tickText(at, tick), x, AXIS / 2 - 1);
    }
    context.textAlign = "left";
  }
}

/** A time on the axis: in the unit of the steps, with as many digits as they need. */
function tickText(ns, tick) {
  const [unit, size] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]].find(([, size]) => ns >= size || size === 1);
  const digits = Math.max(0, Math.ceil(-Math.log10(tick / size) - 1e-9));
  return `${(ns / size).toFixed(digits)} ${unit}`;
}

/** As much of a text as has room. */
function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

