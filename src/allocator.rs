//! Owns the choice of the allocator, jemalloc, and how it is set up.
//!
//! A request makes a hundred small allocations, many of which another thread frees: records that the ledger has written,
//! entries that make room. Under mixed traffic jemalloc holds two thirds of the memory that mimalloc does, for up to a
//! twentieth more CPU time where requests are only passed on.
#![expect(unsafe_code, reason = "the allocator's own interface")]

use std::ptr;

use tikv_jemalloc_sys::mallctl;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Read by jemalloc when it starts: free memory goes back to the system after a second, by a thread of its own.
// SAFETY: a text that ends with a zero, under the name and with the layout that jemalloc looks for.
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static SETTINGS: Option<&'static u8> =
    Some(&b"background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0\0"[0]);

/// Gives free memory back to the system at once.
pub fn give_back() {
    // 4096 stands for all arenas.
    let purge = c"arena.4096.purge";
    // SAFETY: an action with neither a value to be read nor one to be written.
    unsafe { mallctl(purge.as_ptr(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), 0) };
}
