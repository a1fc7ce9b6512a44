//! Memory on boundaries of cache lines, for matrices that vectors of a whole line are loaded from.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

/// An allocator that begins everything of a kibibyte and more at a cache line. A program makes it its own with
/// `#[global_allocator]`.
///
/// Where the system has no more memory, it ends the process with one line and exit code 1, in place of an abort: a program that
/// writes files whole or not at all loses nothing by that.
///
/// The system's begins large memory 16 bytes into a line, so that every vector of 64 bytes lies across two lines.
pub struct CacheLines;

const LINE: usize = 64;

/// Bytes from which on memory begins at a line.
const LARGE: usize = 1024;

impl CacheLines {
    fn layout(layout: Layout) -> Layout {
        if layout.size() < LARGE { layout } else { layout.align_to(LINE).unwrap_or(layout) }
    }
}

/// Hands on what was allocated, or ends the process.
fn there(memory: *mut u8, layout: Layout) -> *mut u8 {
    if memory.is_null() { out_of_memory(layout.size()) } else { memory }
}

/// Says so without allocating anything.
#[cold]
fn out_of_memory(bytes: usize) -> ! {
    let mut line = [0u8; 128];
    let mut rest = &mut line[..];
    // The line is longer than this ever is.
    let _ = writeln!(rest, "error: out of memory: {bytes} bytes more are not to be had here (see ulimit -v)");
    let left = rest.len();
    let said = &line[..line.len() - left];
    // SAFETY: the bytes are this function's own; both calls may be made at any time, from any thread.
    unsafe {
        libc::write(libc::STDERR_FILENO, said.as_ptr().cast(), said.len());
        libc::_exit(1)
    }
}

// SAFETY: every call is the system's, with a layout that depends on the caller's alone, and so is the same when memory is given
// back.
unsafe impl GlobalAlloc for CacheLines {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's word.
        there(unsafe { System.alloc(CacheLines::layout(layout)) }, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's word.
        there(unsafe { System.alloc_zeroed(CacheLines::layout(layout)) }, layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by the caller's word, and it came from the same layout.
        unsafe { System.dealloc(memory, CacheLines::layout(layout)) }
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
                let memory = CacheLines.alloc_zeroed(layout);
                assert!(size < LARGE || memory.addr().is_multiple_of(LINE), "{size}");
                memory.add(size - 1).write(7);
                let grown = CacheLines.realloc(memory, layout, size + 2000);
                assert!(grown.addr().is_multiple_of(LINE) && grown.add(size - 1).read() == 7, "{size}");
                CacheLines.dealloc(grown, Layout::from_size_align(size + 2000, 4).unwrap());
            }
        }
    }
}
