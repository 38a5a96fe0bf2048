//! What one instruction costs the compiler, in bytes of memory: measured with functions of up to 60,000 of them, on the engine that
//! is pinned, and rounded up. What most instructions cost is little; those that become calls of the engine, or may trap, cost a
//! hundred times their length.

use wasmparser::Operator;

/// Bytes that one instruction takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// While the function that has it is compiled.
    pub(super) while_compiled: u64,
    /// From then on, until the whole module is.
    pub(super) kept: u64,
}

const fn cost(while_compiled: u64, kept: u64) -> Cost {
    Cost { while_compiled, kept }
}

/// Locals, constants, sums, comparisons.
const PLAIN: Cost = cost(96, 12);
/// Blocks and branches.
const BRANCH: Cost = cost(2048, 96);
/// Loops, which look for the end of the run.
const LOOP: Cost = cost(14 << 10, 96);
/// Loads and stores.
const ACCESS: Cost = cost(1280, 112);
/// Calls.
const CALL: Cost = cost(2048, 192);
/// Divisions, which may trap.
const DIVISION: Cost = cost(1920, 192);
/// Conversions of floats to integers, which may trap in two ways, and roundings, which may be calls.
const CONVERSION: Cost = cost(3328, 384);
/// Atomic accesses.
const ATOMIC: Cost = cost(3840, 256);
/// Vectors.
const VECTOR: Cost = cost(1280, 128);
/// Tables, and copies of memory.
const BULK: Cost = cost(6656, 320);
/// What the engine does for the program: memory that grows, objects, exceptions.
const ENGINE: Cost = cost(36 << 10, 2 << 10);

/// What a target of a table of branches costs.
const TARGET: u64 = 256;

/// What an instruction costs: by the proposal that it comes from, and by what its name says. What is not known is dear.
pub(super) fn of(operator: &Operator<'_>) -> Cost {
    macro_rules! costs {
        ($(@$proposal:ident $name:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
            match operator {
                $(Operator::$name { .. } => const { named(stringify!($proposal), stringify!($name)) },)*
                _ => ENGINE,
            }
        };
    }
    let Cost { while_compiled, kept } = wasmparser::for_each_operator!(costs);
    let targets = match operator {
        Operator::BrTable { targets } => TARGET * u64::from(targets.len()),
        _ => 0,
    };
    cost(while_compiled + targets, kept + targets)
}

const fn named(proposal: &str, name: &str) -> Cost {
    if has(name, "Grow") {
        ENGINE
    } else if has(proposal, "simd") {
        VECTOR
    } else if has(proposal, "threads") {
        ATOMIC
    } else if has(proposal, "bulk_memory") || has(proposal, "reference_types") {
        BULK
    } else if has(name, "Call") {
        CALL
    } else if has(name, "Div") || has(name, "Rem") {
        DIVISION
    } else if has(name, "Trunc") || has(name, "Ceil") || has(name, "Floor") || has(name, "Nearest") {
        CONVERSION
    } else if has(name, "Load") || has(name, "Store") || has(name, "MemorySize") {
        ACCESS
    } else if has(name, "Loop") {
        LOOP
    } else if has(name, "Block") || has(name, "If") || has(name, "Br") {
        BRANCH
    } else if has(proposal, "mvp") || has(proposal, "sign_extension") {
        PLAIN
    } else {
        ENGINE
    }
}

/// Whether one text is in another.
const fn has(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut at = 0;
    while at + part.len() <= text.len() {
        let mut same = 0;
        while same < part.len() && text[at + same] == part[same] {
            same += 1;
        }
        if same == part.len() {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_instruction_costs_follows_from_its_name() {
        for (proposal, name, cost) in [
            ("mvp", "Nop", PLAIN),
            ("mvp", "I32Add", PLAIN),
            ("sign_extension", "I32Extend8S", PLAIN),
            ("mvp", "BrIf", BRANCH),
            ("mvp", "Loop", LOOP),
            ("mvp", "I64Load32U", ACCESS),
            ("mvp", "CallIndirect", CALL),
            ("function_references", "ReturnCallRef", CALL),
            ("mvp", "I32RemU", DIVISION),
            ("mvp", "I64TruncF32S", CONVERSION),
            ("saturating_float_to_int", "I32TruncSatF64U", CONVERSION),
            ("threads", "I32AtomicRmw8AddU", ATOMIC),
            ("simd", "V128Const", VECTOR),
            ("relaxed_simd", "I8x16RelaxedSwizzle", VECTOR),
            ("bulk_memory", "MemoryFill", BULK),
            ("reference_types", "TableGet", BULK),
            ("mvp", "MemoryGrow", ENGINE),
            ("reference_types", "TableGrow", ENGINE),
            ("gc", "StructNewDefault", ENGINE),
        ] {
            assert_eq!(named(proposal, name), cost, "{name}");
        }
        assert_eq!(of(&Operator::I32DivS), DIVISION);
        assert_eq!(of(&Operator::MemoryGrow { mem: 0 }), ENGINE);
    }
}
