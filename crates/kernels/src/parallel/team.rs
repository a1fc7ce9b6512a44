//! A team of threads that stays awake between the pieces of work that it shares.
//!
//! A step of a small net has some twenty shared pieces of 5 to 50 microseconds each, and waking a sleeping thread takes 50. So the
//! members of a team spin for a while, waiting for the next piece, before they sleep.

use std::any::Any;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem, ptr};

/// The time that a member spins before it sleeps: longer than the serial parts of a step, shorter than a person notices.
const SPIN_TIME: Duration = Duration::from_micros(200);

/// The rounds of spinning between two looks at the clock.
const SPINS: u32 = 64;

/// Threads that share the products and passes of one caller: the calling thread, and others that wait for its work.
///
/// ```
/// use kernels::{Team, threads};
///
/// let team = Team::new(2)?;
/// assert_eq!(team.install(threads), 2);
/// assert_eq!(threads(), 1); // outside of the team
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Team {
    shared: Arc<Shared>,
    others: Vec<JoinHandle<()>>,
    /// Locked by the thread whose work the team shares.
    busy: Mutex<()>,
}

/// A piece of work: a function to be called with the number of each member.
#[derive(Clone, Copy)]
struct Piece {
    work: *const (),
    call: unsafe fn(*const (), usize),
}

struct Shared {
    threads: usize,
    /// The number of the newest piece, whether it is closed, and how many members have begun it: see [`Gate`].
    gate: AtomicUsize,
    /// The newest piece; `None` if the team is dismissed. Written while the gate is closed and every member that began is done.
    newest: UnsafeCell<Option<Piece>>,
    /// The number of members that are done with the newest piece.
    done: AtomicUsize,
    /// The number of members that sleep.
    asleep: AtomicUsize,
    sleep: Mutex<()>,
    wake: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// The state of the newest piece in one integer: its number in the high bits, then a bit that says whether it is closed, then the
/// number of members that have begun it.
///
/// Members that come late, because their core is busy elsewhere, find the gate closed: nobody waits for them.
struct Gate(usize);

impl Gate {
    const CLOSED: usize = 1 << 15;
    const PIECE: usize = 1 << 16;

    fn piece(&self) -> usize {
        self.0 / Gate::PIECE
    }

    fn is_closed(&self) -> bool {
        self.0 & Gate::CLOSED != 0
    }

