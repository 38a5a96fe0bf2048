//! What a module says of itself in its memory, as Part C of the ABI lays it out: the descriptor, control blocks, and what
//! locks and source locations tell of themselves. All of it is a guest's word, and is checked.

pub mod block;
pub mod descriptor;
pub mod mark;
pub mod origin;
pub mod site;
