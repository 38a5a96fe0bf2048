//! Short loops are there twice: a turn for which there is enough left begins with one comparison, and its points only count. It could
//! not be stopped at one of them, and a turn that could be takes the other copy. Labels are moved in both, which is not done where
//! exceptions are caught.
//!
//! Who is called counts, too. So a turn that called somebody compares once more, and if there is not enough left for the rest of it,
//! goes on with that in a copy of its own, whose points are checked: the blocks that are open there are opened in it again. That
//! takes a place behind the call, before any block begins or ends, at which there are no operands in the loop: those would be out of
//! reach. Where there is none, or no room for the copy, the points are checked that may stand behind the call.

use wasmparser::{BlockType, FuncValidator, FunctionBody, Operator, Result, ValidatorResources};

use super::loops::{Span, Way};

/// A loop that is there twice: the offsets of the instructions that begin and end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Twice {
    pub(super) start: u64,
    pub(super) end: u64,
    /// Those of the points that only count in a turn for which there is enough left, in order.
    pub(super) unchecked: Vec<u64>,
    /// In order, too.
    pub(super) rests: Vec<Rest>,
}

/// The rest of a turn that has a copy of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rest {
    /// The offset at which it begins.
    pub(super) at: u64,
    /// How many of the points that only count may stand in it.
    pub(super) points: usize,
    /// The blocks of the loop that are open there, the outermost first.
    pub(super) blocks: Vec<BlockType>,
}

/// Which of these loops are there twice, in a function that has points at these offsets. Both are in order.
pub(super) fn find(
    function: &FunctionBody<'_>,
    points: &[u64],
    short: &[Span],
    mut validator: FuncValidator<ValidatorResources>,
) -> Result<Vec<Twice>> {
    let mut found = Vec::new();
    let mut short = short.iter().peekable();
    let mut turn: Option<Turn> = None;
    let mut locals = function.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let at = locals.original_position();
        let (count, ty) = locals.read()?;
        validator.define_locals(at, count, ty)?;
    }
    let mut operators = function.get_operators_reader()?;
    while !operators.eof() && (turn.is_some() || short.peek().is_some()) {
        let at = operators.original_position();
        let operator = operators.read()?;
        validator.op(at, &operator)?;
        if let Some(begins) = short.next_if(|short| short.start == at) {
            turn = Some(Turn::new(*begins, &validator));
        }
        let Some(passed) = &mut turn else { continue };
        if points.binary_search(&at).is_ok() {
            passed.passes_point(at);
        }
        passed.pass(&operator);
        if passed.short.end == at {
            found.extend(turn.take().and_then(Turn::ends));
        } else {
            passed.may_go_on_elsewhere(operators.original_position(), &validator);
        }
    }
    Ok(found)
}

/// A turn of a loop. All ways through it lead forward, as no loop is in that one.
struct Turn {
    short: Span,
    /// How many blocks, this one included, and operands there are where it begins.
    height: (u32, u32),
    /// Whether its beginning and its end take at most one operand along.
    is_simple: bool,
    unchecked: Vec<u64>,
    rests: Vec<Rest>,
    /// Bytes that there may be in further ones: all rests have no more than the loop.
    room: u64,
    /// Whether somebody was called on one of the ways to the instruction at hand, and how much is left of the budget is not known
    /// since.
    called: bool,
    /// Whether that was so near that neither a point was passed nor a place from or to which a way leads.
    just_called: bool,
    blocks: Vec<Block>,
}

/// A block that is open in the loop: whether somebody was called at its beginning, and on one of the ways to its end.
struct Block {
    ty: BlockType,
    begin: bool,
    end: bool,
    /// Whether a way leads from its beginning to its end.
    may_be_skipped: bool,
}

