//! Loops in which points count in a local of the function's. There and back takes a load and a store of the global; in a loop of a
//! few instructions that is most of what it does, and an atomic change waits for each store. Who is called counts, too, in the
//! global: that has what the local has at each way out and before each call, and is read again after it. So loops do that which have
//! no more calls than points: an inlined lock, say, calls only where it has to wait. Instructions that wait and wake are calls already.
//!
//! A trap in between leaves the global as it was at the last such place: the thread is no more, and had some more steps than are
//! counted. An exception that a call throws would leave the local behind: no loop counts so that has both a call and a place where
//! exceptions are caught.
//!
//! Even so each point is a subtraction and a branch, and an atomic load takes a cycle. So the innermost of these loops are there
//! [twice](super::twice), if they are short and have several points.

use wasmparser::{BlockType, FunctionBody, Operator, Result};

/// The loops of a function that have points; each list in order, and none in another of the same list.
#[derive(Debug)]
pub(super) struct Loops {
    /// Those that count in a local.
    pub(super) counted: Vec<Span>,
    /// Short ones of these, or in them: no loop is in one, and no place where exceptions are caught.
    pub(super) short: Vec<Span>,
}

/// A loop: the offsets of the instructions that begin and end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// What an instruction does to whoever counts in a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It leaves the function, or may.
    Out,
    /// It goes to this label if there is something on the stack.
    If(u32),
    /// It goes to this label, or to others that are nearer.
    To(u32),
    /// It calls somebody, and goes on.
    Call,
    /// Nobody can count in a local beside it.
    Never,
}

impl Way {
    pub(super) fn of(operator: &Operator<'_>) -> Option<Self> {
        match operator {
            Operator::Br { relative_depth } => Some(Self::To(*relative_depth)),
            Operator::BrIf { relative_depth } => Some(Self::If(*relative_depth)),
            Operator::BrTable { targets } => {
                let farthest = targets.targets().filter_map(std::result::Result::ok).max();
                Some(Self::To(farthest.unwrap_or(0).max(targets.default())))
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => Some(Self::Out),
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                Some(Self::Call)
            }
            Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::BrOnCastDescEq { .. }
            | Operator::BrOnCastDescEqFail { .. }
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::Rethrow { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. } => Some(Self::Never),
            _ => None,
        }
    }
}

/// The blocks that are open, and whether a way to the label of each takes nothing along.
#[derive(Debug, Default, Clone)]
pub(super) struct Blocks(Vec<bool>);

impl Blocks {
    /// How many there are.
    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn pass(&mut self, operator: &Operator<'_>) {
        let empty = |ty: &BlockType| *ty == BlockType::Empty;
        match operator {
            Operator::Block { blockty } | Operator::If { blockty } | Operator::Try { blockty } => {
                self.0.push(empty(blockty));
            }
            Operator::TryTable { try_table } => self.0.push(empty(&try_table.ty)),
            // A way to it leads to its beginning.
            Operator::Loop { blockty } => self.0.push(!matches!(blockty, BlockType::FuncType(_))),
            Operator::End | Operator::Delegate { .. } => {
                self.0.pop();
            }
            _ => {}
        }
    }

    /// Whether a way to this label takes nothing along; not that of the function, of whose results nothing is known.
    pub(super) fn is_bare(&self, label: u32) -> bool {
        let at = self.0.len().checked_sub(label as usize + 1);
        at.and_then(|at| self.0.get(at)).copied().unwrap_or(false)
    }
}

/// Bytes of a loop that is short.
const LONGEST: u64 = 1_024;

/// A loop that is open.
struct Open {
    start: u64,
    depth: usize,
    points: u32,
    calls: u32,
    /// Whether no loop is in it.
    innermost: bool,
    /// Whether exceptions are caught in it.
    catches: bool,
    /// Whether there is nothing beside which nobody counts in a local.
    fits: bool,
    /// How many loops counted so before it.
    before: usize,
}

impl Open {
    fn counts(&self) -> bool {
        let calls = self.calls == 0 || (self.calls <= self.points && !self.catches);
        self.fits && self.points > 0 && calls
    }

    /// It, if it is short, has several points, and ends here.
    fn short(&self, end: u64) -> Option<Span> {
        let worth = self.points > 1 && end - self.start <= LONGEST;
        let simple = self.innermost && self.counts() && !self.catches;
        (worth && simple).then_some(Span {
            start: self.start,
            end,
        })
    }
}

