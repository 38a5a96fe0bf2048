// The verdict: a few words, then sentences, then the run in figures.

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
      make("ul.sentences", {}, [...findingSentences(), ...costSentences(), ...timeSentences()].map((sentence) => make("li", {}, sentence))),
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

/** The gravest finding, and how many there are besides. */
function findingSentences() {
  const { list } = DATA.findings;
  const [first] = list.shown;
  if (!first) return [];
  const says = {
    actual: "waited for each other, and the run could not go on",
    predicted: "did not wait for each other in this run, but on another schedule they do, and nothing goes on",
    inversion: "took locks in orders that make a circle; no schedule is known on which that is a deadlock",
  };
  const names = first.edges.slice(0, 3).map((edge) => threadName(edge.thread, edge.name));
  const others = first.edges.length + first.more - names.length;
  if (others) names.push(things(others, "other"));
  const who = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  const more = list.all > 1 ? ` ${things(list.all - 1, "other finding")} below.` : "";
  return [[make("a", { href: "#finding-1" }, who), ` ${says[first.kind]}.${more}`]];
}

/** The lock that costs most: how long it was held and waited for, by whom, and because of whom. */
function costSentences() {
  const [lock] = DATA.locks.shown;
  if (!DATA.locks.all) return [];
  if (!lock || !lock.figures[WAIT]) return ["Nobody waited for a lock."];
  const { figures, contention } = lock;
  const name = () => make("span.chip", { title: hex(lock.id) }, lockName(lock));
  const longest = [...lock.sites].sort((one, other) => other.figures[2] - one.figures[2])[0];
  const sentences = [
    [
      "The lock that costs most is ", name(), `: held ${time(figures[HOLD])} of ${time(DATA.run.duration)}, waited for ${time(figures[WAIT])} by all threads together`,
      figures[LONGEST_WAIT] ? [`, at most ${time(figures[LONGEST_WAIT])} at a time`] : null,
      longest?.place ? [", most of it at ", placeElement(longest.place)] : null,
      ".",
    ],
  ];
  const worst = contention?.blame[0];
  if (worst?.place) {
    sentences.push([
      `While others waited, it was ${threadName(worst.thread, worst.name)} that held it longest, taken at `, placeElement(worst.place), `: look there first, for what need not be done with it held.`,
    ]);
  }
  const meanwhile = contention?.meanwhile[0];
  // What is short costs others nothing.
  if (meanwhile && meanwhile.wait > DATA.run.duration / 100) {
    sentences.push(["It was held at ", placeElement(meanwhile.place), ` during ${things(meanwhile.waits, "other wait")} of ${time(meanwhile.wait)} in all.`]);
  }
  return sentences;
}

/** What all threads' time went for. */
function timeSentences() {
  const { all, shown } = DATA.threads;
  if (!all || all > shown.length) return [];
  const life = shown.reduce((sum, row) => sum + row.life, 0);
  const of = (at) => percent(shown.reduce((sum, row) => sum + row.parts[at], 0), life);
  return [`All threads together waited ${of(0)} of their time for locks, ${of(1)} for condition variables, ${of(2)} for other threads' ends; they were parked ${of(3)}, and running ${of(4)}.`];
}

