//! The globals of an instance's shortcuts (`crate::load::rewrite::shortcuts`): set before each of its threads.

use threadlink_abi::layout::block;
use threadlink_watch::guest::block::Block;
use wasmtime::{AsContextMut, Global, Instance, Result, Store, Val};

use super::context::Context;
use crate::load::Word;

/// The shortcuts of one instance.
pub(super) struct Shortcuts {
    words: Vec<(Word, Global)>,
}

impl Shortcuts {
    /// Those of a new instance, if it has any.
    pub(super) fn of(mut store: impl AsContextMut, instance: &Instance) -> Option<Self> {
        let mut words = Vec::new();
        for word in Word::ALL {
            words.push((word, instance.get_global(store.as_context_mut(), &word.name())?));
        }
        Some(Self { words })
    }

    /// Tells them of the thread that the store runs from here on.
    pub(super) fn begin(&self, store: &mut Store<Context>) -> Result<()> {
        let run = store.data().run.clone();
        let thread = store.data().thread().clone();
        let block = thread.block.map_or(0, Block::address);
        // What they read and write of the block is there, as memory never shrinks.
        let guards = run.watch.is_guarded() && run.memory().contains(block, block::TRACED_SIZE);
        for (word, global) in &self.words {
            let value = match word {
                Word::Block if guards => block,
                Word::Thread => thread.id.wrapping_add(1),
                Word::Page if guards => store.data().page(),
                Word::Block | Word::Told | Word::Parked | Word::Page => 0,
            };
            global.set(&mut *store, Val::I32(value.cast_signed()))?;
        }
        Ok(())
    }
}
