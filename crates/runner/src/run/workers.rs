//! Workers, each of which trains one fleet at a time with a team of threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::{io, thread};

use kernels::Team;

/// The system has no more threads for this program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't start a thread: {0}; use fewer --jobs, or raise the limit (ulimit -u)")]
pub struct NoThread(String);

impl From<io::Error> for NoThread {
    fn from(error: io::Error) -> Self {
        NoThread(error.to_string())
    }
}

/// The workers of a run.
pub struct Workers(Vec<Team>);

impl Workers {
    /// Starts `workers` workers (at least 1) of `threads` threads each.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn new(workers: usize, threads: usize) -> Result<Self, NoThread> {
        Ok(Workers((0..workers.max(1)).map(|_| Team::new(threads)).collect::<Result<_, _>>()?))
    }

    /// Returns the number of threads of all workers together.
    pub fn threads(&self) -> usize {
        self.0.iter().map(Team::threads).sum()
    }

    /// Runs `work` on every worker at once, and returns when all are done.
    ///
    /// # Errors
    /// If the system has no more threads; then no worker has begun.
    pub fn each(&self, work: impl Fn() + Sync) -> Result<(), NoThread> {
        let all_are_here = OnceLock::new();
        thread::scope(|scope| {
            let worker = |team: &'_ Team| {
                if *all_are_here.wait() {
                    team.install(&work);
                }
            };
            let start = |team| thread::Builder::new().spawn_scoped(scope, move || worker(team)).map(drop);
            let started = self.0.iter().try_for_each(start);
            let _ = all_are_here.set(started.is_ok());
            Ok(started?)
        })
    }

    /// Runs `work` on one worker.
    pub fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0[0].install(work)
    }

    /// Does `work` on all `items`, each on the first worker that is free, until one fails.
    ///
    /// # Errors
    /// The first error of `work`, or the system's if it has no more threads.
    pub fn try_each<T: Sync, E: Send + From<NoThread>>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
        self.each(|| {
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = work(item) {
                    next.store(items.len(), Ordering::Relaxed);
                    failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(error);
                }
            }
        })?;
        failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_worker_works_at_once_with_threads_of_its_own() {
        let workers = Workers::new(3, 2).unwrap();
        assert_eq!(workers.threads(), 6);
        let (begun, names) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let began = workers.each(|| {
            begun.fetch_add(1, Ordering::SeqCst);
            while begun.load(Ordering::SeqCst) < 3 {
                std::thread::yield_now();
            }
            names.lock().unwrap().push(format!("{:?}", std::thread::current().id()));
        });
        let () = began.unwrap();
        assert_eq!(names.into_inner().unwrap().into_iter().collect::<BTreeSet<_>>().len(), 3);
        assert_eq!(workers.alone(|| 7), 7);
    }

    #[test]
    fn every_item_is_worked_on_once_and_the_first_error_ends_it() {
        let (workers, items) = (Workers::new(2, 1).unwrap(), Vec::from_iter(0..1000));
        let done = Mutex::new(Vec::new());
        let work = |&item: &i32| {
            done.lock().unwrap().push(item);
            Ok::<_, anyhow::Error>(())
        };
        workers.try_each(&items, work).unwrap();
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        assert_eq!(done, items);
        let count = AtomicUsize::new(0);
        let failing = |&item: &i32| {
            count.fetch_add(1, Ordering::SeqCst);
            if item >= 10 { Err(anyhow::anyhow!("ten")) } else { Ok(()) }
        };
        assert_eq!(workers.try_each(&items, failing).unwrap_err().to_string(), "ten");
        assert!(count.into_inner() <= 12);
    }
}
