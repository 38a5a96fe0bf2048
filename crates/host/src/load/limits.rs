//! How much a module may cost to compile. The compiler's time and memory are not in proportion to a module's bytes: a call of
//! two bytes can move a thousand values, and each place where paths meet may have to carry each local. What is counted here
//! is what they do follow.

use wasmparser::{BinaryReaderError, FuncType, Operator, Parser, Payload};

use super::shape::{Item, Shape, damaged};
use super::{LoadError, cost};

/// Bytes of a module, with its debug information.
const BYTES: usize = 256 << 20;
/// Bytes of all code, and of one function.
const CODE: u64 = 32 << 20;
const BODY: u64 = 1 << 20;
/// Places where paths meet, of one function, where a loop counts as four: the compiler's time grows with their square.
const BRANCHES: u64 = 20_000;
const LOOP: u64 = 4;
/// The sum of these squares, of all functions that have more than the first [`FREE_BRANCHES`].
const SQUARES: u64 = 5 * BRANCHES * BRANCHES;
const FREE_BRANCHES: u64 = 2_000;
/// Functions that a module has itself, imports, and exports.
const FUNCTIONS: u64 = 65_536;
const IMPORTS: u64 = 1_000;
const EXPORTS: u64 = 100_000;
/// Values that a call may pass and return at no charge; compilers of real languages stay below.
const FREE_VALUES: u64 = 16;
/// Values beyond that, of all calls and all functions.
const VALUES: u64 = 200_000;
/// Locals times places where paths meet, of one function. A function that is large in an unoptimised build has a million.
const CARRIED: u64 = 8_000_000;
/// The same of all functions, without the first [`FREE_CARRIED`] of each.
const ALL_CARRIED: u64 = 32_000_000;
const FREE_CARRIED: u64 = 100_000;

/// Bytes that compiling takes at any rate, and for each of what is counted besides instructions ([`cost`]): more than was
/// ever measured.
const COST: u64 = 32 << 20;
const COST_OF_FUNCTION: u64 = 6 << 10;
const COST_OF_VALUE: u64 = 1 << 10;
const COST_OF_CARRIED: u64 = 40;
/// Bytes of addresses that the allocator takes on top of those that it uses.
const ARENAS: u64 = 160 << 20;

/// Whether a file is so long that it is not even read.
pub(super) fn check_length(bytes: &[u8]) -> Result<(), LoadError> {
    within("bytes", bytes.len() as u64, BYTES as u64)
}

/// Checks a valid module, that it can be compiled in `most` bytes of memory, with as many functions at once as there are
/// `compilers`, and that there is this memory. Returns how many bytes it may take.
pub(super) fn check(bytes: &[u8], shape: &Shape<'_>, most: u64, compilers: usize) -> Result<u64, LoadError> {
    within("imports", shape.imports.len() as u64, IMPORTS)?;
    within("exports", shape.exports.len() as u64, EXPORTS)?;
    let mut count = Count::new(shape);
    for payload in Parser::new(0).parse_all(bytes) {
        let read = payload.and_then(|payload| count.payload(payload));
        read.map_err(damaged)?;
        count.check()?;
    }
    within_memory(count.cost(compilers), most)
}

/// The same of a copy of such a module that does more than it, which is larger for that: only its memory counts.
pub(super) fn check_copy(
    bytes: &[u8],
    shape: &Shape<'_>,
    most: u64,
    compilers: usize,
) -> Result<u64, LoadError> {
    let mut count = Count::new(shape);
    for payload in Parser::new(0).parse_all(bytes) {
        let read = payload.and_then(|payload| count.payload(payload));
        read.map_err(damaged)?;
    }
    within_memory(count.cost(compilers), most)
}

fn within_memory(cost: u64, most: u64) -> Result<u64, LoadError> {
    if cost > most {
        return Err(LoadError::CompileMemory {
            wanted: cost,
            limit: most,
        });
    }
    let wanted = cost + ARENAS;
    let room = usize::try_from(wanted).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
    if room {
        Ok(cost)
    } else {
        Err(LoadError::NoMemory { wanted })
    }
}

fn within(what: &'static str, found: u64, limit: u64) -> Result<(), LoadError> {
    if found <= limit {
        return Ok(());
    }
    Err(LoadError::TooLarge { what, found, limit })
}