/// The loops of a function that has points at these offsets, which are in order.
pub(super) fn find(function: &FunctionBody<'_>, points: &[u64]) -> Result<Loops> {
    let mut counted: Vec<Span> = Vec::new();
    let mut short = Vec::new();
    let mut blocks = Blocks::default();
    let mut open: Vec<Open> = Vec::new();
    let mut operators = function.get_operators_reader()?;
    while !operators.eof() {
        let at = operators.original_position();
        let operator = operators.read()?;
        if let Operator::Loop { .. } = operator {
            for around in &mut open {
                around.innermost = false;
            }
            open.push(Open {
                start: at,
                depth: blocks.depth(),
                points: 0,
                calls: 0,
                innermost: true,
                catches: false,
                fits: true,
                before: counted.len(),
            });
        }
        let (way, catches) = (Way::of(&operator), matches!(operator, Operator::TryTable { .. }));
        let is_point = points.binary_search(&at).is_ok();
        for around in &mut open {
            around.points += u32::from(is_point);
            around.calls += u32::from(way == Some(Way::Call));
            around.catches |= catches;
            around.fits &= way != Some(Way::Never);
        }
        blocks.pass(&operator);
        if let Operator::End = operator
            && let Some(ended) = open.pop_if(|open| open.depth == blocks.depth())
        {
            short.extend(ended.short(at));
            if ended.counts() {
                // Those in it count with it.
                counted.truncate(ended.before);
                counted.push(Span {
                    start: ended.start,
                    end: at,
                });
            }
        }
    }
    Ok(Loops { counted, short })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The instructions that have an operand of one of these names.
    macro_rules! with_operands {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {{
            let mut found = Vec::new();
            $($($(
                if ["relative_depth", "targets", "try_table", "resume_table"].contains(&stringify!($arg)) {
                    found.push(stringify!($op));
                }
            )*)?)*
            found
        }};
    }

    #[test]
    fn all_instructions_that_go_to_a_label_are_known() {
        let mut found = wasmparser::for_each_operator!(with_operands);
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "Br",
                "BrIf",
                "BrOnCast",
                "BrOnCastDescEq",
                "BrOnCastDescEqFail",
                "BrOnCastFail",
                "BrOnNonNull",
                "BrOnNull",
                "BrTable",
                "Delegate",
                "Resume",
                "ResumeThrow",
                "ResumeThrowRef",
                "Rethrow",
                "TryTable"
            ]
        );
    }

    /// The offsets of the atomic loads in a function.
    pub(in super::super) fn loads(function: &FunctionBody<'_>) -> Vec<u64> {
        let mut found = Vec::new();
        let mut operators = function.get_operators_reader().expect("it is well");
        while !operators.eof() {
            let at = operators.original_position();
            if let Operator::I32AtomicLoad { .. } = operators.read().expect("it is well") {
                found.push(at);
            }
        }
        found
    }

    /// How many loops of this code count in a local, and how many are short, if every atomic load is a point.
    fn count(code: &str) -> (usize, usize) {
        let text = format!("(module (memory 1 1 shared) (func $f {code}) (func $g))");
        let module = wat::parse_str(&text).expect("it is a module");
        let mut found = (0, 0);
        for payload in wasmparser::Parser::new(0).parse_all(&module) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload.expect("it is well") {
                let points = loads(&body);
                let loops = find(&body, &points).expect("it is well");
                found.0 += loops.counted.len();
                found.1 += loops.short.len();
                assert!(loops.counted.iter().all(|counted| counted.start < counted.end));
            }
        }
        found
    }

    #[test]
    fn loops_with_few_calls_count_in_a_local() {
        let point = "(drop (i32.atomic.load (i32.const 0)))";
        for (code, expected) in [
            (point.to_string(), 0),
            (format!("(loop {point} br 0)"), 1),
            ("(loop br 0)".to_owned(), 0),
            (format!("(loop (block {point}) call $g br 0)"), 1),
            (format!("(loop (block {point}) call $g call $g br 0)"), 0),
            (
                format!("(loop {point} (block (try_table (catch_all 0) call $g)))"),
                0,
            ),
            (
                format!("(loop {point} (block (try_table (catch_all 0) {point})))"),
                1,
            ),
            (format!("(loop (loop {point} br 0) br 0) (loop {point})"), 2),
            (
                format!("(loop (loop {point} br 0) call $g call $g (loop {point}) call $g)"),
                2,
            ),
            (format!("(loop {point} (loop br 0))"), 1),
            (
                format!("(block (loop {point} br_if 1 (i32.const 1) br 0)) call $g"),
                1,
            ),
        ] {
            assert_eq!(count(&code).0, expected, "{code}");
        }
    }

    #[test]
    fn innermost_loops_with_few_calls_and_several_points_are_short() {
        let point = "(drop (i32.atomic.load (i32.const 0)))";
        let long = "(drop (i32.atomic.load (i32.const 0)))".repeat(200);
        for (code, expected) in [
            (format!("(loop {point} br 0)"), 0),
            (format!("(loop {point} {point} br 0)"), 1),
            (format!("(loop {point} {point} call $g br 0)"), 1),
            (format!("(loop {point} {point} call $g call $g call $g br 0)"), 0),
            (format!("(loop {long} br 0)"), 0),
            (
                format!("(loop {point} (block (try_table (catch_all 0) {point})))"),
                0,
            ),
            (format!("(loop {point} {point} (loop {point} br 0) br 0)"), 0),
            (
                format!("(loop call $g {point} (loop {point} {point}) (loop {point} {point} br 0) br 0)"),
                2,
            ),
            (
                format!("(loop {point} {point} br 0) (loop {point} {point} br 0)"),
                2,
            ),
        ] {
            assert_eq!(count(&code).1, expected, "{code}");
        }
    }
}
