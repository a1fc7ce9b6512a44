//! Ranks that are threads of one process.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use net::{Ranks, Real};

/// A message from one rank to another: a part of an exchange, or numbers.
enum Sent<R> {
    Values(Vec<R>),
    Numbers(Vec<f64>),
}

/// The ranks of one process, each on a thread, with a channel from each to each.
pub(crate) struct Threads<R> {
    rank: usize,
    to: Vec<Sender<Sent<R>>>,
    from: Vec<Receiver<Sent<R>>>,
    expected: VecDeque<Vec<usize>>,
}

impl<R: Real> Ranks<R> for Threads<R> {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.to.len()
    }

    fn begin_all_to_all(&mut self, values: Vec<R>, counts: Vec<usize>, lengths: Vec<usize>) {
        self.expected.push_back(lengths);
        assert_eq!(values.len(), counts.iter().sum::<usize>());
        let mut rest = &values[..];
        for (other, count) in self.to.iter().zip(counts) {
            let (part, others) = rest.split_at(count);
            rest = others;
            other.send(Sent::Values(part.to_vec())).unwrap();
        }
    }

    fn begin_all_gather(&mut self, values: Vec<R>, lengths: Vec<usize>) {
        self.expected.push_back(lengths);
        self.to.iter().for_each(|other| other.send(Sent::Values(values.clone())).unwrap());
    }

    fn wait(&mut self) -> Vec<R> {
        let values = |from: &Receiver<Sent<R>>| match from.recv().unwrap() {
            Sent::Values(values) => values,
            Sent::Numbers(_) => panic!("the ranks call the same functions in the same order"),
        };
        let received: Vec<Vec<R>> = self.from.iter().map(values).collect();
        assert_eq!(Some(received.iter().map(Vec::len).collect()), self.expected.pop_front());
        received.concat()
    }

    fn all_gather(&mut self, own: Vec<f64>) -> Vec<Vec<f64>> {
        self.to.iter().for_each(|other| other.send(Sent::Numbers(own.clone())).unwrap());
        let numbers = |from: &Receiver<Sent<R>>| match from.recv().unwrap() {
            Sent::Numbers(numbers) => numbers,
            Sent::Values(_) => panic!("the ranks call the same functions in the same order"),
        };
        self.from.iter().map(numbers).collect()
    }
}

/// Makes `count` ranks that are joined.
pub(crate) fn threads<R: Real>(count: usize) -> Vec<Threads<R>> {
    let mut ranks: Vec<_> =
        (0..count).map(|rank| Threads { rank, to: Vec::new(), from: Vec::new(), expected: VecDeque::new() }).collect();
    for from in 0..count {
        for to in 0..count {
            let (sender, receiver) = channel();
            ranks[from].to.push(sender);
            ranks[to].from.push(receiver);
        }
    }
    ranks
}
