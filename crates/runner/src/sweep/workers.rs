//! Workers: each trains one fleet at a time, and has a pool of as many threads as share a fleet.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// The workers of a run.
pub struct Workers(Vec<ThreadPool>);

impl Workers {
    /// So many workers, at least one, of so many threads each.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn new(workers: usize, threads: usize) -> Result<Self, ThreadPoolBuildError> {
        let pool = |_| ThreadPoolBuilder::new().num_threads(threads).build();
        (0..workers.max(1)).map(pool).collect::<Result<_, _>>().map(Workers)
    }

    /// All threads of all workers.
    pub fn threads(&self) -> usize {
        self.0.iter().map(ThreadPool::current_num_threads).sum()
    }

    /// Runs `work` on every worker at once, and returns when all are done.
    pub fn each(&self, work: impl Fn() + Sync) {
        let work = &work;
        thread::scope(|scope| self.0.iter().for_each(|pool| drop(scope.spawn(move || pool.install(work)))));
    }

    /// Runs `work` on one worker.
    pub fn alone<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0[0].install(work)
    }

    /// Does `work` on all `items`, each on the first worker that is free, until one fails.
    ///
    /// # Errors
    /// The first one's.
    pub fn try_each<T: Sync, E: Send>(&self, items: &[T], work: impl Fn(&T) -> Result<(), E> + Sync) -> Result<(), E> {
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
        self.each(|| {
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = work(item) {
                    next.store(items.len(), Ordering::Relaxed);
                    failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(error);
                }
            }
        });
        failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).map_or(Ok(()), Err)
    }
}
