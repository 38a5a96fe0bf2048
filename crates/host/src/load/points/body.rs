//! The code of a function in the copy with points.

use wasm_encoder::{BlockType, Encode, Instruction, ValType};
use wasmparser::{FunctionBody, Operator, OperatorsReader};

use super::loops::{Blocks, Span, Way};
use super::twice::{Rest, Twice};
use crate::load::rewrite::sections::Result;

/// What the code refers to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indices {
    /// The function that stops a thread: the last that is imported.
    pub(super) point: u32,
    /// The one that a point calls, which calls that: the last of all.
    pub(super) stop: u32,
    /// The global in which points count.
    pub(super) budget: u32,
}

impl Indices {
    /// The index in the copy of a function of the original.
    pub(super) fn moved(self, function: u32) -> u32 {
        if function < self.point {
            function
        } else {
            function.saturating_add(1)
        }
    }
}

/// The code of a function, as it is made.
pub(super) struct Body<'a> {
    indices: Indices,
    /// What there is of it, and where its pieces begin and stood.
    pub(super) bytes: Vec<u8>,
    pub(super) pieces: Vec<(usize, u64)>,
    /// That of the original, the offset at which it begins, and how much of it was copied.
    original: &'a [u8],
    base: u64,
    copied: usize,
    operators: OperatorsReader<'a>,
    blocks: Blocks,
    /// Where points are yet to be put.
    points: &'a [u64],
    /// The number of the local in which loops count, if some do.
    local: u32,
    /// The loop at hand, if it counts in the local, and how many blocks are around it.
    counted: Option<(Span, usize)>,
    /// The loop at hand, if it is there twice.
    twice: Option<Turn<'a>>,
}

/// A loop that is there twice.
struct Turn<'a> {
    at: Twice,
    /// How many blocks are open where it begins.
    blocks: usize,
    /// As long as it is there for the first time: where its second time begins.
    again: Option<Place<'a>>,
    /// In the copy of the rest of a turn: where what that is a copy of begins, and how many of the blocks that are opened again for it
    /// are still open.
    rest: Option<(Place<'a>, usize)>,
    /// Whether its own instruction is a point.
    begins_with_point: bool,
}

/// A place in the original, and what is known of it.
#[derive(Clone)]
struct Place<'a> {
    operators: OperatorsReader<'a>,
    blocks: Blocks,
    points: &'a [u64],
}

impl Turn<'_> {
    /// Whether that is how the point at this offset counts where the code is at hand.
    fn is_unchecked(&self, at: u64) -> bool {
        self.again.is_some() && self.rest.is_none() && self.at.unchecked.binary_search(&at).is_ok()
    }

    /// How many blocks of the copy of the loop the code at hand is in.
    fn inside(&self, blocks: &Blocks) -> usize {
        blocks.depth() - self.blocks - 1
    }

    /// By how much labels of what is around the loop, and that of the loop, are more in the copy.
    fn around(&self) -> usize {
        let rest = self.rest.as_ref();
        1 + rest.map_or(0, |(place, _)| self.inside(&place.blocks) + 1)
    }
}

/// How a point counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    InGlobal,
    InLocal,
    /// In the local, without a check: it does not get to 0 there.
    Unchecked,
}

impl<'a> Body<'a> {
    /// Makes the code of `function`, which has so many parameters, with a point in front of each of these instructions.
    pub(super) fn new(
        function: &FunctionBody<'a>,
        params: u32,
        points: &'a [u64],
        counted: Vec<Span>,
        twice: Vec<Twice>,
        indices: Indices,
    ) -> Result<Self> {
        let base = function.range().start;
        let mut body = Self {
            indices,
            bytes: Vec::new(),
            pieces: vec![(0, base)],
            original: function.as_bytes(),
            base,
            copied: 0,
            operators: function.get_operators_reader()?,
            blocks: Blocks::default(),
            points,
            local: 0,
            counted: None,
            twice: None,
        };
        if !counted.is_empty() {
            body.add_local(params, function)?;
        }
        let mut counted = counted.into_iter().peekable();
        let mut twice = twice.into_iter().peekable();
        while !body.operators.eof() {
            let start = body.operators.original_position();
            let operator = body.operators.read()?;
            let end = body.operators.original_position();
            if body.goes_on_elsewhere(&operator, start)? {
                continue;
            }
            if let Some(counted) = counted.next_if(|counted| counted.start == start) {
                body.copy(start);
                body.counted = Some((counted, body.blocks.depth()));
                body.read_again(start);
                body.goes_on(start);
            }
            let twice = twice.next_if(|twice| twice.start == start);
            body.add_point(&operator, start, end, twice)?;
            body.goes(&operator, start, end);
            body.blocks.pass(&operator);
            if let Some((counted, _)) = &body.counted
                && counted.end == start
            {
                body.copy(end);
                body.write_back(start);
                body.goes_on(end);
                body.counted = None;
            }
            body.moves(&operator, start, end);
            body.begins_rest(end)?;
        }
        let rest = body.base + body.original.len() as u64;
        body.copy(rest);
        Ok(body)
    }