    fn members(&self) -> usize {
        self.0 % Gate::CLOSED
    }
}

// SAFETY: `newest` is written by the one caller while the gate is closed and all members that began are done, and read by members
// that have begun (release and acquire). The work that it points to is Sync, and outlives the piece.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointers are only used while the caller waits for the members.
unsafe impl Send for Shared {}

thread_local! {
    /// The team that shares the work of this thread; `None` outside of a team, and inside of a shared piece.
    static CURRENT: Cell<Option<NonNull<Shared>>> = const { Cell::new(None) };
    /// The teams in whose work this thread is, each in that of the one before it.
    static INSTALLED: RefCell<Vec<NonNull<Shared>>> = const { RefCell::new(Vec::new()) };
}

/// Returns the number of threads of the current team, which shares the work of this thread; 1 outside of a team.
pub fn threads() -> usize {
    // SAFETY: `Team::install` keeps the team alive while it is the current one.
    CURRENT.get().map_or(1, |team| unsafe { team.as_ref() }.threads)
}

/// Calls `work` on this thread with 0 and, at the same time, on the other members of the current team with their numbers. Members
/// that come after this thread is done are not waited for. Returns when all calls have returned.
///
/// The calls divide the work among themselves. Inside of `work` there is no team.
pub(crate) fn together<W: Fn(usize) + Sync>(work: &W) {
    let Some(team) = CURRENT.take() else { return work(0) };
    let again = Restore(Some(team));
    // SAFETY: as in `threads`.
    unsafe { team.as_ref() }.share(work);
    drop(again);
}

/// A guard that sets the current team back when it is dropped, also by a panic.
struct Restore(Option<NonNull<Shared>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// A guard of the work of a team on this thread.
struct Installed;

impl Installed {
    fn of(team: NonNull<Shared>) -> Self {
        INSTALLED.with_borrow_mut(|teams| teams.push(team));
        Installed
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        INSTALLED.with_borrow_mut(Vec::pop);
    }
}

impl Team {
    /// Starts a team of `threads` threads, one of which is the caller of [`Team::install`]; of 32,767 if more are asked for.
    ///
    /// # Errors
    /// If the system can't start another thread.
    pub fn new(threads: usize) -> io::Result<Self> {
        let threads = threads.clamp(1, Gate::CLOSED - 1);
        let shared = Arc::new(Shared {
            threads,
            gate: AtomicUsize::new(Gate::CLOSED),
            newest: UnsafeCell::new(None),
            done: AtomicUsize::new(0),
            asleep: AtomicUsize::new(0),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
            panic: Mutex::new(None),
        });
        let mut team = Team { shared, others: Vec::new(), busy: Mutex::new(()) };
        for number in 1..threads {
            let shared = Arc::clone(&team.shared);
            // If this fails, the drop of `team` ends the threads that have been started.
            team.others
                .push(thread::Builder::new().name(format!("team {number}")).spawn(move || shared.serve(number))?);
        }
        Ok(team)
    }

    /// Returns the number of threads, the caller's included.
    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Runs `work` on this thread; the team shares its products and passes. Work of another thread waits until this is done.
    ///
    /// # Panics
    /// In the work of the same team, where it would wait for itself for ever.
    #[track_caller]
    pub fn install<T>(&self, work: impl FnOnce() -> T) -> T {
        let own = NonNull::from(&*self.shared);
        let is_in_its_work = INSTALLED.with_borrow(|teams| teams.contains(&own));
        assert!(!is_in_its_work, "Team::install is called in the work of the same team");
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let installed = Installed::of(own);
        let before = Restore(CURRENT.replace((self.shared.threads > 1).then_some(own)));
        let done = work();
        drop(before);
        drop(installed);
        drop(busy);
        done
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        // SAFETY: no piece is under way: `install` borrows the team until its work is done.
        unsafe { self.shared.open(None) };
        for other in self.others.drain(..) {
            other.join().expect("members catch the panics of their work");
        }
    }
}

impl Shared {
    /// Opens `work` to all members, takes part in it, and waits for those that have begun.
    fn share<W: Fn(usize) + Sync>(&self, work: &W) {
        /// # Safety
        /// `work` points to a `W`.
        unsafe fn call<W: Fn(usize)>(work: *const (), number: usize) {
            // SAFETY: the caller upholds it.
            unsafe { (*work.cast::<W>())(number) }
        }
        // SAFETY: at the end of this function every piece is closed, and all members that began are done.
        unsafe { self.open(Some(Piece { work: ptr::from_ref(work).cast(), call: call::<W> })) };
        let own = catch_unwind(AssertUnwindSafe(|| work(0)));
        let begun = Gate(self.gate.fetch_or(Gate::CLOSED, Ordering::AcqRel)).members();
        let mut spins = 0u32;
        while self.done.load(Ordering::Acquire) < begun {
            spins = spins.wrapping_add(1);
            // A member may have lost its core to another program.
            if spins.is_multiple_of(16 * SPINS) { thread::yield_now() } else { spin_loop() }
        }
        if begun > 0 {
            let panic_of_member = mem::take(&mut *self.panic.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(panic) = panic_of_member {
                resume_unwind(panic);
            }
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
    }

    /// Makes `piece` the newest, and wakes the members that sleep.
    ///
    /// # Safety
    /// The gate must be closed, and all members that began must be done.
    unsafe fn open(&self, piece: Option<Piece>) {
        // SAFETY: no member reads it, as the caller upholds.
        unsafe { *self.newest.get() = piece };
        self.done.store(0, Ordering::Relaxed);
        let next = Gate(self.gate.load(Ordering::Relaxed)).piece().wrapping_add(1);
        self.gate.store(next.wrapping_mul(Gate::PIECE), Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            let _sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
            self.wake.notify_all();
        }
    }

    /// Takes part in open pieces as member number `number`, until the team is dismissed.
    fn serve(&self, number: usize) {
        let mut known = 0;
        loop {
            let gate = self.wait_for_a_piece_after(known);
            if gate.is_closed() {
                known = gate.piece();
                continue;
            }
            if self.gate.compare_exchange(gate.0, gate.0 + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                continue; // another member was first, or it has been closed
            }
            known = gate.piece();
            // SAFETY: this member has begun this piece, and isn't done.
            let Some(piece) = (unsafe { *self.newest.get() }) else { return };
            // SAFETY: the caller waits until this member is done, so the work that the piece points to still exists.
            let part = catch_unwind(AssertUnwindSafe(|| unsafe { (piece.call)(piece.work, number) }));
            if let Err(panic) = part {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
            self.done.fetch_add(1, Ordering::Release);
        }
    }

    /// Waits for a newer piece than number `known`: spins for a while, then sleeps.
    fn wait_for_a_piece_after(&self, known: usize) -> Gate {
        let start = Instant::now();
        loop {
            for _ in 0..SPINS {
                let gate = Gate(self.gate.load(Ordering::Acquire));
                if gate.piece() != known {
                    return gate;
                }
                spin_loop();
            }
            if start.elapsed() > SPIN_TIME {
                break;
            }
        }
        let mut sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        let gate = loop {
            let gate = Gate(self.gate.load(Ordering::SeqCst));
            if gate.piece() != known {
                break gate;
            }
            sleep = self.wake.wait(sleep).unwrap_or_else(PoisonError::into_inner);
        };
        self.asleep.fetch_sub(1, Ordering::SeqCst);
        gate
    }
}

#[cfg(test)]
mod tests;
