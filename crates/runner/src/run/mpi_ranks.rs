//! Ranks of MPI. One thread makes all calls of MPI, so that an exchange goes on while the others compute; it sleeps while it waits.

use std::collections::VecDeque;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mpi::Threading;
use mpi::collective::CommunicatorCollectives;
use mpi::datatype::{Equivalence, Partition, PartitionMut};
use mpi::request::{Request, Scope};
use mpi::topology::{Communicator, SimpleCommunicator};
use net::{Ranks, Real};

/// The wait between two looks at an exchange.
const POLL: Duration = Duration::from_micros(20);

type Job = Box<dyn FnOnce(&SimpleCommunicator) + Send>;

/// The processes that `mpirun` has started.
pub struct Mpi {
    rank: usize,
    count: usize,
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

/// An MPI that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("MPI can't be started: {0}")]
pub struct Error(String);

impl Mpi {
    /// Starts MPI.
    ///
    /// # Errors
    /// If it can't be started.
    pub fn start() -> Result<Self, Error> {
        let (jobs, to_do) = channel::<Job>();
        let (tell, place) = channel();
        let work = move || {
            let Some((universe, _)) = mpi::initialize_with_threading(Threading::Funneled) else { return };
            let world = universe.world();
            let _ = tell.send((world.rank(), world.size()));
            to_do.into_iter().for_each(|job| job(&world));
            drop(universe); // ends MPI, once all ranks have come here
        };
        let thread =
            thread::Builder::new().name("mpi".to_owned()).spawn(work).map_err(|error| Error(error.to_string()))?;
        let (rank, count) = place.recv().map_err(|_| Error("it was started before".to_owned()))?;
        let number = |number: i32| usize::try_from(number).map_err(|error| Error(error.to_string()));
        Ok(Mpi { rank: number(rank)?, count: number(count)?, jobs, thread })
    }

    /// Returns the number of this process, from 0.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Returns the number of processes.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Counts the processes on this machine, which all ranks must do at the same time.
    pub fn ranks_here(&self) -> usize {
        // Without it all count as one machine's.
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let all = self.all_gather(number_pair(&boot).into());
        all.iter().filter(|other| **other == all[self.rank]).count()
    }

    /// Ends MPI, which all ranks must do. A process that leaves without it makes `mpirun` end the others.
    pub fn finish(self) {
        let Mpi { jobs, thread, .. } = self;
        drop(jobs);
        let _ = thread.join();
    }

    /// Collects numbers of each rank on all ranks, by rank.
    pub fn all_gather(&self, own: Vec<f64>) -> Vec<Vec<f64>> {
        let count = self.count;
        let received = self.begin(move |world| {
            let length = [own.len() as i32];
            let mut lengths = vec![0; count];
            mpi::request::scope(|scope| {
                wait(world.immediate_all_gather_into(scope, &length[..], &mut lengths[..]));
            });
            let all = gathered(world, &own, &lengths);
            let mut rest = &all[..];
            let parts = lengths.iter().map(|&length| {
                let (part, others) = rest.split_at(length as usize);
                rest = others;
                part.to_vec()
            });
            parts.collect()
        });
        received.recv().expect(GONE)
    }

    /// Begins a job, and returns where its result will be.
    fn begin<T: Send + 'static>(&self, job: impl FnOnce(&SimpleCommunicator) -> T + Send + 'static) -> Receiver<T> {
        let (sender, receiver) = channel();
        let job: Job = Box::new(move |world| drop(sender.send(job(world))));
        self.jobs.send(job).expect(GONE);
        receiver
    }
}

/// Hashes `value` to two numbers that f64 holds exactly.
pub fn number_pair(value: &impl Hash) -> [f64; 2] {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let hash = hasher.finish();
    [(hash >> 32) as f64, (hash & 0xffff_ffff) as f64]
}

/// MPI ends the process where a call fails, so that its thread is always there.
const GONE: &str = "the thread of MPI runs until the end";

/// The ranks of MPI in a training of element type `R`.
pub struct MpiRanks<'m, R> {
    mpi: &'m Mpi,
    under_way: VecDeque<Receiver<Vec<R>>>,
}

impl<'m, R> MpiRanks<'m, R> {
    /// Takes all processes.
    pub fn new(mpi: &'m Mpi) -> Self {
        MpiRanks { mpi, under_way: VecDeque::new() }
    }
}

impl<R: Real + Equivalence> Ranks<R> for MpiRanks<'_, R> {
    fn rank(&self) -> usize {
        self.mpi.rank
    }

    fn count(&self) -> usize {
        self.mpi.count
    }

    fn begin_all_to_all(&mut self, values: Vec<R>, counts: Vec<usize>, lengths: Vec<usize>) {
        let all_to_all = move |world: &SimpleCommunicator| {
            let (counts, lengths) = (integers(&counts), integers(&lengths));
            let mut received = room(&lengths);
            let from = Partition::new(&values[..], &counts[..], places(&counts));
            let mut into = PartitionMut::new(&mut received[..], &lengths[..], places(&lengths));
            mpi::request::scope(|scope| {
                wait(world.immediate_all_to_all_varcount_into(scope, &from, &mut into));
            });
            received
        };
        self.under_way.push_back(self.mpi.begin(all_to_all));
    }

    fn begin_all_gather(&mut self, values: Vec<R>, lengths: Vec<usize>) {
        let gather = move |world: &SimpleCommunicator| gathered(world, &values, &integers(&lengths));
        self.under_way.push_back(self.mpi.begin(gather));
    }

    fn wait(&mut self) -> Vec<R> {
        let earliest = self.under_way.pop_front().expect("an exchange was begun");
        earliest.recv().expect(GONE)
    }

    fn all_gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>> {
        self.mpi.all_gather(own)
    }
}

/// Sends `values` to all ranks, and returns what each of them sends, `lengths[r]` values of rank r.
fn gathered<R: Equivalence + Copy + Default>(world: &SimpleCommunicator, values: &[R], lengths: &[i32]) -> Vec<R> {
    let mut received = room(lengths);
    let mut into = PartitionMut::new(&mut received[..], lengths, places(lengths));
    mpi::request::scope(|scope| {
        wait(world.immediate_all_gather_varcount_into(scope, values, &mut into));
    });
    received
}

fn room<R: Copy + Default>(lengths: &[i32]) -> Vec<R> {
    vec![R::default(); lengths.iter().map(|&length| length as usize).sum()]
}

/// Converts lengths to integers as MPI takes them.
///
/// # Panics
/// If one is above 2³¹ - 1, which a training that begins has not.
fn integers(lengths: &[usize]) -> Vec<i32> {
    lengths.iter().map(|&length| i32::try_from(length).expect("MPI counts in 32 bits")).collect()
}

/// Returns where each part begins, one after another.
fn places(lengths: &[i32]) -> Vec<i32> {
    let begin = |next: &mut i32, length: &i32| {
        let place = *next;
        *next += length;
        Some(place)
    };
    lengths.iter().scan(0, begin).collect()
}

/// Waits for an exchange, without keeping a core busy.
fn wait<'a, D: ?Sized, S: Scope<'a>>(request: Request<'a, D, S>) {
    let mut request = request;
    while let Err(not_yet) = request.test() {
        request = not_yet;
        thread::sleep(POLL);
    }
}
