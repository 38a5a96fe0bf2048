//! The code of one function, with calls of the host before what accesses memory.
//!
//! Each function computes a *path* when it is entered: a number that says by which calls the thread came there. What it was called by
//! has left its own in a global, with the place of the call added.

use threadlink_races::Order;
use wasm_encoder::{BlockType, Encode, Instruction, MemArg, MemArgTarget, ValType};
use wasmparser::{FunctionBody, Operator, Result};

use super::accesses::{Access, Kind, access};
use super::allocator::{Functions, Role};
use super::calls::Call;
use super::indices::Indices;
use super::locals::{GROUPS, Local};
use super::seen::{MOMENT, bits};
use super::sites::Site;

/// What a path is multiplied by at each call.
const TURN: i64 = 0x5851_F42D_4C95_7F2D;

/// The address of an access, and the eight bytes that it is in.
const ADDRESS: Local = Local::Word(0);
const PLACE: Local = Local::Word(1);

/// Makes bodies, one after the other.
pub(super) struct Body<'a> {
    functions: &'a Functions,
    indices: Indices,
    /// Whether what an instruction at this offset accesses is nobody's business.
    is_private: &'a dyn Fn(usize) -> bool,
    sites: Vec<Site>,
    pub(super) bytes: Vec<u8>,
    /// Where a piece begins in `bytes`, and where in the module it stood.
    pub(super) pieces: Vec<(usize, u64)>,
    /// The number of the first local that is not the function's own.
    first: u32,
    vectors: bool,
}

impl<'a> Body<'a> {
    pub(super) fn new(
        functions: &'a Functions,
        indices: Indices,
        is_private: &'a dyn Fn(usize) -> bool,
    ) -> Self {
        Self {
            functions,
            indices,
            is_private,
            sites: Vec::new(),
            bytes: Vec::new(),
            pieces: Vec::new(),
            first: 0,
            vectors: false,
        }
    }

    pub(super) fn into_sites(self) -> Vec<Site> {
        self.sites
    }

    /// Those of the defined functions that are wrapped, in order.
    pub(super) fn wrapped(&self) -> Vec<u32> {
        let imported = self.indices.imported;
        let mut wrapped: Vec<u32> = self
            .functions
            .roles
            .keys()
            .map(|index| index - imported)
            .collect();
        wrapped.sort_unstable();
        wrapped
    }

    /// Makes the body of the defined function of this index.
    pub(super) fn splice(&mut self, index: u32, function: &FunctionBody<'_>) -> Result<()> {
        let global = index.saturating_add(self.indices.imported);
        let silent = self.functions.roles.contains_key(&global) || self.functions.servants.contains(&global);
        let original = function.as_bytes();
        let base = function.range().start;
        let within = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        let mut operators = function.get_operators_reader()?;
        let code = operators.original_position();
        self.begin(index, function)?;
        self.pieces.push((self.bytes.len(), code));
        self.enter(index);
        self.pieces.push((self.bytes.len(), code));
        let mut copied = within(code);
        while !operators.eof() {
            let start = operators.original_position();
            let operator = operators.read()?;
            let end = operators.original_position();
            let moved = match operator {
                Operator::Call { function_index } => {
                    Some(Instruction::Call(self.indices.moved(function_index)))
                }
                Operator::ReturnCall { function_index } => {
                    Some(Instruction::ReturnCall(self.indices.moved(function_index)))
                }
                Operator::RefFunc { function_index } => {
                    Some(Instruction::RefFunc(self.indices.moved(function_index)))
                }
                _ => None,
            };
            let calls = !silent && is_call(&operator);
            let access = self.access(&operator, start, silent);
            if moved.is_none() && !calls && access.is_none() {
                continue;
            }
            self.bytes.extend_from_slice(&original[copied..within(start)]);
            self.pieces.push((self.bytes.len(), start));
            if calls {
                self.leave_path(start);
            }
            if let Some((site, access)) = &access {
                self.before(*site, access);
                self.pieces.push((self.bytes.len(), start));
            }
            match moved {
                Some(moved) => moved.encode(&mut self.bytes),
                None => self
                    .bytes
                    .extend_from_slice(&original[within(start)..within(end)]),
            }
            if let Some((site, access)) = &access {
                self.after(*site, access);
            }
            self.pieces.push((self.bytes.len(), end));
            copied = within(end);
        }
        self.bytes.extend_from_slice(&original[copied..]);
        Ok(())
    }

