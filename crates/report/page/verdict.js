// The verdict: a few words, then the run in figures.

function showVerdict() {
  const { run, findings } = DATA;
  const of = (kind) => findings.list.shown.filter((finding) => finding.kind === kind).length;
  const [mark, word, tone] = of("actual")
    ? ["✕", "Deadlock", "bad"]
    : run.died
      ? ["✕", `${things(run.died, "thread")} died`, "bad"]
      : of("predicted")
        ? ["!", "A deadlock could happen", "warn"]
        : of("inversion")
          ? ["!", "Locks are taken in orders that make a circle", "warn"]
          : ["✓", "No deadlock, and none predicted", "good"];
  const tile = (value, label) => make("div.tile", {}, make("dd", {}, value), make("dt", {}, label));
  byId("verdict-body").append(
    make(
      `div.card.verdict.${tone}`,
      {},
      make("p.word", {}, make("span.badge", { "aria-hidden": "true" }, mark), make("strong", { id: "word" }, word)),
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

