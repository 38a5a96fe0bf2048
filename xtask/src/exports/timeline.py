"""Reads a timeline with Perfetto's own description of its format, and compares it with the tables of the same trace.

usage: timeline.py TRACE.perfetto FOLDER
"""

import collections
import sys

import duckdb
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

path, folder = sys.argv[1:]
trace = Trace()
trace.ParseFromString(open(path, "rb").read())


def same(what, ours, theirs):
    if ours != theirs:
        sys.exit(f"{what}: the timeline has\n  {theirs}\nand the tables\n  {ours}")


def asked(query):
    return duckdb.sql(query.replace("run/", folder + "/")).fetchall()


# Tracks come before what is on them, events in the order of time only when sorted; who comes first in the file comes first.
parents, kinds = {}, {}
# What numbers of names mean, on each sequence of packets.
names = collections.defaultdict(dict)
events = []
for packet in trace.packet:
    known = names[packet.trusted_packet_sequence_id]
    if packet.sequence_flags & packet.SEQ_INCREMENTAL_STATE_CLEARED:
        known.clear()
    known.update((entry.iid, entry.name) for entry in packet.interned_data.event_names)
    if packet.HasField("track_descriptor"):
        track = packet.track_descriptor
        parents[track.uuid] = track.parent_uuid
        kinds[track.uuid] = "thread" if track.HasField("thread") else "process" if track.HasField("process") else "group"
    if packet.HasField("track_event"):
        if packet.track_event.track_uuid not in kinds:
            sys.exit(f"an event on track {packet.track_event.track_uuid}, of which nothing has been said")
        event = packet.track_event
        name = known[event.name_iid] if event.name_iid else event.name
        events.append((packet.timestamp, event, name))
for uuid, parent in parents.items():
    if parent and kinds.get(parent) == "group":
        kinds[uuid] = "lock"
events.sort(key=lambda entry: entry[0])

# Slices: each that begins ends, on its own track.
open_slices = collections.defaultdict(int)
begins = collections.Counter()
ends = 0
flows = collections.defaultdict(list)
for time, event, name in events:
    kind = kinds[event.track_uuid]
    if event.type == TrackEvent.TYPE_SLICE_BEGIN:
        open_slices[event.track_uuid] += 1
        begins[kind, name.split(" ")[0] if kind == "thread" else ""] += 1
    elif event.type == TrackEvent.TYPE_SLICE_END:
        ends += 1
        open_slices[event.track_uuid] -= 1
        if open_slices[event.track_uuid] < 0:
            sys.exit(f"a slice ends on track {event.track_uuid} at {time} that did not begin")
    for flow in list(event.flow_ids) + list(event.terminating_flow_ids):
        flows[flow].append((time, name, bool(event.terminating_flow_ids)))
if any(open_slices.values()):
    sys.exit("slices that do not end: " + str({uuid: left for uuid, left in open_slices.items() if left}))
same("ends of slices", sum(begins.values()), ends)

# What they are.
lives = asked("SELECT count(*) FROM 'run/threads.parquet' WHERE events > 0")[0][0]
holds = asked("SELECT count(*) FROM 'run/holds.parquet'")[0][0]
waits = asked("SELECT kind, count(*) FROM 'run/waits.parquet' WHERE ended IS DISTINCT FROM 'given up' GROUP BY ALL")
same("lives", lives, begins["thread", "lives"])
same("holds", holds, begins["lock", ""])
waited = begins["thread", "waits"] + begins["thread", "is"]
same("waits", sum(count for _, count in waits), waited)

# Arrows: from a release to the acquire that had waited for it, and no other.
for flow, points in flows.items():
    points.sort(key=lambda point: (point[0], point[2]))
    if len(points) != 2 or [point[2] for point in points] != [False, True]:
        sys.exit(f"flow {flow} is no arrow: {points}")
    (_, lets_go, _), (_, gets, _) = points
    same("an arrow's lock", lets_go.removeprefix("lets go of "), gets.removeprefix("gets "))
arrows = asked(
    """
    SELECT count(*) FROM 'run/waits.parquet' w ASOF JOIN
        (SELECT lock, thread AS releaser, until_ns AS released FROM 'run/holds.parquet' WHERE released) h
    ON w.lock = h.lock AND w.until_ns >= h.released
    WHERE w.kind = 'lock' AND w.ended = 'had' AND h.released >= w.since_ns AND h.releaser <> w.thread
    """
)[0][0]
same("arrows", arrows, len(flows))
print(f"{len(trace.packet)} packets: {sum(begins.values())} slices begin and end, {waited} of them waits and {holds} holds, {len(flows)} arrows are the tables'")