    /// Adds a local to those that the code begins with.
    fn add_local(&mut self, params: u32, function: &FunctionBody<'a>) -> Result<()> {
        let mut count = params;
        let mut locals = function.get_locals_reader()?;
        let groups = locals.get_count();
        (groups + 1).encode(&mut self.bytes);
        self.copied = self.within(locals.original_position());
        for _ in 0..groups {
            count = count.saturating_add(locals.read()?.0);
        }
        self.copy(locals.original_position());
        self.local = count;
        1_u32.encode(&mut self.bytes);
        ValType::I32.encode(&mut self.bytes);
        self.goes_on(self.operators.original_position());
        Ok(())
    }

    /// At the end of a loop that is there twice, or of something in one: goes on at another place, if this is not to be copied.
    fn goes_on_elsewhere(&mut self, operator: &Operator<'_>, start: u64) -> Result<bool> {
        let Some(turn) = &mut self.twice else {
            return Ok(false);
        };
        if turn.at.end != start {
            let inside = turn.inside(&self.blocks);
            let Some((_, again)) = &mut turn.rest else {
                return Ok(false);
            };
            *again = inside.min(*again);
            // The other half of what was open before is not reached.
            let other = matches!(operator, Operator::Else) && inside == *again;
            if other {
                self.copy(start);
                self.skip_half()?;
            }
            return Ok(other);
        }
        let around = turn.around();
        if let Some((place, _)) = turn.rest.take() {
            self.copy(start);
            // Out of what both copies of the loop are in.
            let label = u32::try_from(around - 1).unwrap_or(u32::MAX);
            self.put(start, &[Instruction::Br(label), Instruction::End]);
            self.goes_to(place);
            return Ok(true);
        }
        let Some(place) = turn.again.take() else {
            self.twice = None;
            self.copy(start);
            self.put(start, &[Instruction::End]);
            self.goes_on(start);
            return Ok(false);
        };
        let point = turn.begins_with_point.then_some(turn.at.start);
        self.copy(start);
        self.put(start, &[Instruction::Else]);
        if let Some(at) = point {
            self.point(at, Count::InLocal);
        }
        self.goes_to(place);
        Ok(true)
    }

    /// Where the rest of a turn has a copy: begins that.
    fn begins_rest(&mut self, end: u64) -> Result<()> {
        let Some(turn) = self
            .twice
            .as_ref()
            .filter(|turn| turn.again.is_some() && turn.rest.is_none())
        else {
            return Ok(());
        };
        let Ok(at) = turn.at.rests.binary_search_by_key(&end, |rest| rest.at) else {
            return Ok(());
        };
        let Rest { points, blocks, .. } = turn.at.rests[at].clone();
        self.copy(end);
        self.put(end, &self.has_more_than(points));
        self.put(end, &[Instruction::I32Eqz, Instruction::If(BlockType::Empty)]);
        for ty in blocks {
            self.put(end, &[Instruction::Block(BlockType::try_from(ty)?)]);
        }
        self.goes_on(end);
        let place = self.place();
        if let Some(turn) = &mut self.twice {
            let open = turn.inside(&place.blocks);
            turn.rest = Some((place, open));
        }
        Ok(())
    }

