//! Threads that share a net's products and passes: a team that stays awake between them.
//!
//! A step of a small net has some twenty shared pieces of 5 to 50 microseconds each, and to wake a thread that sleeps takes 50.
//! The members of a team therefore look out for the next piece for a while before they sleep.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem, ptr};

/// How long a member looks out before it sleeps: longer than the serial parts of a step, shorter than a person notices.
const LOOK_OUT: Duration = Duration::from_micros(200);

/// Looks between two looks at the clock.
const LOOKS: u32 = 64;

/// A number of threads that work together: the one that calls, and others that wait for it.
pub struct Team {
    shared: Arc<Shared>,
    others: Vec<JoinHandle<()>>,
    /// Held by the thread whose work the team shares.
    busy: Mutex<()>,
}

/// One piece of work: what to call with the number of a member.
#[derive(Clone, Copy)]
struct Piece {
    work: *const (),
    call: unsafe fn(*const (), usize),
}

struct Shared {
    threads: usize,
    /// Which piece is the newest, whether it is closed, and how many members have begun with it: see [`Gate`].
    gate: AtomicUsize,
    /// The newest piece, or nothing where the team is dismissed. Written while the gate is closed and nobody is behind it.
    newest: UnsafeCell<Option<Piece>>,
    /// Members that are done with the newest piece.
    gone: AtomicUsize,
    asleep: AtomicUsize,
    bed: Mutex<()>,
    wake: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// The number of a piece, above a bit that says whether it is closed, above the number of members that have begun with it.
///
/// Members that come late, because their core does something else, find the gate closed: nobody waits for them.
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

// SAFETY: `newest` is written by the one caller while the gate is closed and all who went through it are gone, and read by members
// who have gone through it (release and acquire). The work that it points to is Sync, and outlives the piece.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointers are only used while the caller waits for the members.
unsafe impl Send for Shared {}

thread_local! {
    /// The team that shares what this thread does.
    static CURRENT: Cell<Option<NonNull<Shared>>> = const { Cell::new(None) };
}

/// Reads how many threads share what this thread does: those of the team that it works in, else 1.
pub fn threads() -> usize {
    // SAFETY: `Team::install` keeps the team alive while it is the current one.
    CURRENT.get().map_or(1, |team| unsafe { team.as_ref() }.threads)
}

/// Calls `work` with 0 on this thread, and at the same time with numbers from 1 on on those of the current team that come before this
/// thread is done; returns when all have returned. What there is to do, they divide among themselves; nothing of it is shared any
/// further.
pub(crate) fn together<W: Fn(usize) + Sync>(work: &W) {
    let Some(team) = CURRENT.take() else { return work(0) };
    let again = Restore(Some(team));
    // SAFETY: as in `threads`.
    unsafe { team.as_ref() }.share(work);
    drop(again);
}

/// Sets the current team again, whether what happens between returns or panics.
struct Restore(Option<NonNull<Shared>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

impl Team {
    /// Starts a team of `threads`, one of which is whoever calls [`Team::install`].
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn new(threads: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            threads: threads.max(1),
            gate: AtomicUsize::new(Gate::CLOSED),
            newest: UnsafeCell::new(None),
            gone: AtomicUsize::new(0),
            asleep: AtomicUsize::new(0),
            bed: Mutex::new(()),
            wake: Condvar::new(),
            panic: Mutex::new(None),
        });
        let mut team = Team { shared, others: Vec::new(), busy: Mutex::new(()) };
        for number in 1..threads {
            let shared = Arc::clone(&team.shared);
            // What has been started is dismissed if this fails.
            team.others
                .push(thread::Builder::new().name(format!("team {number}")).spawn(move || shared.serve(number))?);
        }
        Ok(team)
    }