impl Turn {
    /// Where the loop has just begun.
    fn new(short: Span, validator: &FuncValidator<ValidatorResources>) -> Self {
        let frame = validator.get_control_frame(0);
        Self {
            short,
            height: (validator.control_stack_height(), validator.operand_stack_height()),
            is_simple: frame.is_some_and(|frame| !matches!(frame.block_type, BlockType::FuncType(_))),
            unchecked: Vec::new(),
            rests: Vec::new(),
            room: short.end - short.start,
            called: false,
            just_called: false,
            blocks: Vec::new(),
        }
    }

    fn passes_point(&mut self, at: u64) {
        self.just_called = false;
        if !self.called {
            self.unchecked.push(at);
        }
    }

    fn pass(&mut self, operator: &Operator<'_>) {
        let way = Way::of(operator);
        match operator {
            Operator::Block { blockty: ty } | Operator::If { blockty: ty } => self.blocks.push(Block {
                ty: *ty,
                begin: self.called,
                end: false,
                may_be_skipped: matches!(operator, Operator::If { .. }),
            }),
            Operator::Else => {
                if let Some(block) = self.blocks.last_mut() {
                    block.end |= self.called;
                    block.may_be_skipped = false;
                    self.called = block.begin;
                }
            }
            Operator::End => {
                if let Some(block) = self.blocks.pop() {
                    self.called |= block.end || (block.may_be_skipped && block.begin);
                }
            }
            Operator::BrIf { relative_depth } => self.goes_to(*relative_depth),
            Operator::Br { relative_depth } => {
                self.goes_to(*relative_depth);
                self.called = false;
            }
            Operator::BrTable { targets } => {
                for label in targets.targets().filter_map(std::result::Result::ok) {
                    self.goes_to(label);
                }
                self.goes_to(targets.default());
                self.called = false;
            }
            _ => match way {
                Some(Way::Call) => self.called = true,
                // What stands behind it is reached from elsewhere, if it is.
                Some(Way::Out) => self.called = false,
                _ => return,
            },
        }
        self.just_called = way == Some(Way::Call);
    }

    /// To the end of this block; beyond those that are known the turn is over.
    fn goes_to(&mut self, label: u32) {
        let at = self.blocks.len().checked_sub(label as usize + 1);
        if let Some(block) = at.and_then(|at| self.blocks.get_mut(at)) {
            block.end |= self.called;
        }
    }

    /// The rest has a copy from here on, if somebody was just called and it can have one.
    fn may_go_on_elsewhere(&mut self, at: u64, validator: &FuncValidator<ValidatorResources>) {
        let len = self.short.end - at;
        if !self.just_called || !self.is_simple || len > self.room {
            return;
        }
        let (height, operands) = self.height;
        // Code that is not reached may take operands that are not there, which a copy of it could not.
        let around = 0..=validator.control_stack_height().saturating_sub(height);
        let is_reached = |depth| {
            validator
                .get_control_frame(depth as usize)
                .is_some_and(|frame| !frame.unreachable)
        };
        let types = || self.blocks.iter().map(|block| block.ty);
        if validator.operand_stack_height() != operands
            || !around.into_iter().all(is_reached)
            || types().any(|ty| matches!(ty, BlockType::FuncType(_)))
        {
            return;
        }
        let blocks = types().collect();
        self.room -= len;
        self.rests.push(Rest {
            at,
            points: 0,
            blocks,
        });
        self.called = false;
        self.just_called = false;
    }