    /// Whether more than so many points are left.
    fn has_more_than(&self, points: usize) -> [Instruction<'static>; 3] {
        [
            Instruction::LocalGet(self.local),
            Instruction::I32Const(i32::try_from(points).unwrap_or(i32::MAX)),
            Instruction::I32GtU,
        ]
    }

    /// What is read next.
    fn place(&self) -> Place<'a> {
        Place {
            operators: self.operators.clone(),
            blocks: self.blocks.clone(),
            points: self.points,
        }
    }

    /// Goes on there.
    fn goes_to(&mut self, place: Place<'a>) {
        (self.operators, self.blocks, self.points) = (place.operators, place.blocks, place.points);
        self.skip(self.operators.original_position());
    }

    /// Goes on at the end of the block at hand.
    fn skip_half(&mut self) -> Result<()> {
        let mut inner = 0_usize;
        loop {
            let before = self.operators.clone();
            match self.operators.read()? {
                Operator::Block { .. } | Operator::If { .. } | Operator::Loop { .. } => inner += 1,
                Operator::End if inner == 0 => {
                    let at = before.original_position();
                    self.operators = before;
                    self.points = &self.points[self.points.partition_point(|point| *point < at)..];
                    self.skip(at);
                    return Ok(());
                }
                Operator::End => inner -= 1,
                _ => {}
            }
        }
    }

    /// Puts a point in front of this instruction if there is to be one; in a loop behind that, so that every turn passes it. A loop
    /// that is there twice begins.
    fn add_point(
        &mut self,
        operator: &Operator<'_>,
        start: u64,
        end: u64,
        twice: Option<Twice>,
    ) -> Result<()> {
        let is_point = self.points.first() == Some(&start);
        if is_point {
            self.points = &self.points[1..];
        }
        let Operator::Loop { blockty } = operator else {
            if is_point {
                self.copy(start);
                self.point(start, self.count(start));
                self.goes_on(start);
            }
            return Ok(());
        };
        let is_twice = twice.is_some();
        if is_point || is_twice {
            self.copy(end);
        }
        if let Some(twice) = twice {
            self.put(start, &self.has_more_than(twice.unchecked.len()));
            self.put(start, &[Instruction::If(BlockType::try_from(*blockty)?)]);
            let mut again = self.place();
            again.blocks.pass(operator);
            self.twice = Some(Turn {
                at: twice,
                blocks: self.blocks.depth(),
                again: Some(again),
                rest: None,
                begins_with_point: is_point,
            });
        }
        if is_point {
            self.point(start, self.count(start));
        }
        if is_point || is_twice {
            self.goes_on(end);
        }
        Ok(())
    }

    /// Before this instruction: what its way out of the loop at hand takes. Behind it: what its call has changed.
    fn goes(&mut self, operator: &Operator<'_>, start: u64, end: u64) {
        let Some((_, around)) = self.counted else {
            return;
        };
        let inside = u32::try_from(self.blocks.depth() - around).unwrap_or(u32::MAX);
        match Way::of(operator) {
            Some(Way::If(label)) if label >= inside && self.blocks.is_bare(label) => {
                self.copy(start);
                self.put(start, &[Instruction::If(BlockType::Empty)]);
                self.write_back(start);
                let label = self.label(label) + 1;
                self.put(start, &[Instruction::Br(label), Instruction::End]);
                self.skip(end);
                return;
            }
            Some(Way::If(label) | Way::To(label)) if label < inside => {}
            // That is called below, if it is known by its index, which has moved.
            Some(Way::Call) if !matches!(operator, Operator::Call { .. }) => {
                self.copy(start);
                self.write_back(start);
                self.goes_on(start);
                self.copy(end);
                self.read_again(start);
                self.goes_on(end);
            }
            Some(_) => {
                self.copy(start);
                self.write_back(start);
                self.goes_on(start);
            }
            None => {}
        }
        if let Some(moved) = self.twice.is_some().then(|| self.branch(operator)).flatten() {
            self.copy(start);
            self.put(start, &[moved]);
            self.skip(end);
        }
    }

    /// This instruction, if it goes to labels, with those that it has in the copy.
    fn branch(&self, operator: &Operator<'_>) -> Option<Instruction<'static>> {
        Some(match operator {
            Operator::Br { relative_depth } => Instruction::Br(self.label(*relative_depth)),
            Operator::BrIf { relative_depth } => Instruction::BrIf(self.label(*relative_depth)),
            Operator::BrTable { targets } => {
                let labels = targets.targets().filter_map(std::result::Result::ok);
                let labels: Vec<u32> = labels.map(|label| self.label(label)).collect();
                Instruction::BrTable(labels.into(), self.label(targets.default()))
            }
            _ => return None,
        })
    }

    /// The label in the copy, where what a loop that is there twice is in is farther away.
    fn label(&self, label: u32) -> u32 {
        let turn = self.twice.as_ref();
        let turn = turn.filter(|turn| label as usize >= turn.inside(&self.blocks));
        label.saturating_add(u32::try_from(turn.map_or(0, Turn::around)).unwrap_or(u32::MAX))
    }

    /// Puts the index that a function has in the copy into this instruction, if it has one.
    fn moves(&mut self, operator: &Operator<'_>, start: u64, end: u64) {
        let moved = |function: u32| self.indices.moved(function);
        let called = match *operator {
            Operator::Call { function_index } => Instruction::Call(moved(function_index)),
            Operator::ReturnCall { function_index } => Instruction::ReturnCall(moved(function_index)),
            Operator::RefFunc { function_index } => Instruction::RefFunc(moved(function_index)),
            _ => return,
        };
        self.copy(start);
        self.put(start, &[called]);
        if self.counted.is_some() && matches!(operator, Operator::Call { .. }) {
            self.read_again(start);
        }
        self.skip(end);
    }

    fn count(&self, at: u64) -> Count {
        match &self.twice {
            Some(turn) if turn.is_unchecked(at) => Count::Unchecked,
            _ if self.counted.is_some() => Count::InLocal,
            _ => Count::InGlobal,
        }
    }

    /// Adds a point.
    fn point(&mut self, at: u64, count: Count) {
        let local = Instruction::LocalSet(self.local);
        let (get, set) = if count == Count::InGlobal {
            (self.get_global(), self.set_global())
        } else {
            (Instruction::LocalGet(self.local), local.clone())
        };
        self.goes_on(at);
        self.encode(&[get.clone(), Instruction::I32Const(1), Instruction::I32Sub, set]);
        if count == Count::Unchecked {
            return;
        }
        self.encode(&[get, Instruction::I32Eqz, Instruction::If(BlockType::Empty)]);
        // Whoever is stopped stands here.
        self.put(at, &[Instruction::Call(self.indices.stop)]);
        let left = if count == Count::InLocal {
            local
        } else {
            Instruction::Drop
        };
        self.encode(&[left, Instruction::End]);
    }

    /// The local has what the global has.
    fn read_again(&mut self, at: u64) {
        self.put(at, &[self.get_global(), Instruction::LocalSet(self.local)]);
    }

    /// The global has what the local has.
    fn write_back(&mut self, at: u64) {
        self.put(at, &[Instruction::LocalGet(self.local), self.set_global()]);
    }

    fn get_global(&self) -> Instruction<'static> {
        Instruction::GlobalGet(self.indices.budget)
    }

    fn set_global(&self) -> Instruction<'static> {
        Instruction::GlobalSet(self.indices.budget)
    }

    /// Copies what stands before this offset and was not copied.
    fn copy(&mut self, to: u64) {
        let to = self.within(to);
        debug_assert!(self.copied <= to, "{} was copied, up to {to}", self.copied);
        self.bytes
            .extend_from_slice(self.original.get(self.copied..to).unwrap_or_default());
        self.copied = to;
    }

    /// Does not copy what stands before this offset.
    fn skip(&mut self, to: u64) {
        self.copied = self.within(to);
        self.goes_on(to);
    }

    /// From here on the code is that which stood at this offset.
    fn goes_on(&mut self, at: u64) {
        self.pieces.push((self.bytes.len(), at));
    }

    /// Adds instructions of which is said what is said of the one that stood there.
    fn put(&mut self, at: u64, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            self.goes_on(at);
            instruction.encode(&mut self.bytes);
        }
    }

    fn encode(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.bytes);
        }
    }

    fn within(&self, offset: u64) -> usize {
        usize::try_from(offset - self.base).unwrap_or(usize::MAX)
    }
}
