// Puts the page together, and listens to the keys that work everywhere.

const SECTIONS = [
  ["verdict", "Verdict", null],
  ["findings", "Deadlocks", () => DATA.findings.list.all],
  ["timeline", "Timeline", null],
  ["locks", "Locks", () => DATA.locks.all],
  ["order", "Order", null],
  ["threads", "Threads", () => DATA.threads.all],
];

const { title } = DATA.run;
document.title = `${title} · threadlink report`;
byId("title").textContent = title;
byId("nav").append(
  ...SECTIONS.map(([id, name, number]) =>
    make("a", { href: `#${id}` }, name, number && number() ? make("span.count", {}, count(number())) : null),
  ),
);
document.body.append(make("p.hidden", { id: "said", role: "status" }));

showVerdict();
showFindings();
const timeline = showTimeline();
const locks = showLocks(timeline);
showOrder();
showThreads();
showCondvars();
byId("footer").append(`Made by threadlink ${DATA.run.tool} from a trace of ${things(DATA.run.events, "event")}. This page asks no network for anything.`);

// The mode: what the system prefers, until a key or the button says otherwise.
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
function showTheme() {
  const next = isDark() ? "light" : "dark";
  byId("theme").textContent = isDark() ? "☀" : "☾";
  byId("theme").setAttribute("aria-label", `Switch to ${next} mode`);
  byId("theme").title = `Switch to ${next} mode (t)`;
  timeline?.recolor();
}
function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
  say(`${isDark() ? "dark" : "light"} mode`);
}
byId("theme").addEventListener("click", toggleTheme);
dark.addEventListener("change", showTheme);
showTheme();

const HELP = [
  ["1 – 6", "go to a section"],
  ["/", "filter the locks"],
  ["t", "dark or light"],
  ["?", "this list"],
  ["Tab, Enter", "sort a column, open a row, choose a box"],
  ["← →", "on the timeline: earlier, later"],
  ["↑ ↓", "another lane"],
  ["+ − 0", "zoom in, out, whole run"],
  ["n p Enter", "next interval, previous, zoom to it"],
  ["Shift + wheel", "zoom where the mouse is"],
];
const keys = byId("keys");
keys.append(
  make("h2", { id: "keys-title" }, "Keyboard"),
  make("dl", {}, HELP.map(([key, text]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)))),
  button("Close", () => keys.close(), { class: "tool" }),
);
byId("help").addEventListener("click", () => keys.showModal());

function goToSection(id) {
  const section = byId(id);
  section.scrollIntoView({ block: "start" });
  if (id === "timeline" && timeline) timeline.canvas.focus({ preventScroll: true });
  else section.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (event.target.matches("input:not([type=checkbox])")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const section = SECTIONS[Number(event.key) - 1];
  if (section) goToSection(section[0]);
  else if (event.key === "t") toggleTheme();
  else if (event.key === "?") keys.showModal();
  else if (event.key === "/" && locks) {
    locks.search.scrollIntoView({ block: "center" });
    locks.search.focus();
  } else return;
  event.preventDefault();
});
document.documentElement.dataset.ready = "";