    /// Makes the body of what stands in the place of a function that allocates: it tells, and calls that.
    pub(super) fn wrap(&mut self, index: u32, function: &FunctionBody<'_>) {
        let start = function.range().start;
        let global = index.saturating_add(self.indices.imported);
        let Some(role) = self.functions.roles.get(&global).copied() else {
            return;
        };
        let place = self.wrapped().binary_search(&index).unwrap_or_default();
        let (params, returns) = role.shape();
        self.bytes.clear();
        self.pieces.clear();
        self.pieces.push((0, start));
        self.first = params;
        self.vectors = false;
        self.bytes
            .push(u8::try_from(GROUPS.len() - 1).unwrap_or_default());
        self.groups();
        self.enter(index);
        let mut site = |kind| self.site(kind, 0, 0, start);
        match role {
            Role::Allocate => self.put(&[self.indices.call(Call::Enter)]),
            Role::Free | Role::Reallocate => {
                let site = site(Kind::Free);
                self.put(&[
                    Instruction::LocalGet(0),
                    Instruction::LocalGet(1),
                    Instruction::I32Const(site),
                ]);
                self.get(Local::Path);
                self.put(&[self.indices.call(Call::Freed)]);
            }
        }
        self.leave_path(start);
        for param in 0..params {
            self.put(&[Instruction::LocalGet(param)]);
        }
        self.put(&[Instruction::Call(self.indices.wrapped(place))]);
        if returns {
            let site = self.site(Kind::Allocate, 0, 0, start);
            let len = if role == Role::Allocate { 0 } else { 3 };
            self.set(ADDRESS);
            self.get(ADDRESS);
            self.put(&[Instruction::LocalGet(len), Instruction::I32Const(site)]);
            self.get(Local::Path);
            self.put(&[self.indices.call(Call::Allocated)]);
        } else {
            self.put(&[self.indices.call(Call::Leave)]);
        }
        self.put(&[Instruction::GlobalSet(self.indices.moment())]);
        if returns {
            self.get(ADDRESS);
        }
        self.put(&[Instruction::End]);
    }

    /// Begins a body that has the function's locals, and ours.
    fn begin(&mut self, index: u32, function: &FunctionBody<'_>) -> Result<()> {
        self.bytes.clear();
        self.pieces.clear();
        self.pieces.push((0, function.range().start));
        let mut operators = function.get_operators_reader()?;
        self.vectors = false;
        while !operators.eof() && !self.vectors {
            self.vectors =
                access(&operators.read()?).is_some_and(|access| access.operand == Some(ValType::V128));
        }
        let mut locals = function.get_locals_reader()?;
        let groups = locals.get_count();
        let from = locals.original_position();
        let mut count = self
            .functions
            .params
            .get(index as usize)
            .copied()
            .unwrap_or_default();
        for _ in 0..groups {
            count = count.saturating_add(locals.read()?.0);
        }
        let base = function.range().start;
        let within = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        self.first = count;
        let added = GROUPS.len() - usize::from(!self.vectors);
        (groups + u32::try_from(added).unwrap_or_default()).encode(&mut self.bytes);
        let bytes = function.as_bytes();
        self.bytes
            .extend_from_slice(&bytes[within(from)..within(locals.original_position())]);
        self.groups();
        Ok(())
    }

    fn groups(&mut self) {
        for (count, ty) in &GROUPS[..GROUPS.len() - usize::from(!self.vectors)] {
            count.encode(&mut self.bytes);
            ty.encode(&mut self.bytes);
        }
    }

    /// Computes the path.
    fn enter(&mut self, index: u32) {
        self.put(&[
            Instruction::GlobalGet(self.indices.path()),
            Instruction::I64Const(TURN),
            Instruction::I64Mul,
            Instruction::I64Const(i64::from(index) + 1),
            Instruction::I64Add,
        ]);
        self.set(Local::Path);
    }

    /// Leaves the path of a call at this place.
    fn leave_path(&mut self, at: u64) {
        self.get(Local::Path);
        self.put(&[
            Instruction::I64Const(at.cast_signed() << 20),
            Instruction::I64Xor,
            Instruction::GlobalSet(self.indices.path()),
        ]);
    }

    fn site(&mut self, kind: Kind, bytes: u8, offset: u32, at: u64) -> i32 {
        let number = self.sites.len();
        self.sites.push(Site {
            kind,
            bytes,
            offset,
            at: usize::try_from(at).unwrap_or(usize::MAX),
            orders: (Order::SeqCst, Order::SeqCst),
            private: false,
        });
        u32::try_from(number).unwrap_or(u32::MAX).cast_signed()
    }

    /// What an instruction does, as far as it is told, with a number for it.
    /// Of what is private only atomic ones are.
    fn access(&mut self, operator: &Operator<'_>, at: u64, silent: bool) -> Option<(i32, Access)> {
        let access = match operator {
            Operator::MemoryCopy {
                dst_mem: 0,
                src_mem: 0,
            } => Access::range(Kind::Copy),
            Operator::MemoryFill { mem: 0 } | Operator::MemoryInit { mem: 0, .. } => {
                Access::range(Kind::Fill)
            }
            Operator::AtomicFence { .. } => Access::range(Kind::Fence),
            _ => access(operator).filter(|access| access.memory == 0)?,
        };
        let offset = u32::try_from(access.offset).ok()?;
        let private = silent || (self.is_private)(usize::try_from(at).unwrap_or(usize::MAX));
        if private && !access.kind.is_atomic() {
            return None;
        }
        let site = self.site(access.kind, access.bytes, offset, at);
        if let Some(site) = self.sites.last_mut() {
            site.private = private;
        }
        Some((site, access))
    }

