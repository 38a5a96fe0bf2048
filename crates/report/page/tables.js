// Tables: sorted by any column, filtered by a text, a part at a time, by mouse and by keyboard.

/** Rows that are there at first, and with each *more*. */
const ROWS = 25;

/**
 * A table of rows. `columns` have a `title`, the `value` of a row to sort by (a number or a text), how to `show` it, and
 * `text: true` if it is no number. `words` is the text of a row that is searched; `details` what stands below a row that is opened.
 */
class Table {
  constructor({ name, columns, rows, words, details, filters = [], sortedBy = 0, shortcut = "" }) {
    Object.assign(this, { name, columns, rows, words, details, filters });
    this.sort = { column: sortedBy, down: true };
    this.limit = ROWS;
    this.opened = new Set();
    this.search = make("input", {
      type: "search",
      id: `${name}-filter`,
      placeholder: `Filter  ${shortcut}`.trim(),
      "aria-label": `Filter ${name}`,
      "aria-controls": `${name}-table`,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.renew(),
    });
    this.heads = columns.map((column, at) =>
      make(
        column.text ? "th" : "th.number",
        { scope: "col" },
        button(column.title, () => this.sortBy(at), { title: column.hint ?? null }),
      ),
    );
    this.body = make("tbody");
    this.shown = make("output", { id: `${name}-shown`, for: `${name}-filter` });
    this.more = button("Show more", () => {
      this.limit += ROWS * 4;
      this.draw();
    }, { class: "tool" });
    const table = make(
      "table",
      { id: `${name}-table` },
      make("caption.hidden", {}, name),
      make("thead", {}, make("tr", {}, this.heads)),
      this.body,
    );
    this.element = make(
      "div.card",
      {},
      make("div.tools", {}, this.search, filters.map((filter) => this.box(filter)), this.shown),
      scrolled(`${name}: scroll to see all columns`, table),
      make("p.more", {}, this.more),
    );
    this.renew();
  }

  box(filter) {
    const input = make("input", { type: "checkbox", id: filter.id, checked: filter.on, onchange: () => this.renew() });
    filter.input = input;
    return make("label.check", {}, input, filter.title);
  }

  sortBy(at) {
    const same = this.sort.column === at;
    this.sort = { column: at, down: same ? !this.sort.down : !this.columns[at].text };
    this.renew();
    say(`sorted by ${this.columns[at].title}, ${this.sort.down ? "descending" : "ascending"}`);
  }

  /** Filters and sorts anew. */
  renew() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { column, down } = this.sort;
    const value = this.columns[column].value;
    let rows = this.filters.reduce((rows, filter) => (filter.input.checked ? filter.apply(rows) : rows), this.rows);
    rows = rows.filter((row) => {
      const text = words.length ? this.words(row).toLowerCase() : "";
      return words.every((word) => text.includes(word));
    });
    const compare = (one, other) => (typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other);
    rows = [...rows].sort((one, other) => compare(value(one), value(other)) * (down ? -1 : 1));
    this.found = rows;
    this.limit = ROWS;
    this.heads.forEach((head, at) => head.setAttribute("aria-sort", at !== column ? "none" : down ? "descending" : "ascending"));
    this.draw();
  }

  draw() {
    const shown = this.found.slice(0, this.limit);
    this.body.replaceChildren(...shown.flatMap((row) => this.rowElements(row)));
    if (!shown.length) {
      this.body.append(make("tr", {}, make("td.empty", { colspan: String(this.columns.length) }, "Nothing like this.")));
    }
    this.more.hidden = shown.length === this.found.length;
    this.shown.textContent =
      this.found.length === this.rows.length ? count(this.rows.length) : `${count(this.found.length)} of ${count(this.rows.length)}`;
  }

  rowElements(row) {
    const cells = this.columns.map((column, at) => {
      const content = column.show(row);
      if (at > 0) return make(column.text ? "td" : "td.number", {}, content);
      if (!this.details) return make("th", { scope: "row" }, content);
      const open = this.opened.has(row);
      const opener = make(
        "button.opener",
        {
          type: "button",
          "aria-expanded": String(open),
          onclick: () => {
            if (open) this.opened.delete(row);
            else this.opened.add(row);
            const place = [...this.body.querySelectorAll(".opener")].indexOf(opener);
            this.draw();
            this.body.querySelectorAll(".opener")[place]?.focus();
          },
        },
        content,
      );
      return make("th", { scope: "row" }, opener);
    });
    const own = make("tr", {}, cells);
    if (!this.opened.has(row)) return [own];
    return [own, make("tr.opened", {}, make("td", { colspan: String(this.columns.length) }, this.details(row)))];
  }
}

const [ACQUIRED, CONTENDED, WAIT, WAIT_99, LONGEST_WAIT, HOLD, HOLD_99, LONGEST_HOLD] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Locks that were made at one place as one row, as far as the place is known. */
function grouped(rows) {
  const groups = new Map(DATA.groups.shown.filter(({ made }) => made).map((group) => [group.made, { ...group, members: [] }]));
  const others = [];
  for (const row of rows) {
    const group = groups.get(row.made);
    if (group) group.members.push(row);
    else others.push(row);
  }
  const whole = [...groups.values()].map((group) => ({ ...group, id: group.worst, rw: group.members.some((row) => row.rw) }));
  return [...whole, ...others];
}

