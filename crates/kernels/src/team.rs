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
    /// The number of pieces so far; a new one is there when it grows.
    pieces: AtomicUsize,
    /// The newest piece, or nothing where the team is dismissed. Written before `pieces` grows, read after.
    newest: UnsafeCell<Option<Piece>>,
    /// Members that are still at work on it.
    at_work: AtomicUsize,
    asleep: AtomicUsize,
    bed: Mutex<()>,
    wake: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `newest` is written by the one caller while all members are done with the piece before it, and read by members once
// `pieces` has told them (release and acquire). The work that it points to is Sync, and outlives the piece.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointers are only used while the caller waits for the members.
unsafe impl Send for Shared {}

thread_local! {
    /// The team that shares what this thread does.
    static CURRENT: Cell<Option<NonNull<Shared>>> = const { Cell::new(None) };
}

/// Reads how many threads share what this thread does: those of the team that it works in, else 1.
pub(crate) fn threads() -> usize {
    // SAFETY: `Team::install` keeps the team alive while it is the current one.
    CURRENT.get().map_or(1, |team| unsafe { team.as_ref() }.threads)
}

/// Calls `work` once for each thread of the current team, with numbers from 0 on, all at once; returns when all have returned.
/// Nothing that it does is shared any further.
pub(crate) fn on_every_thread<W: Fn(usize) + Sync>(work: &W) {
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
            pieces: AtomicUsize::new(0),
            newest: UnsafeCell::new(None),
            at_work: AtomicUsize::new(0),
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
        unsafe { *self.shared.newest.get() = None };
        self.shared.announce();
        for other in self.others.drain(..) {
            other.join().expect("members catch the panics of their work");
        }
    }
}

impl Shared {
    /// Has every member do its part of `work`, and does part 0.
    fn share<W: Fn(usize) + Sync>(&self, work: &W) {
        /// # Safety
        /// `work` points to a `W`.
        unsafe fn call<W: Fn(usize)>(work: *const (), number: usize) {
            // SAFETY: by the caller's word.
            unsafe { (*work.cast::<W>())(number) }
        }
        self.at_work.store(self.threads - 1, Ordering::Relaxed);
        let piece = Piece { work: ptr::from_ref(work).cast(), call: call::<W> };
        // SAFETY: the members are done with the piece before this one, see the end of this function.
        unsafe { *self.newest.get() = Some(piece) };
        self.announce();
        let own = catch_unwind(AssertUnwindSafe(|| work(0)));
        let mut looks = 0;
        while self.at_work.load(Ordering::Acquire) > 0 {
            looks += 1;
            // A member may have lost its core to another program.
            if looks % (16 * LOOKS) == 0 { thread::yield_now() } else { spin_loop() }
        }
        let of_others = mem::take(&mut *self.panic.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(panic) = own.err().or(of_others) {
            resume_unwind(panic);
        }
    }

    /// Tells the members that there is a new piece, also those that sleep.
    fn announce(&self) {
        self.pieces.fetch_add(1, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            let _bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
            self.wake.notify_all();
        }
    }

    /// Does part `number` of every piece until the team is dismissed.
    fn serve(&self, number: usize) {
        let mut done = 0;
        loop {
            self.wait_for_a_piece_after(done);
            done += 1;
            // SAFETY: `pieces` has grown, so that this is the piece that it tells of.
            let Some(piece) = (unsafe { *self.newest.get() }) else { return };
            // SAFETY: the caller waits until `at_work` is 0, so that what the piece points to is still there.
            let part = catch_unwind(AssertUnwindSafe(|| unsafe { (piece.call)(piece.work, number) }));
            if let Err(panic) = part {
                *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
            self.at_work.fetch_sub(1, Ordering::Release);
        }
    }

    fn wait_for_a_piece_after(&self, done: usize) {
        let start = Instant::now();
        loop {
            for _ in 0..LOOKS {
                if self.pieces.load(Ordering::Acquire) != done {
                    return;
                }
                spin_loop();
            }
            if start.elapsed() > LOOK_OUT {
                break;
            }
        }
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while self.pieces.load(Ordering::SeqCst) == done {
            bed = self.wake.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that `on_every_thread` gives, and the threads that they are given on.
    fn numbers_and_threads() -> (Vec<usize>, usize) {
        let seen = Mutex::new(Vec::new());
        on_every_thread(&|number| seen.lock().unwrap().push((number, thread::current().id())));
        let mut seen = seen.into_inner().unwrap();
        seen.sort_by_key(|(number, _)| *number);
        let mut ids: Vec<_> = seen.iter().map(|(_, id)| format!("{id:?}")).collect();
        ids.sort();
        ids.dedup();
        (seen.into_iter().map(|(number, _)| number).collect(), ids.len())
    }

    #[test]
    fn every_thread_of_the_team_gets_its_own_number_piece_after_piece() {
        let team = Team::new(3).unwrap();
        for pause in [0, 0, 0, 1000, 0, 1000] {
            thread::sleep(Duration::from_micros(pause)); // awake, and asleep
            assert_eq!(team.install(numbers_and_threads), (vec![0, 1, 2], 3));
        }
        assert_eq!(numbers_and_threads(), (vec![0], 1), "outside of a team nothing is shared");
        assert_eq!((team.install(threads), threads()), (3, 1));
    }

    #[test]
    fn what_is_shared_is_not_shared_again_and_the_team_is_there_afterwards() {
        let team = Team::new(2).unwrap();
        team.install(|| {
            on_every_thread(&|_| assert_eq!((threads(), numbers_and_threads()), (1, (vec![0], 1))));
            assert_eq!(threads(), 2);
            Team::new(3).unwrap().install(|| assert_eq!(threads(), 3));
            assert_eq!(threads(), 2);
        });
    }

    #[test]
    fn a_panic_of_any_member_reaches_the_caller_and_the_team_goes_on() {
        let team = Team::new(3).unwrap();
        for panicking in [0, 2] {
            let work = || on_every_thread(&|number| assert_ne!(number, panicking, "this one"));
            let panic = catch_unwind(AssertUnwindSafe(|| team.install(work))).unwrap_err();
            assert!(panic.downcast_ref::<String>().unwrap().contains("this one"));
            assert_eq!(team.install(numbers_and_threads).1, 3);
        }
    }

    #[test]
    fn many_pieces_are_each_done_once_by_all() {
        let team = Team::new(4).unwrap();
        let counts: [AtomicUsize; 4] = Default::default();
        team.install(|| {
            for _ in 0..2000 {
                on_every_thread(&|number| {
                    counts[number].fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(counts.map(AtomicUsize::into_inner), [2000; 4]);
    }

    #[test]
    fn two_callers_take_turns() {
        let team = Team::new(2).unwrap();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..200).for_each(|_| assert_eq!(team.install(numbers_and_threads).0, [0, 1])));
            }
        });
    }
}
