//! A global allocator that aligns matrices to cache lines.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

/// An allocator that aligns every block of at least a kibibyte to a cache line, for `#[global_allocator]`.
///
/// The system's allocator begins large blocks 16 bytes into a line, so that every vector of 64 bytes would cross two lines.
///
/// If the system has no more memory, it ends the process with one line on stderr and exit code 1; the system's allocator would abort. A
/// program that writes files whole or not at all loses no file by that.
pub struct CacheAlignedAllocator;

const LINE: usize = 64;

/// The fewest bytes of a block that is aligned to a line.
const LARGE: usize = 1024;

impl CacheAlignedAllocator {
    fn layout(layout: Layout) -> Layout {
        if layout.size() < LARGE { layout } else { layout.align_to(LINE).unwrap_or(layout) }
    }
}

/// Returns `memory`, or ends the process if it is null.
fn or_exit(memory: *mut u8, layout: Layout) -> *mut u8 {
    if memory.is_null() { out_of_memory(layout.size()) } else { memory }
}

/// Prints the message without an allocation, and ends the process.
#[cold]
fn out_of_memory(bytes: usize) -> ! {
    let mut line = [0u8; 128];
    let mut rest = &mut line[..];
    // A longer message would only be cut off.
    let _ = writeln!(rest, "error: out of memory: the system has no {bytes} more bytes (see ulimit -v)");
    let left = rest.len();
    let message = &line[..line.len() - left];
    // SAFETY: the bytes are this function's own; both calls may be made at any time, from any thread.
    unsafe {
        libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
        libc::_exit(1)
    }
}

// SAFETY: every call is the system's, with a layout that depends only on the caller's. So memory is freed with the layout that it was
// allocated with.
unsafe impl GlobalAlloc for CacheAlignedAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds it.
        or_exit(unsafe { System.alloc(CacheAlignedAllocator::layout(layout)) }, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds it.
        or_exit(unsafe { System.alloc_zeroed(CacheAlignedAllocator::layout(layout)) }, layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds it, and the memory came from the same layout.
        unsafe { System.dealloc(memory, CacheAlignedAllocator::layout(layout)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_memory_begins_at_a_line_and_keeps_its_bytes_when_it_grows() {
        for size in [1, 100, 1023, 1024, 5000, 1 << 20] {
            let layout = Layout::from_size_align(size, 4).unwrap();
            // SAFETY: what is allocated here is written and freed here, by the size that it has.
            unsafe {
                let memory = CacheAlignedAllocator.alloc_zeroed(layout);
                assert!(size < LARGE || memory.addr().is_multiple_of(LINE), "{size}");
                memory.add(size - 1).write(7);
                let grown = CacheAlignedAllocator.realloc(memory, layout, size + 2000);
                assert!(grown.addr().is_multiple_of(LINE) && grown.add(size - 1).read() == 7, "{size}");
                CacheAlignedAllocator.dealloc(grown, Layout::from_size_align(size + 2000, 4).unwrap());
            }
        }
    }
}