const rowName = (row) => (row.members ? (textOf(row.name) ? `${count(row.locks)} × ${textOf(row.name)}` : `${count(row.locks)} locks of ${shortPlace(row.made)}`) : lockName(row));

function showLocks(timeline) {
  const { all, shown } = DATA.locks;
  const body = byId("locks-body");
  if (!all) {
    body.append(make("p.card.empty", {}, "No traced lock was used: build the program with lock events."));
    return null;
  }
  const number = (title, at, format, hint) => ({
    title,
    hint,
    value: (row) => row.figures[at],
    show: (row) => format(row.figures[at]),
  });
  const most = Math.max(...grouped(shown).map((row) => row.figures[WAIT]), 1);
  let cache = null;
  const table = new Table({
    name: "locks",
    rows: shown,
    sortedBy: 3,
    shortcut: "/",
    filters: [
      { id: "grouped", title: "by place of making", on: true, apply: (rows) => (cache ??= grouped(rows)) },
      { id: "contended", title: "contended only", apply: (rows) => rows.filter((row) => row.figures[CONTENDED]) },
    ],
    columns: [
      {
        title: "Lock",
        text: true,
        value: rowName,
        show: (row) =>
          make(
            "span.called",
            {},
            make("b", { title: hex(row.id) }, rowName(row)),
            row.rw ? make("span.tag", { title: "read-write lock" }, "rw") : null,
            row.made ? make("small", { title: placeOf(row.made) }, `made at ${shortPlace(row.made)}`) : null,
          ),
      },
      number("Acquired", ACQUIRED, count),
      number("Contended", CONTENDED, count, "acquired after a wait for another thread"),
      {
        title: "Waited",
        hint: "all threads together",
        value: (row) => row.figures[WAIT],
        show: (row) => [shareElement(row.figures[WAIT], most), make("span", {}, time(row.figures[WAIT]))],
      },
      number("p99", WAIT_99, time, "99 of a hundred acquisitions waited no longer"),
      number("longest", LONGEST_WAIT, time, "longest wait"),
      {
        title: "Held",
        hint: "and the share of the run",
        value: (row) => row.figures[HOLD],
        show: (row) => [
          shareElement(row.figures[HOLD], DATA.run.duration * (row.locks ?? 1), "hold"),
          make("span", { title: `${percent(row.figures[HOLD], DATA.run.duration)} of the run` }, time(row.figures[HOLD])),
        ],
      },
      number("p99", HOLD_99, time, "99 of a hundred holds were no longer"),
      number("longest", LONGEST_HOLD, time, "longest hold"),
    ],
    words: (row) => (row.members ? [rowName(row), placeOf(row.made), ...row.members.map(wordsOf)].join(" ") : wordsOf(row)),
    details: (row) => lockDetails(row, timeline),
  });
  body.append(table.element);
  if (all > shown.length) {
    body.append(make("p.notes", {}, `The ${count(shown.length)} most waited for of ${things(all, "lock")}; threadlink analyze --json lists all.`));
  }
  return table;
}

const wordsOf = (row) =>
  [lockName(row), hex(row.id), placeOf(row.made), row.rw ? "rw" : "", ...row.sites.map((site) => placeOf(site.place))].join(" ");

function lockDetails(row, timeline) {
  if (row.members) {
    const worst = [...row.members].sort((one, other) => other.figures[WAIT] - one.figures[WAIT]).slice(0, 10);
    return make(
      "div.details",
      {},
      make("p", {}, `${things(row.locks, "lock")} made at ${placeOf(row.made)}; most waited for:`),
      make(
        "ul",
        {},
        worst.map((member) =>
          make("li", {}, make("span.chip", {}, textOf(member.name) ? `${textOf(member.name)} ${hex(member.id)}` : hex(member.id)), ` waited for ${time(member.figures[WAIT])}, held ${time(member.figures[HOLD])}, ${things(member.figures[ACQUIRED], "time")}`),
        ),
      ),
    );
  }
  const index = timeline?.longestOf(row) ?? null;
  const end = (what) => (one) =>
    make("li", {}, `${threadName(one.thread, one.name)}${one.ended ? ", which has ended," : ""} ${what} it when the trace ends, since ${time(one.since)}, at `, placeElement(one.place));
  const sites = make(
    "table.sites",
    {},
    make("thead", {}, make("tr", {}, ["Where", "Acquired", "Contended", "Waited", "Held", "Others waited"].map((title, at) => make(at ? "th.number" : "th", { scope: "col" }, title)))),
    make(
      "tbody",
      {},
      row.sites.map((site) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, placeElement(site.place), row.rw ? ` ${site.mode === "shared" ? "read" : "write"}` : null),
          site.figures.map((figure, at) => (at < 2 ? count : time)(figure)).map((text) => make("td.number", {}, text)),
        ),
      ),
    ),
  );
  return make(
    "div.details",
    {},
    index === null
      ? null
      : button("Show on the timeline", () => {
          byId("timeline").scrollIntoView({ block: "start" });
          timeline.show(index);
          timeline.canvas.focus({ preventScroll: true });
        }, { class: "tool" }),
    row.held || row.waiting ? make("ul", {}, (row.held ?? []).map(end("holds")), (row.waiting ?? []).map(end("waits for"))) : null,
    contentionElement(row.contention),
    sites,
    row.moreSites ? make("p.notes", {}, `${things(row.moreSites, "place")} more.`) : null,
    row.sites.length ? excerptElement(row.sites[0].place) : null,
  );
}

