// The deadlocks that happened, and those that could have: each thread with what it holds and what it waits for.

const KINDS = {
  actual: ["Deadlock", "It happened in this run"],
  predicted: ["Predicted deadlock", "Another schedule of the same run meets it"],
  inversion: ["Order inversion", "Orders that make a circle, without a proof"],
};

function showFindings() {
  const { list, bounds } = DATA.findings;
  const body = byId("findings-body");
  if (!list.shown.length) {
    body.append(make("p.card.empty", {}, "None happened, and no threads took locks in orders that make a circle."));
  }
  list.shown.forEach((finding, at) => body.append(findingElement(finding, at)));
  const hidden = list.all - list.shown.length;
  const notes = [...bounds, ...(hidden ? [`${things(hidden, "finding")} more than this page has room for.`] : [])];
  if (notes.length) body.append(make("ul.notes", {}, notes.map((note) => make("li", {}, note))));
  if (list.shown.length && !DATA.excerpts.length) {
    const why = DATA.source
      ? "No source is shown: none of these places is Rust source below the folder that the report was made in. Make it again in the project's folder, or with --source."
      : "No source is shown: the report was made without.";
    body.append(make("p.notes", {}, why));
  }
}

function findingElement(finding, at) {
  const [title, subtitle] = KINDS[finding.kind];
  const threads = finding.edges.length + finding.more;
  const id = `finding-${at + 1}`;
  return make(
    `article.card.finding.${finding.kind}`,
    { id, "aria-labelledby": `${id}-title` },
    make(
      "header",
      {},
      make("h3", { id: `${id}-title` }, make("span.pill", {}, title), ` ${things(threads, "thread")}`),
      make("p.sub", {}, subtitle),
    ),
    ringElement(finding),
    make("ol.edges", {}, finding.edges.map(edgeElement)),
    finding.more ? make("p.notes", {}, `${things(finding.more, "thread")} more wait besides.`) : null,
    madeElement(finding),
    make("p.proof", {}, finding.says),
    finding.candidates > 1
      ? make("p.notes", {}, `${count(finding.candidates)} circles of threads and locks have these places; ${count(finding.predicted)} proven.`)
      : null,
  );
}

/** The circle in one line: who waits for what that who has. */
function ringElement({ edges, kind, more }) {
  if (edges.length < 2 || edges.length > 6 || more) return null;
  const verb = kind === "actual" ? "waits for" : "could wait for";
  const parts = edges.flatMap((edge) => [
    make("b", {}, threadName(edge.thread, edge.name)),
    edge.waits && edge.how === "lock"
      ? [" ", make("span.arrow", { title: verb }, "⟶"), " ", make("span.chip", {}, lockName(edge.waits)), " ", make("span.arrow", { title: "held by" }, "⟶"), " "]
      : " ⟶ ",
  ]);
  return make("p.ring", { "aria-hidden": "true" }, parts, make("b", {}, threadName(edges[0].thread, edges[0].name)));
}

const purpose = (mode) => (mode ? ` for ${mode === "write" ? "writing" : "reading"}` : "");

function edgeElement({ thread, name, holds, waits, how }) {
  const step = (label, thing, what) =>
    make("div.step", {}, make("p", {}, make("span.verb", {}, label), " ", what, " at ", placeElement(thing.place)), excerptElement(thing.place));
  const chip = (thing) => make("span.chip", { title: hex(thing.id) }, lockName(thing));
  const wanted = {
    lock: () => step("takes", waits, [chip(waits), purpose(waits.mode)]),
    condvar: () => step("waits for", waits, ["the condition variable ", chip(waits)]),
    address: () => step("waits", waits, `at ${hex(waits.id)} to be woken`),
    thread: () => step("joins", waits, threadName(waits.id, waits.name)),
    died: () => make("p", {}, "has died, and what it held stays locked"),
    returned: () => make("p", {}, "has returned without releasing it"),
    other: () => make("p", {}, "waits for something else"),
  };
  return make(
    "li",
    {},
    make("h4", {}, threadName(thread, name)),
    holds ? step("holds", holds, [chip(holds), purpose(holds.mode), ", taken"]) : null,
    wanted[how](),
  );
}

/** Where the locks were made that have a name. */
function madeElement({ edges }) {
  const seen = new Map();
  for (const thing of edges.flatMap(({ holds, waits, how }) => [holds, how === "thread" ? null : waits])) {
    if (thing?.made) seen.set(thing.id, thing);
  }
  if (!seen.size) return null;
  const made = [...seen.values()].map((thing) => make("li", {}, make("span.chip", {}, lockName(thing)), " was made at ", placeElement(thing.made)));
  return make("ul.made", {}, made);
}