/// What has been found so far.
struct Count<'a> {
    shape: &'a Shape<'a>,
    /// Type indices of all functions.
    functions: Vec<u32>,
    defined: u64,
    code: u64,
    longest: u64,
    values: u64,
    most_branches: u64,
    squares: u64,
    most_carried: u64,
    carried: u64,
    /// Bytes that stay until all is compiled, and for each function those that do not.
    kept: u64,
    while_compiled: Vec<u64>,
}

impl<'a> Count<'a> {
    fn new(shape: &'a Shape<'a>) -> Self {
        let imported = shape.imports.iter().filter_map(|import| match import.item {
            Item::Function(ty) => Some(ty),
            _ => None,
        });
        Self {
            shape,
            functions: imported.collect(),
            defined: 0,
            code: 0,
            longest: 0,
            values: 0,
            most_branches: 0,
            squares: 0,
            most_carried: 0,
            carried: 0,
            kept: 0,
            while_compiled: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), LoadError> {
        within("functions", self.defined, FUNCTIONS)?;
        within("bytes of code", self.code, CODE)?;
        within("bytes of code in one function", self.longest, BODY)?;
        within(
            "blocks, with loops four times, in one function",
            self.most_branches,
            BRANCHES,
        )?;
        within("blocks in large functions, squared", self.squares, SQUARES)?;
        within("values that calls pass beyond 16 each", self.values, VALUES)?;
        within(
            "locals times branches in one function",
            self.most_carried,
            CARRIED,
        )?;
        within("locals times branches", self.carried, ALL_CARRIED)
    }

    /// Bytes that compiling it takes at most, with so many functions at once. Within the limits, this does not overflow.
    fn cost(mut self, compilers: usize) -> u64 {
        self.while_compiled.sort_unstable_by(|a, b| b.cmp(a));
        let at_once: u64 = self.while_compiled.iter().take(compilers).sum();
        COST + COST_OF_FUNCTION * self.defined + COST_OF_VALUE * self.values + self.kept + at_once
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::FunctionSection(section) => {
                for ty in section {
                    let ty = ty?;
                    self.functions.push(ty);
                    self.defined += 1;
                    // The way in from the host.
                    self.passes(ty);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let length = range.end - range.start;
                self.code += length;
                self.longest = self.longest.max(length);
                let mut locals = 0;
                for local in body.get_locals_reader()? {
                    locals += u64::from(local?.0);
                }
                let (mut meetings, mut loops) = (0, 0);
                let mut while_compiled = 0;
                for operator in body.get_operators_reader()? {
                    let operator = operator?;
                    let cost = cost::of(&operator);
                    while_compiled += cost.while_compiled;
                    self.kept += cost.kept;
                    match operator {
                        Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                            meetings += 1;
                        }
                        Operator::Loop { .. } => {
                            meetings += 1;
                            loops += 1;
                        }
                        Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                            if let Some(ty) = self.functions.get(function_index as usize).copied() {
                                self.passes(ty);
                            }
                        }
                        Operator::CallIndirect { type_index, .. }
                        | Operator::ReturnCallIndirect { type_index, .. }
                        | Operator::CallRef { type_index }
                        | Operator::ReturnCallRef { type_index } => self.passes(type_index),
                        _ => {}
                    }
                }
                let branches = meetings + (LOOP - 1) * loops;
                self.most_branches = self.most_branches.max(branches);
                if branches > FREE_BRANCHES {
                    self.squares = self.squares.saturating_add(branches.saturating_mul(branches));
                }
                let carried = locals.saturating_mul(meetings);
                self.most_carried = self.most_carried.max(carried);
                self.carried = self.carried.saturating_add(carried.saturating_sub(FREE_CARRIED));
                self.while_compiled.push(
                    carried
                        .saturating_mul(COST_OF_CARRIED)
                        .saturating_add(while_compiled),
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// A call of a function of this type, or the function.
    fn passes(&mut self, ty: u32) {
        let values = |ty: &FuncType| (ty.params().len() + ty.results().len()) as u64;
        let values = self.shape.function_type(ty).map_or(0, values);
        self.values += values.saturating_sub(FREE_VALUES);
    }
}
