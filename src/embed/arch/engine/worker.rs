//! What a thread computes with: a kernel, its tiles where it has any, and memory that it keeps from call to call.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
    thread::LocalKey,
};

use super::{attention, kernel::Kernel, lined::Lined, packed::Narrow, pointwise::Vectors};

/// A thread at work on some part of a computation.
pub struct Worker {
    /// Its instructions.
    pub kernel: Kernel,
    /// Those of plain loops.
    pub vectors: Vectors,
    /// Configured for as long as it works.
    #[cfg(target_arch = "x86_64")]
    pub tiles: Option<super::amx::Tiles>,
    /// Memory for what it is at.
    pub scratch: Kept<Scratch>,
}

impl Worker {
    /// Begins. Until it is dropped its thread must not be lent to other work, for the tiles are the thread's.
    pub fn begin(kernel: Kernel) -> Self {
        #[cfg(target_arch = "x86_64")]
        let tiles = (kernel.instructions() == super::kernel::Instructions::Amx)
            .then(super::amx::Tiles::configure)
            .flatten();
        Self {
            kernel,
            vectors: Vectors::of(kernel),
            #[cfg(target_arch = "x86_64")]
            tiles,
            scratch: Kept::take(),
        }
    }
}

/// Memory for the part of a computation that one thread does.
#[derive(Default)]
pub struct Scratch {
    /// Activations as the kernel reads them.
    pub narrow: Narrow,
    /// Rows inside the feed-forward block, or of attention.
    pub rows: Lined<f32>,
    /// Of attention.
    pub attention: attention::Scratch,
    /// Of attention on tiles.
    #[cfg(target_arch = "x86_64")]
    pub tiled: super::tiled::Scratch,
}

/// Memory for the states of a whole batch.
#[derive(Default)]
pub struct States {
    /// `[tokens, dim]`.
    pub hidden: Lined<f32>,
    /// `hidden` after two thirds of the layers.
    pub inner: Lined<f32>,
    /// Between the passes of a layer.
    pub between: Between,
}

/// What passes of a layer leave to the next.
#[derive(Default)]
pub struct Between {
    /// Query, key and value, `[tokens, 3 · dim]`, or nothing.
    pub qkv: Lined<f32>,
    /// The same for tiles, `[blocks, units, lines]`, or nothing.
    #[cfg(target_arch = "x86_64")]
    pub lines: Vec<super::packed::Line>,
    /// `[heads, tokens, dim / heads]`.
    pub attended: Lined<f32>,
}

/// Something that its thread keeps when it is dropped, for whoever takes it next. A thread that begins another
/// computation within one, as those of a pool do while they wait, finds nothing kept and starts afresh.
pub struct Kept<T: Keep>(T);

/// What a thread keeps for the next computation.
pub trait Keep: Default + 'static {
    /// Where the current thread keeps it.
    fn store() -> &'static LocalKey<Cell<Vec<Self>>>;
}

impl<T: Keep> Kept<T> {
    /// What was kept, or new.
    pub fn take() -> Self {
        Self(with_store(Vec::pop).flatten().unwrap_or_default())
    }
}

impl<T: Keep> Drop for Kept<T> {
    fn drop(&mut self) {
        let own = std::mem::take(&mut self.0);
        with_store(|store| store.push(own));
    }
}

impl<T: Keep> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Keep> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// `None` when the thread is at its end and its store is gone.
fn with_store<T: Keep, R>(change: impl FnOnce(&mut Vec<T>) -> R) -> Option<R> {
    let changed = T::store().try_with(|cell| {
        let mut store = cell.take();
        let result = change(&mut store);
        cell.set(store);
        result
    });
    changed.ok()
}

thread_local! {
    static SCRATCH: Cell<Vec<Scratch>> = const { Cell::new(Vec::new()) };
    static STATES: Cell<Vec<States>> = const { Cell::new(Vec::new()) };
}

impl Keep for Scratch {
    fn store() -> &'static LocalKey<Cell<Vec<Self>>> {
        &SCRATCH
    }
}

impl Keep for States {
    fn store() -> &'static LocalKey<Cell<Vec<Self>>> {
        &STATES
    }
}