    /// What stands before it.
    fn before(&mut self, site: i32, access: &Access) {
        match access.kind {
            Kind::Copy | Kind::Fill => {
                let [to, from, len] = [0, 2, 3].map(Local::Word);
                self.set(len);
                self.set(from);
                self.set(to);
                for local in [to, from, len] {
                    self.get(local);
                }
                self.put(&[Instruction::I32Const(site)]);
                self.get(Local::Path);
                self.put(&[self.indices.call(Call::Range)]);
                for local in [to, from, len] {
                    self.get(local);
                }
            }
            Kind::Fence => self.put(&[
                Instruction::I32Const(site),
                self.indices.call(Call::Fence),
                Instruction::GlobalSet(self.indices.moment()),
            ]),
            Kind::CompareExchange => {
                let ty = access.operand.unwrap_or(ValType::I32);
                let (expected, new) = (Local::of(ty, 0), Local::of(ty, 1));
                self.set(new);
                self.set(expected);
                self.tee(ADDRESS);
                self.get(expected);
                self.get(new);
            }
            _ => {
                let operand = access.operand.map(|ty| Local::of(ty, 0));
                if let Some(operand) = operand {
                    self.set(operand);
                }
                self.tee(ADDRESS);
                if access.kind.is_atomic() {
                    self.get(ADDRESS);
                    self.put(&[Instruction::I32Const(site)]);
                    self.get(Local::Path);
                    self.put(&[
                        self.indices.call(Call::Atomic),
                        Instruction::GlobalSet(self.indices.moment()),
                    ]);
                } else {
                    self.plain(site, access);
                }
                if let Some(operand) = operand {
                    self.get(operand);
                }
            }
        }
    }

    /// What stands behind it.
    fn after(&mut self, site: i32, access: &Access) {
        if access.kind != Kind::CompareExchange {
            return;
        }
        let ty = access.operand.unwrap_or(ValType::I32);
        let (expected, old) = (Local::of(ty, 0), Local::of(ty, 2));
        self.set(old);
        self.get(ADDRESS);
        self.put(&[Instruction::I32Const(site)]);
        self.get(old);
        self.get(expected);
        self.put(&[if ty == ValType::I64 {
            Instruction::I64Eq
        } else {
            Instruction::I32Eq
        }]);
        self.get(Local::Path);
        self.put(&[
            self.indices.call(Call::Exchanged),
            Instruction::GlobalSet(self.indices.moment()),
        ]);
        self.get(old);
    }

    /// Asks whether this was told, and tells it if not. The address is in a local.
    fn plain(&mut self, site: i32, access: &Access) {
        let writes = access.kind == Kind::Store;
        let tell = |body: &mut Self| {
            body.get(ADDRESS);
            body.put(&[Instruction::I32Const(site)]);
            body.get(Local::Path);
            body.put(&[body.indices.call(Call::Access)]);
        };
        if access.bytes > 8 {
            return tell(self);
        }
        self.get(ADDRESS);
        let mut offset = access.offset;
        if !offset.is_multiple_of(8) {
            let offset32 = u32::try_from(offset).unwrap_or_default();
            self.put(&[Instruction::I32Const(offset32.cast_signed()), Instruction::I32Add]);
            offset = 0;
        }
        self.tee(PLACE);
        self.put(&[
            Instruction::I32Const(-8),
            Instruction::I32And,
            Instruction::I64Load(MemArg {
                offset,
                align: 3,
                target: MemArgTarget::Memory(self.indices.memories),
                ordering: None,
            }),
            Instruction::GlobalGet(self.indices.moment()),
            Instruction::I64Xor,
            Instruction::I64Const(bits(access.bytes, writes).cast_signed()),
        ]);
        self.get(PLACE);
        self.put(&[
            Instruction::I32Const(7),
            Instruction::I32And,
            Instruction::I64ExtendI32U,
            Instruction::I64Shl,
            Instruction::I64Const(MOMENT.cast_signed()),
            Instruction::I64Or,
            Instruction::I64And,
            Instruction::I64Eqz,
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
        ]);
        tell(self);
        self.put(&[Instruction::End]);
    }

    fn put(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.bytes);
        }
    }

    fn get(&mut self, local: Local) {
        Instruction::LocalGet(self.first + local.index()).encode(&mut self.bytes);
    }

    fn set(&mut self, local: Local) {
        Instruction::LocalSet(self.first + local.index()).encode(&mut self.bytes);
    }

    fn tee(&mut self, local: Local) {
        Instruction::LocalTee(self.first + local.index()).encode(&mut self.bytes);
    }
}

impl Access {
    /// One of what is no single operand.
    fn range(kind: Kind) -> Self {
        Self {
            kind,
            bytes: 0,
            offset: 0,
            memory: 0,
            operand: None,
        }
    }
}

fn is_call(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
    )
}
