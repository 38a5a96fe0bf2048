//! The rewritten instructions beside wasmtime's own: whatever a module does with either, it must be the same.

mod differential;
mod indices;
mod short;
mod specification;

use std::sync::Arc;
use std::time::Instant;

use wasmtime::{
    Config, Engine, Instance, Linker, MemoryType, Module, SharedMemory, Store, Trap, Val, WasmBacktrace,
};

use crate::features;
use crate::load::rewrite::Origin;
use crate::load::rewritten;
use crate::memory::GuestMemory;
use crate::wait::{GuestThread, Outcome, Parker, WaitQueues, Who};

/// Whose instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Wasmtime,
    Ours,
}

const BOTH: [Whose; 2] = [Whose::Wasmtime, Whose::Ours];

/// A module that imports `env.memory`, with a memory, ready for any number of threads.
struct Machine {
    engine: Engine,
    module: Module,
    memory: GuestMemory,
    queues: Arc<WaitQueues>,
    origin: Option<Arc<Origin>>,
}

/// A thread with its instance.
struct Running {
    store: Store<Guest>,
    instance: Instance,
}

struct Guest {
    memory: GuestMemory,
    queues: Arc<WaitQueues>,
    parker: Parker,
    /// How often it has waited in a queue.
    waits: usize,
}

/// What came of a call: results, or the trap and its frames: index of the function, its name, and offset in the module.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    Back(Vec<i64>),
    Trapped(Option<Trap>, Vec<(u32, Option<String>, Option<usize>)>),
}

impl GuestThread for Guest {
    fn is_over(&self) -> bool {
        false
    }

    fn memory(&self) -> &GuestMemory {
        &self.memory
    }

    fn notify(&mut self, address: u32, count: u32) -> u32 {
        self.queues.notify(address.into(), count)
    }

    fn wait(
        &mut self,
        address: u32,
        deadline: Option<Instant>,
        still: impl FnOnce(&GuestMemory) -> bool,
    ) -> Outcome {
        self.waits += 1;
        let memory = &self.memory;
        self.queues
            .wait(address.into(), Who::Other, deadline, &mut self.parker, || {
                still(memory)
            })
    }
}

impl Machine {
    fn new(whose: Whose, bytes: &[u8], pages: (u32, u32)) -> Self {
        let mut settings = Config::new();
        features::configure(&mut settings);
        settings.shared_memory(true);
        let engine = Engine::new(&settings).unwrap();
        let copy = (whose == Whose::Ours).then(|| rewritten(bytes)).flatten();
        let compiled = copy.as_ref().map_or(bytes, |copy| &copy.bytes);
        let module = Module::from_binary(&engine, compiled).unwrap();
        let origin = copy.map(|copy| Arc::new(copy.origin));
        Self::with_memory(engine, module, origin, pages)
    }

    fn with_memory(engine: Engine, module: Module, origin: Option<Arc<Origin>>, pages: (u32, u32)) -> Self {
        let memory = SharedMemory::new(&engine, MemoryType::shared(pages.0, pages.1)).unwrap();
        Self {
            engine,
            module,
            memory: GuestMemory::new(memory),
            queues: Arc::new(WaitQueues::new(|| ())),
            origin,
        }
    }

    /// The same with a memory of its own.
    fn afresh(&self, pages: (u32, u32)) -> Self {
        let (engine, module) = (self.engine.clone(), self.module.clone());
        Self::with_memory(engine, module, self.origin.clone(), pages)
    }

    fn start(&self) -> Running {
        let guest = Guest {
            memory: self.memory.clone(),
            queues: self.queues.clone(),
            parker: self.queues.parker(),
            waits: 0,
        };
        let mut store = Store::new(&self.engine, guest);
        let mut linker = Linker::new(&self.engine);
        linker
            .define(&store, "env", "memory", self.memory.shared().clone())
            .unwrap();
        super::define(&mut linker).unwrap();
        linker
            .func_wrap("env", "twice", |number: i32| number * 2)
            .unwrap();
        let instance = linker.instantiate(&mut store, &self.module).unwrap();
        Running { store, instance }
    }

    /// Calls an export.
    fn call(&self, running: &mut Running, name: &str, arguments: &[Val]) -> Came {
        let store = &mut running.store;
        let function = running
            .instance
            .get_func(&mut *store, name)
            .unwrap_or_else(|| panic!("no export {name}"));
        let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
        match function.call(store, arguments, &mut results) {
            Ok(()) => Came::Back(results.iter().map(number).collect()),
            Err(error) => {
                let frames = error.downcast_ref::<WasmBacktrace>();
                let frames = frames.map_or(&[][..], WasmBacktrace::frames).iter();
                let frame = |frame: &wasmtime::FrameInfo| {
                    let name = frame.func_name().map(ToOwned::to_owned);
                    let (index, offset) = (frame.func_index(), frame.module_offset());
                    match &self.origin {
                        None => (index, name, offset),
                        Some(origin) => (
                            origin.function(index),
                            name,
                            offset.map(|offset| origin.offset(offset)),
                        ),
                    }
                };
                Came::Trapped(error.downcast_ref().copied(), frames.map(frame).collect())
            }
        }
    }
}

fn number(value: &Val) -> i64 {
    match value {
        Val::I32(number) => (*number).into(),
        Val::I64(number) => *number,
        other => panic!("not a number: {other:?}"),
    }
}