    /// The number of its threads.
    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Does `work` on this thread, its products and passes shared by the team. Another thread's `work` waits until this is done.
    /// It must not be called from inside of the same team's `work`, which would wait for itself.
    pub fn install<T>(&self, work: impl FnOnce() -> T) -> T {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let before = Restore(CURRENT.replace((self.shared.threads > 1).then(|| NonNull::from(&*self.shared))));
        let done = work();
        drop(before);
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
    /// Opens `work` to all members, takes part in it, and waits for those who have begun.
    fn share<W: Fn(usize) + Sync>(&self, work: &W) {
        /// # Safety
        /// `work` points to a `W`.
        unsafe fn call<W: Fn(usize)>(work: *const (), number: usize) {
            // SAFETY: by the caller's word.
            unsafe { (*work.cast::<W>())(number) }
        }
        // SAFETY: every piece is closed, and all are gone, at the end of this function.
        unsafe { self.open(Some(Piece { work: ptr::from_ref(work).cast(), call: call::<W> })) };
        let own = catch_unwind(AssertUnwindSafe(|| work(0)));
        let begun = Gate(self.gate.fetch_or(Gate::CLOSED, Ordering::AcqRel)).members();
        let mut looks = 0u32;
        while self.gone.load(Ordering::Acquire) < begun {
            looks = looks.wrapping_add(1);
            // A member may have lost its core to another program.
            if looks.is_multiple_of(16 * LOOKS) { thread::yield_now() } else { spin_loop() }
        }
        if begun > 0 {
            let of_others = mem::take(&mut *self.panic.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(panic) = of_others {
                resume_unwind(panic);
            }
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
    }

    /// Makes `piece` the newest, and tells all members, also those that sleep.
    ///
    /// # Safety
    /// The gate must be closed, and all who went through it gone.
    unsafe fn open(&self, piece: Option<Piece>) {
        // SAFETY: by the caller's word nobody reads it.
        unsafe { *self.newest.get() = piece };
        self.gone.store(0, Ordering::Relaxed);
        let next = Gate(self.gate.load(Ordering::Relaxed)).piece().wrapping_add(1);
        self.gate.store(next.wrapping_mul(Gate::PIECE), Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            let _bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
            self.wake.notify_all();
        }
    }

    /// Takes part in every piece that is open, as number `number`, until the team is dismissed.
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
            // SAFETY: this member has gone through the gate of this piece, and isn't gone.
            let Some(piece) = (unsafe { *self.newest.get() }) else { return };
            // SAFETY: the caller waits until this member is gone, so that what the piece points to is still there.
            let part = catch_unwind(AssertUnwindSafe(|| unsafe { (piece.call)(piece.work, number) }));
            if let Err(panic) = part {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
            self.gone.fetch_add(1, Ordering::Release);
        }
    }

    /// Waits for another piece than the one that is `known`: awake for a while, then asleep.
    fn wait_for_a_piece_after(&self, known: usize) -> Gate {
        let start = Instant::now();
        loop {
            for _ in 0..LOOKS {
                let gate = Gate(self.gate.load(Ordering::Acquire));
                if gate.piece() != known {
                    return gate;
                }
                spin_loop();
            }
            if start.elapsed() > LOOK_OUT {
                break;
            }
        }
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        let gate = loop {
            let gate = Gate(self.gate.load(Ordering::SeqCst));
            if gate.piece() != known {
                break gate;
            }
            bed = self.wake.wait(bed).unwrap_or_else(PoisonError::into_inner);
        };
        self.asleep.fetch_sub(1, Ordering::SeqCst);
        gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has all of a team come, and returns their numbers and how many threads they are.
    fn all_of(team: usize) -> (Vec<usize>, usize) {
        let (seen, come) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        together(&|number| {
            seen.lock().unwrap().push((number, format!("{:?}", thread::current().id())));
            come.fetch_add(1, Ordering::SeqCst);
            let start = Instant::now();
            while come.load(Ordering::SeqCst) < team {
                assert!(start.elapsed() < Duration::from_secs(20), "the others don't come");
                thread::yield_now();
            }
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort();
        let (numbers, mut ids): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
        ids.sort();
        ids.dedup();
        (numbers, ids.len())
    }

    #[test]
    fn the_threads_of_a_team_come_piece_after_piece_awake_or_asleep() {
        let team = Team::new(3).unwrap();
        for pause in [0, 0, 0, 1000, 0, 1000] {
            thread::sleep(Duration::from_micros(pause));
            assert_eq!(team.install(|| all_of(3)), (vec![0, 1, 2], 3));
        }
        assert_eq!(all_of(1), (vec![0], 1), "outside of a team nothing is shared");
        assert_eq!((team.install(threads), threads()), (3, 1));
    }

    #[test]
    fn what_is_shared_is_not_shared_again_and_the_team_is_there_afterwards() {
        let team = Team::new(2).unwrap();
        team.install(|| {
            together(&|_| assert_eq!((threads(), all_of(1)), (1, (vec![0], 1))));
            assert_eq!(threads(), 2);
            Team::new(3).unwrap().install(|| assert_eq!(threads(), 3));
            assert_eq!(threads(), 2);
        });
    }

    #[test]
    fn a_panic_of_any_member_reaches_the_caller_and_the_team_goes_on() {
        let team = Team::new(3).unwrap();
        for panicking in [0, 2] {
            let come = AtomicUsize::new(0);
            let work = || {
                together(&|number| {
                    come.fetch_add(1, Ordering::SeqCst);
                    while come.load(Ordering::SeqCst) < 3 {
                        thread::yield_now();
                    }
                    assert_ne!(number, panicking, "this one");
                });
            };
            let panic = catch_unwind(AssertUnwindSafe(|| team.install(work))).unwrap_err();
            assert!(panic.downcast_ref::<String>().unwrap().contains("this one"));
            assert_eq!(team.install(|| all_of(3)).1, 3);
        }
    }

    #[test]
    fn nobody_begins_with_a_piece_that_is_done_and_none_is_done_twice() {
        let team = Team::new(4).unwrap();
        team.install(|| {
            for piece in 0..20_000usize {
                let (left, done) = (AtomicUsize::new(3), AtomicUsize::new(0));
                together(&|_| {
                    while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                        done.fetch_add(piece, Ordering::SeqCst);
                    }
                });
                assert_eq!(done.into_inner(), 3 * piece);
            }
        });
    }

    #[test]
    fn two_callers_take_turns() {
        let team = Team::new(2).unwrap();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..200).for_each(|_| assert_eq!(team.install(|| all_of(2)).0, [0, 1])));
            }
        });
    }
}
