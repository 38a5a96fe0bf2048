//! Loops in which points count in a local of the function's: those without a call, for whoever is called counts, too, in the global.
//! There and back takes a load and a store; in a loop of a few instructions that is most of what it does, and an atomic change
//! waits for each store. Instructions that wait and wake are calls already, of the host, which looks at what is left.
//!
//! The global has what the local has at each way out, and before the host is called. A trap of an access in between leaves it as it
//! was before the loop: the thread is no more, and had some more steps than are counted.

use wasmparser::{BlockType, FunctionBody, Operator, Result};

/// A loop that counts so: the offsets of the instructions that begin and end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
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
            Operator::Return | Operator::Unreachable | Operator::Throw { .. } | Operator::ThrowRef => {
                Some(Self::Out)
            }
            Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::BrOnCastDescEq { .. }
            | Operator::BrOnCastDescEqFail { .. }
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::Rethrow { .. } => Some(Self::Never),
            _ => None,
        }
    }
}

/// The blocks that are open, and whether a way to the label of each takes nothing along.
#[derive(Debug, Default)]
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

/// A loop that is open.
struct Open {
    start: u64,
    depth: usize,
    points: bool,
    /// Whether it has no loop in it, and nothing beside which nobody counts in a local.
    fits: bool,
}

/// The loops of a function that have points, at these offsets in order, and count in a local; in order.
pub(super) fn find(function: &FunctionBody<'_>, points: &[u64]) -> Result<Vec<Counted>> {
    let mut counted = Vec::new();
    let mut blocks = Blocks::default();
    let mut open: Vec<Open> = Vec::new();
    let mut operators = function.get_operators_reader()?;
    while !operators.eof() {
        let at = operators.original_position();
        let operator = operators.read()?;
        if let Operator::Loop { .. } = operator {
            for outer in &mut open {
                outer.fits = false;
            }
            open.push(Open {
                start: at,
                depth: blocks.depth(),
                points: false,
                fits: true,
            });
        }
        if let Some(innermost) = open.last_mut() {
            innermost.points |= points.binary_search(&at).is_ok();
        }
        if Way::of(&operator) == Some(Way::Never) {
            for outer in &mut open {
                outer.fits = false;
            }
        }
        blocks.pass(&operator);
        if let Operator::End = operator
            && let Some(ended) = open.pop_if(|open| open.depth == blocks.depth())
            && ended.fits
            && ended.points
        {
            counted.push(Counted {
                start: ended.start,
                end: at,
            });
        }
    }
    Ok(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instructions that have an operand of one of these names.
    macro_rules! with_operands {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {{
            let mut found = Vec::new();
            $($($(
                if ["relative_depth", "targets"].contains(&stringify!($arg)) {
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
                "Rethrow"
            ]
        );
    }

    /// How many loops of this code count in a local, if every atomic load is a point.
    fn count(code: &str) -> usize {
        let text = format!("(module (memory 1 1 shared) (func $f {code}) (func $g))");
        let module = wat::parse_str(&text).expect("it is a module");
        let mut found = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(&module) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload.expect("it is well") {
                let mut points = Vec::new();
                let mut operators = body.get_operators_reader().expect("it is well");
                while !operators.eof() {
                    let at = operators.original_position();
                    if let Operator::I32AtomicLoad { .. } = operators.read().expect("it is well") {
                        points.push(at);
                    }
                }
                found.extend(find(&body, &points).expect("it is well"));
            }
        }
        assert!(found.iter().all(|counted| counted.start < counted.end));
        found.len()
    }

    #[test]
    fn the_innermost_loops_without_calls_count_in_a_local() {
        let point = "(drop (i32.atomic.load (i32.const 0)))";
        for (code, expected) in [
            (point.to_string(), 0),
            (format!("(loop {point} br 0)"), 1),
            ("(loop br 0)".to_owned(), 0),
            (format!("(loop (block {point}) call $g br 0)"), 0),
            (format!("(loop (loop {point} br 0) br 0) (loop {point})"), 2),
            (format!("(loop {point} (loop br 0))"), 0),
            (
                format!("(block (loop {point} br_if 1 (i32.const 1) br 0)) call $g"),
                1,
            ),
        ] {
            assert_eq!(count(&code), expected, "{code}");
        }
    }
}