/** Who made others wait, and for what a holder waited itself. */
function contentionElement(contention) {
  if (!contention) return null;
  const { queue, convoys, blame, meanwhile } = contention;
  const kinds = { lock: "another lock", condvar: "a condition variable", join: "a thread's end", park: "a token", address: "a wake" };
  return make(
    "ul.blame",
    {},
    blame.map((one) => make("li", {}, make("b", {}, threadName(one.thread, one.name)), " held it, taken at ", placeElement(one.place), ", while others waited ", make("b", {}, time(one.blocked)))),
    meanwhile.map((one) => make("li", {}, "Held, taken at ", placeElement(one.place), `, while waiting for ${kinds[one.kind] ?? one.kind} at `, placeElement(one.at), `: ${things(one.waits, "time")}, `, make("b", {}, time(one.wait)))),
    queue > 1 ? make("li", {}, `${things(queue, "thread")} waited at once, at most.`) : null,
    convoys[0] ? make("li", {}, `${things(convoys[0], "convoy")} in ${time(convoys[1])}: the lock went from thread to thread, and there was always one that waited.`) : null,
  );
}

const PARTS = ["lock", "condvar", "join", "park", "run"];

function showThreads() {
  const { all, shown } = DATA.threads;
  const body = byId("threads-body");
  if (!all) {
    body.append(make("p.card.empty", {}, "The trace has no threads."));
    return null;
  }
  const share = (row) =>
    make(
      "span.parts",
      { role: "img", "aria-label": PARTS.map((kind, at) => `${kind === "run" ? "running" : kind} ${percent(row.parts[at], row.life)}`).join(", ") },
      PARTS.map((kind, at) => {
        const part = make(`span.swatch.${kind}`);
        part.style.flexGrow = String(row.life ? row.parts[at] / row.life : 0);
        return part;
      }),
    );
  const part = (title, at, hint) => ({
    title,
    hint,
    value: (row) => row.parts[at],
    show: (row) => (row.parts[at] ? time(row.parts[at]) : "–"),
  });
  const table = new Table({
    name: "threads",
    rows: shown,
    sortedBy: 3,
    columns: [
      {
        title: "Thread",
        text: true,
        value: (row) => threadName(row.thread, row.name),
        show: (row) => make("span.called", {}, make("b", {}, threadName(row.thread, row.name)), row.ended === "died" ? make("span.tag.bad", {}, "died") : null, row.ended ? null : make("span.tag", { title: "it was there when the trace ended" }, "running")),
      },
      { title: "Life", value: (row) => row.life, show: (row) => time(row.life) },
      { title: "What it went for", value: (row) => (row.life ? row.parts[4] / row.life : 0), show: share, hint: "sorts by the share in which it did not wait" },
      part("Locks", 0, "waits for locks"),
      part("Condvars", 1, "waits for condition variables"),
      part("Joins", 2, "waits for other threads' ends"),
      part("Parked", 3, "parked, or waiting at an address"),
      part("Running", 4, "all the rest"),
    ],
    words: (row) => `${threadName(row.thread, row.name)} ${row.ended ?? "running"}`,
  });
  body.append(table.element);
  if (all > shown.length) body.append(make("p.notes", {}, `The ${count(shown.length)} that waited longest of ${things(all, "thread")}.`));
  return table;
}

function showCondvars() {
  const { all, shown } = DATA.condvars;
  byId("condvars").hidden = !all;
  if (!all) return null;
  const number = (title, at, format) => ({
    title,
    value: (row) => row.figures[at],
    show: (row) => format(row.figures[at]),
  });
  const table = new Table({
    name: "condvars",
    rows: shown,
    sortedBy: 5,
    columns: [
      {
        title: "Condition variable",
        text: true,
        value: lockName,
        show: (row) => make("span.called", {}, make("b", { title: hex(row.id) }, lockName(row)), row.made ? make("small", { title: placeOf(row.made) }, `made at ${shortPlace(row.made)}`) : null),
      },
      number("Waits", 0, count),
      number("timed out", 1, count),
      number("Notified one", 2, count),
      number("all", 3, count),
      number("Waited", 4, time),
      number("longest", 5, time),
    ],
    words: (row) => [lockName(row), hex(row.id), placeOf(row.made)].join(" "),
  });
  byId("condvars-body").append(table.element);
  if (all > shown.length) byId("condvars-body").append(make("p.notes", {}, `The ${count(shown.length)} most waited for of ${count(all)}.`));
  return table;
}