    /// It is there twice if that saves something.
    fn ends(self) -> Option<Twice> {
        let Self {
            short,
            unchecked,
            mut rests,
            ..
        } = self;
        for rest in &mut rests {
            rest.points = unchecked.len() - unchecked.partition_point(|at| *at < rest.at);
        }
        rests.retain(|rest| rest.points > 0);
        (unchecked.len() > 1).then_some(Twice {
            start: short.start,
            end: short.end,
            unchecked,
            rests,
        })
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{FuncValidatorAllocations, Parser, ValidPayload, Validator};

    use super::super::loops;
    use super::*;

    /// Of a loop that is there twice: how many points only count, and of each rest that has a copy how many these are and how many
    /// blocks are opened again.
    type Counts = (usize, Vec<(usize, usize)>);

    /// Those of the loop in this code, if it is there twice, and if every atomic load is a point.
    fn twice(code: &str) -> Option<Counts> {
        let text = format!(
            "(module (memory 1 1 shared) (func $f (param $x i32) {code})
                (func $g) (func $h (result i32) (i32.const 0)) (type $t (func)))"
        );
        let module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut validator = Validator::new_with_features(crate::features::ENABLED);
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(&module) {
            let payload = validator.payload(&payload.expect("it is well"));
            let ValidPayload::Func(to_validate, body) = payload.expect("it is valid") else {
                continue;
            };
            let points = loops::tests::loads(&body);
            let short = loops::find(&body, &points).expect("it is well").short;
            let validator = to_validate.into_validator(FuncValidatorAllocations::default());
            found.extend(find(&body, &points, &short, validator).expect("it is valid"));
        }
        assert!(found.len() <= 1, "{code}");
        found.pop().map(|twice| {
            let rests = twice.rests.iter().map(|rest| (rest.points, rest.blocks.len()));
            (twice.unchecked.len(), rests.collect())
        })
    }

    const P: &str = "(drop (i32.atomic.load (i32.const 0)))";
    /// A call with a result that is on the stack when a point is passed: the rest cannot have a copy where it is known what is left.
    const UNCLEAN: &str = "(drop (i32.add (call $h) (i32.atomic.load (i32.const 0))))";

    fn check(cases: &[(String, Option<Counts>)]) {
        for (code, expected) in cases {
            assert_eq!(&twice(code), expected, "{code}");
        }
    }

    #[test]
    fn behind_a_call_the_rest_has_a_copy() {
        check(&[
            (format!("(loop {P} {P} br 0)"), Some((2, vec![]))),
            (format!("(loop {P} call $g {P} br 0)"), Some((2, vec![(1, 0)]))),
            // Nothing is left to count.
            (format!("(loop {P} {P} call $g br 0)"), Some((2, vec![]))),
            (
                format!("(loop {P} (block (br_if 0 (local.get $x)) call $g) {P} br 0)"),
                Some((2, vec![(1, 1)])),
            ),
            (
                format!(
                    "(loop {P} (if (local.get $x) (then (block call $g {P})) (else {P} call $g)) {P} br 0)"
                ),
                Some((4, vec![(3, 2), (1, 1)])),
            ),
            // Behind the result.
            (
                format!("(loop {P} (local.set $x (call $h)) {P} br 0)"),
                Some((2, vec![(1, 0)])),
            ),
            (
                format!("(loop {P} (local.set $x (i32.add (local.get $x) (call $h))) {P} br 0)"),
                Some((2, vec![(1, 0)])),
            ),
            (
                format!("(loop {P} (local.set $x (i32.add (call $h) (i32.const 1))) {P} br 0)"),
                Some((2, vec![(1, 0)])),
            ),
            (
                format!("(drop (loop (result i32) {P} call $g {P} local.get $x))"),
                Some((2, vec![(1, 0)])),
            ),
            // In blocks with results.
            (
                format!("(loop {P} (local.set $x (block (result i32) call $g {P} local.get $x)) {P} br 0)"),
                Some((3, vec![(2, 1)])),
            ),
            (
                format!("(loop {P} (drop (block (result (ref null $t)) call $g {P} ref.null $t)) br 0)"),
                Some((2, vec![(1, 1)])),
            ),
            (
                format!("i32.const 0 (loop {P} call $g {P}) drop"),
                Some((2, vec![(1, 0)])),
            ),
        ]);
    }

