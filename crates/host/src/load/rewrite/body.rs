//! The code of one function, spliced: what does not change is copied as bytes.

use wasm_encoder::{Encode, Instruction};
use wasmparser::{FunctionBody, Operator, Result};

use super::calls::Call;
use super::plan::Plan;

/// The first byte of the instructions that name a function; its index is all that follows.
mod opcode {
    pub(super) const CALL: u8 = 0x10;
    pub(super) const RETURN_CALL: u8 = 0x12;
    pub(super) const REF_FUNC: u8 = 0xd2;
}

/// The body of a function in the copy, and where its pieces stood. Reused from one function to the next.
#[derive(Default)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Where a piece begins in `bytes`, and where in the module it stood.
    pub(super) pieces: Vec<(usize, u64)>,
}

impl Body {
    /// Makes it the body of this function, in whose place `plan` wants something else here and there.
    pub(super) fn splice(&mut self, function: &FunctionBody<'_>, plan: Plan) -> Result<()> {
        let original = function.as_bytes();
        let base = function.range().start;
        let at = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        self.bytes.clear();
        self.pieces.clear();
        self.pieces.push((0, base));
        let mut copied = 0;
        let mut operators = function.get_operators_reader()?;
        while !operators.eof() {
            let start = operators.original_position();
            let operator = operators.read()?;
            let change = Change::of(&operator, &plan);
            let Some(change) = change else { continue };
            let end = operators.original_position();
            self.bytes.extend_from_slice(&original[copied..at(start)]);
            copied = at(end);
            match change {
                Change::Silent => Instruction::Drop.encode(&mut self.bytes),
                Change::Index(opcode, function) => {
                    self.bytes.push(opcode);
                    // As long as it was, if it can be: a linker leaves room in its numbers, and then nothing moves.
                    self.unsigned(plan.moved(function), at(end) - at(start) - 1);
                }
                Change::Call(call, offset) => {
                    // What the host says of the call is said of the instruction.
                    self.pieces.push((self.bytes.len(), start));
                    Instruction::I32Const(offset.cast_signed()).encode(&mut self.bytes);
                    self.pieces.push((self.bytes.len(), start));
                    Instruction::Call(plan.index(call)).encode(&mut self.bytes);
                }
            }
            self.pieces.push((self.bytes.len(), end));
        }
        self.bytes.extend_from_slice(&original[copied..]);
        Ok(())
    }

    /// An unsigned LEB128 of at least `width` bytes.
    fn unsigned(&mut self, value: u32, width: usize) {
        let mut rest = value;
        let mut written = 1;
        while rest >= 0x80 || written < width {
            self.bytes.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
            written += 1;
        }
        self.bytes.push(rest.to_le_bytes()[0]);
    }
}

/// What becomes of an instruction that does not stay as it is.
enum Change {
    /// The function that it names has another index.
    Index(u8, u32),
    /// It is a call, with this offset.
    Call(Call, u32),
    /// It is a call of one that does nothing with what it gets.
    Silent,
}

impl Change {
    fn of(operator: &Operator<'_>, plan: &Plan) -> Option<Self> {
        match *operator {
            Operator::Call { function_index } if plan.is_silent(function_index) => Some(Self::Silent),
            Operator::Call { function_index } => Some(Self::Index(opcode::CALL, function_index)),
            Operator::ReturnCall { function_index } => Some(Self::Index(opcode::RETURN_CALL, function_index)),
            Operator::RefFunc { function_index } => Some(Self::Index(opcode::REF_FUNC, function_index)),
            _ => {
                let (call, offset) = Call::of(operator)?;
                // In a 32-bit memory it has 32 bits.
                Some(Self::Call(call, u32::try_from(offset).unwrap_or(u32::MAX)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instructions that have an operand of this name.
    macro_rules! with_a_function {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {{
            let mut found = Vec::new();
            $($($(
                if stringify!($arg).contains("function") {
                    found.push(stringify!($op));
                }
            )*)?)*
            found
        }};
    }

    #[test]
    fn no_other_instruction_names_a_function() {
        let mut found = wasmparser::for_each_operator!(with_a_function);
        found.sort_unstable();
        assert_eq!(found, ["Call", "RefFunc", "ReturnCall"]);
    }

    #[test]
    fn numbers_keep_their_room() {
        let mut body = Body::default();
        for (value, width, expected) in [
            (0, 1, &[0][..]),
            (127, 1, &[0x7f]),
            (128, 1, &[0x80, 1]),
            (1, 5, &[0x81, 0x80, 0x80, 0x80, 0]),
            (u32::MAX, 1, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            body.bytes.clear();
            body.unsigned(value, width);
            assert_eq!(body.bytes, expected);
        }
    }
}
