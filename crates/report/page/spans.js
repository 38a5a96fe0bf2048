// The intervals of the timeline, from bytes to arrays, and lanes with what they need to find intervals fast.

const KIND = { lock: 0, condvar: 1, join: 2, park: 3, hold: 4 };
const KIND_NAMES = ["waits for a lock", "waits for a condition variable", "joins", "is parked", "holds"];

/** Numbers of an interval, as they stand in the bytes. */
const FIELDS = 8;

function readSpans() {
  const bytes = bytesOf(DATA.timeline.spans);
  let ends = 0;
  for (const byte of bytes) if (byte < 0x80) ends++;
  const length = ends / FIELDS;
  const spans = {
    length,
    start: new Float64Array(length),
    end: new Float64Array(length),
    kind: new Uint8Array(length),
    open: new Uint8Array(length),
    lane: new Int32Array(length),
    thread: new Float64Array(length),
    lock: new Int32Array(length),
    place: new Int32Array(length),
    by: new Float64Array(length),
  };
  let at = 0;
  // Without shifts: times have more bits than those.
  const next = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
  };
  let now = 0;
  for (let index = 0; index < length; index++) {
    now += next();
    spans.start[index] = now;
    spans.end[index] = now + next();
    const kind = next();
    spans.kind[index] = kind >> 1;
    spans.open[index] = kind & 1;
    spans.lane[index] = next() - 1;
    spans.thread[index] = next();
    spans.lock[index] = next() - 1;
    spans.place[index] = next();
    spans.by[index] = next() - 1;
  }
  return spans;
}

/** A lock of the timeline as `lockName` wants it. */
const labelOf = ([name, made, id]) => ({ name, made, id });

/** The lanes: threads, then locks. Each has lists of intervals: for each list their numbers, and the latest end so far. */
function makeLanes(spans) {
  const { threads, locks, labels } = DATA.timeline;
  const lanes = [
    ...threads.map((thread) => ({ kind: "thread", label: threadName(thread.thread, thread.name), ...thread })),
    ...locks.map(({ lock, parts }) => ({ kind: "lock", label: lock ? lockName(labelOf(lock)) : "a lock", lock, parts })),
  ];
  // Locks may be called alike.
  const alike = (lane) => lanes.some((other) => other !== lane && other.lock && other.label === lane.label);
  for (const lane of lanes.filter((lane) => lane.lock && alike(lane))) lane.tail = ` ${hex(lane.lock[2])}`;
  for (const lane of lanes) {
    lane.label += lane.tail ?? "";
    lane.waits = [];
    lane.holds = [];
    lane.parts = lane.parts?.map(bytesOf);
  }
  for (let index = 0; index < spans.length; index++) {
    const list = spans.kind[index] === KIND.hold ? "holds" : "waits";
    if (spans.lane[index] >= 0) lanes[spans.lane[index]][list].push(index);
    const lockLane = spans.lock[index] >= 0 ? labels[spans.lock[index]][1] : null;
    if (lockLane !== null) lanes[threads.length + lockLane][list].push(index);
  }
  for (const lane of lanes) {
    for (const list of ["waits", "holds"]) lane[list] = withLatest(spans, lane[list]);
  }
  return lanes;
}

function withLatest(spans, numbers) {
  const latest = new Float64Array(numbers.length);
  let most = 0;
  numbers.forEach((index, at) => (latest[at] = most = Math.max(most, spans.end[index])));
  return { numbers, latest };
}

/** The first place in a sorted array whose value is at least this. */
function firstFrom(array, value) {
  let [low, high] = [0, array.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Calls back for each interval of a list that touches a time. */
function eachWithin(spans, { numbers, latest }, from, to, visit) {
  for (let at = firstFrom(latest, from); at < numbers.length; at++) {
    const index = numbers[at];
    if (spans.start[index] > to) return;
    if (spans.end[index] >= from) visit(index);
  }
}