    #[test]
    fn points_are_checked_that_may_stand_behind_other_calls() {
        check(&[
            (format!("(loop {P} {P} {UNCLEAN} {P} br 0)"), Some((2, vec![]))),
            (format!("(loop {P} {UNCLEAN} {P} br 0)"), None),
            // It is never made, and what stands behind it takes operands that are not there.
            (format!("(loop {P} {P} br 0 call $g drop {P})"), Some((2, vec![]))),
            (
                format!("(loop {P} {P} br 0 (block call $g {P}) drop)"),
                Some((2, vec![])),
            ),
            // Something is on the stack, in a block or around it.
            (
                format!("(loop {P} {P} (i32.const 1) call $g {P} drop br 0)"),
                Some((2, vec![])),
            ),
            (
                format!("(loop {P} {P} (i32.const 1) (block call $g {P}) drop br 0)"),
                Some((2, vec![])),
            ),
            // A block begins with the result, or with something else.
            (
                format!("(loop {P} {P} (if (call $h) (then {P})) br 0)"),
                Some((2, vec![])),
            ),
            (
                format!("(loop {P} {P} (i32.const 1) (block (param i32) drop call $g {P}) br 0)"),
                Some((2, vec![])),
            ),
            (
                format!("(drop (i32.const 1) (loop (param i32) (result i32) {P} {P} call $g {P}))"),
                Some((2, vec![])),
            ),
            // That is known again behind another.
            (
                format!("(loop {P} {UNCLEAN} call $g {P} {P} br 0)"),
                Some((3, vec![(2, 0)])),
            ),
        ]);
    }

    #[test]
    fn a_call_is_behind_on_each_way_that_it_is_on() {
        check(&[
            // On one of two.
            (
                format!("(loop {P} {P} (if (local.get $x) (then {UNCLEAN}) (else {P})) {P} br 0)"),
                Some((3, vec![])),
            ),
            (
                format!("(loop {P} {P} (if (local.get $x) (then {P}) (else {UNCLEAN})) {P} br 0)"),
                Some((3, vec![])),
            ),
            // An `if` without another half, before which it was, where one half ends.
            (
                format!("(loop {P} {P} {UNCLEAN} (if (local.get $x) (then (br 1))) {P} br 0)"),
                Some((2, vec![])),
            ),
            // On one that ends the turn, or the function.
            (
                format!("(loop {P} {P} (if (local.get $x) (then {UNCLEAN} br 1)) {P} br 0)"),
                Some((3, vec![])),
            ),
            (
                format!("(loop {P} {P} (if (local.get $x) (then {UNCLEAN} return)) {P} br 0)"),
                Some((3, vec![])),
            ),
            (
                format!("(loop {P} {P} (if (local.get $x) (then {UNCLEAN} unreachable)) {P} br 0)"),
                Some((3, vec![])),
            ),
            // On one that leads over another call.
            (
                format!("(loop {P} {P} (block {UNCLEAN} (br_if 0 (local.get $x)) call $g) {P} br 0)"),
                Some((2, vec![])),
            ),
            (
                format!("(loop {P} {P} (block {UNCLEAN} br 0) {P} br 0)"),
                Some((2, vec![])),
            ),
            (
                format!(
                    "(loop {P} {P} (block (block {UNCLEAN} (br_table 1 0 (local.get $x))) return) {P} br 0)"
                ),
                Some((2, vec![])),
            ),
            (
                format!(
                    "(loop {P} {P} (block (block {UNCLEAN} (br_table 0 1 (local.get $x))) return) {P} br 0)"
                ),
                Some((2, vec![])),
            ),
        ]);
    }

    #[test]
    fn there_is_room_for_a_few_rests() {
        let filled = format!("(drop (i64.const {})) ", i64::MAX).repeat(40);
        let call = format!("(block call $g {P}) ");
        let code = format!("(loop {P} {P} {call} {call} {call} {filled} br 0)");
        let (unchecked, rests) = twice(&code).expect("it is there twice");
        assert_eq!((unchecked, rests), (3, vec![(1, 1)]), "{code}");
    }
}
