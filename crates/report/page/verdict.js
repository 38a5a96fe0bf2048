// The verdict: a few words, then the report's sentences, then the run in figures.

/** What a verdict comes to, by the topic of a sentence in it: the gravest first. */
const WORDS = {
  actual: ["✕", "Deadlock", "bad"],
  died: ["✕", "Threads died", "bad"],
  predicted: ["!", "A deadlock could happen", "warn"],
  inversion: ["!", "Locks are taken in orders that make a circle", "warn"],
  trace: ["!", "The trace is not whole, or not true", "warn"],
  "": ["✓", "No deadlock, and none predicted", "good"],
};

function showVerdict() {
  const { run, verdict } = DATA;
  const gravest = Object.keys(WORDS).find((topic) => verdict.some(([of]) => of === topic)) ?? "";
  const [mark, word, tone] = WORDS[gravest];
  const tile = (value, label) => make("div.tile", {}, make("dd", {}, value), make("dt", {}, label));
  byId("verdict-body").append(
    make(
      `div.card.verdict.${tone}`,
      {},
      make("p.word", {}, make("span.badge", { "aria-hidden": "true" }, mark), make("strong", { id: "word" }, word)),
      make("ul.sentences", {}, verdict.map(([topic, text]) => make("li", {}, sentence(topic, text)))),
    ),
    make(
      "dl.tiles",
      {},
      tile(time(run.duration), "run"),
      tile(count(run.threads), run.died ? `threads, ${count(run.died)} died` : "threads"),
      tile(count(DATA.locks.all), "locks"),
      tile(count(run.events), "events"),
    ),
  );
  const warnings = DATA.warnings.shown;
  if (warnings.length) {
    const hidden = DATA.warnings.all - warnings.length;
    byId("verdict-body").append(
      make(
        "div.card.warnings",
        { role: "note" },
        make("h3", {}, "Keep in mind"),
        make("ul", {}, warnings.map((warning) => make("li", {}, warning)), hidden ? make("li", {}, `${count(hidden)} more`) : null),
      ),
    );
  }
}

/** A sentence; one about a finding leads there: findings of each kind stand together, the gravest first. */
function sentence(topic, text) {
  const at = DATA.findings.list.shown.findIndex((finding) => finding.kind === topic);
  return at < 0 ? text : make("a", { href: `#finding-${at + 1}` }, text);
}
