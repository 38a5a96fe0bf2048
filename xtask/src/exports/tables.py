"""Runs the queries of docs/scale.md on exported tables, and compares their answers with `threadlink analyze --json`.

usage: tables.py SCALE.md FOLDER JSON EVENTS, where EVENTS has the events as JSON lines
"""

import collections
import json
import re
import sys

import duckdb

document, folder, report_path, events_path = sys.argv[1:]
report = json.load(open(report_path))
blocks = re.findall(r"```sql\n(.*?)```", open(document).read(), re.DOTALL)
blocks = [block.replace("'run/", f"'{folder}/") for block in blocks]
connection = duckdb.connect()
connection.execute(blocks[0])
queries = {}
for block in blocks[1:]:
    name = re.match(r"-- (\w+)\n", block)
    queries[name.group(1)] = block


def rows(name):
    """The answer of a query, a dictionary a row."""
    answer = connection.execute(queries.pop(name))
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row)) for row in answer.fetchall()]


def same(what, ours, theirs):
    if ours != theirs:
        sys.exit(f"{what}: SQL says\n  {theirs}\nand the report\n  {ours}")


places = {place["site"]: "{file}:{line}:{column}".format(**place) for place in report["places"]}


def place(site):
    return places.get(site)


# Locks: those of the same name, place and figures are told apart by nothing.
FIGURES = ["acquisitions", "contended", "wait_ns", "max_wait_ns", "hold_ns", "max_hold_ns"]
PERCENTILES = ["p50_wait_ns", "p99_wait_ns", "p50_hold_ns", "p99_hold_ns"]


def text(value):
    return value or ""


def lock_key(name, made, figures):
    return (text(name), text(made), *(figures[key] for key in FIGURES))


def by_lock(entry):
    return entry[0], [value or 0 for value in entry[1]]


asked = rows("locks")
reported = [
    (lock_key(lock.get("name"), place(lock.get("made")), lock), [lock.get(key) for key in PERCENTILES])
    for lock in report["locks"]
    if lock["acquisitions"]
]
found = [
    (lock_key(row["name"], row["made"], row), [row[key] for key in PERCENTILES])
    for row in asked
    if row["acquisitions"]
]
reported.sort(key=by_lock)
found.sort(key=by_lock)
same("locks", [key for key, _ in reported], [key for key, _ in found])
for (key, ours), (_, theirs) in zip(reported, found):
    for name, rounded, exact in zip(PERCENTILES, ours, theirs):
        if rounded is None:
            continue
        exact = exact or 0
        # Sizes differ by one part in 32, and small ones are whole.
        if not exact <= rounded <= exact + exact / 31 + 1:
            sys.exit(f"{name} of {key}: SQL says {exact} and the report {rounded}")

# Threads.
TIMES = ["life_ns", "lock_wait_ns", "condvar_wait_ns", "address_wait_ns", "join_wait_ns", "park_wait_ns", "running_ns"]
names = {thread["thread"]: thread["name"] for thread in report["thread_names"]}
asked_threads = rows("threads")
same(
    "threads",
    [(thread["thread"], *(thread[key] for key in TIMES)) for thread in report["thread_times"]],
    [(row["thread"], *(row[key] for key in TIMES)) for row in asked_threads],
)
for row in asked_threads:
    same(f"the name of thread {row['thread']}", text(names.get(row["thread"])), text(row["name"]))

# Groups.
same(
    "groups",
    sorted((place(group["made"]), group["locks"], group["acquisitions"], group["wait_ns"], group["hold_ns"]) for group in report["groups"]),
    sorted((row["made"], row["locks"], row["acquisitions"], row["wait_ns"], row["hold_ns"]) for row in rows("groups")),
)

# Who made others wait: summed over locks, by place.
own_locks = {row["lock"] for row in asked}
blocked = collections.Counter()
for row in rows("blocked"):
    if row["lock"] in own_locks:
        blocked[text(row["holder_place"])] += int(row["blocked_others_ns"])
reported_blocked = collections.Counter()
for lock in report["locks"]:
    for site in lock["sites"]:
        reported_blocked[text(place(site["site"]))] += site["blocked_others_ns"]
same("blocked others", +reported_blocked, +blocked)

# Blame: of locks that nobody reads.
read = {row[0] for row in connection.execute("SELECT DISTINCT lock FROM holds WHERE mode = 'shared'").fetchall()}
blame = collections.Counter()
for row in rows("blame"):
    if row["lock"] in own_locks and row["lock"] not in read:
        blame[(text(row["place"]), row["thread"])] += int(row["blocked_ns"])
reported_blame = collections.Counter()
for lock in report["locks"]:
    if lock.get("reads") is None:
        for entry in lock.get("blame", []):
            reported_blame[(text(place(entry["site"])), entry["thread"])] += entry["blocked_ns"]
same("blame", +reported_blame, +blame)

# The lock order, from the events themselves.
order = collections.Counter()
held = collections.defaultdict(list)
taken = []
for line in open(events_path):
    event = json.loads(line)
    stack = held[event["thread"]]
    if event["event"] == "acquire":
        within = stack[-1] if stack else None
        stack.append((event["lock"], event["mode"], text(event.get("place"))))
        if within and within[0] != event["lock"]:
            order[(within[0], event["lock"], within[2], text(event.get("place")))] += 1
    elif event["event"] == "release":
        for at in reversed(range(len(stack))):
            if stack[at][:2] == (event["lock"], event["mode"]):
                del stack[at]
                break
edges = collections.Counter()
for row in rows("order"):
    edges[(row["within_lock"], row["lock"], text(row["within_place"]), text(row["place"]))] += row["times"]
same("lock order", order, edges)

# Locks in circles: none that the order does not lead back to.
reach = {edge[:2] for edge in order}
while True:
    more = {(a, d) for a, b in reach for c, d in reach if b == c} - reach
    if not more:
        break
    reach |= more
same("circles", sorted(a for a, b in reach if a == b), [row["lock"] for row in rows("circles")])

if queries:
    sys.exit(f"no one has looked at the answers of {', '.join(queries)}")
print(
    f"{report['events']} events: {len(found)} locks, {len(asked_threads)} threads, {len(report['groups'])} groups, "
    f"{len(+blame)} times blame, {len(order)} edges are the report's"
)
