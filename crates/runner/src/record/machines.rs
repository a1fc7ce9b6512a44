//! The machines that trials were trained on, and short names for them.

use std::collections::{BTreeMap, BTreeSet};

use super::Record;
use super::error::Error;
use super::planned::RecordedPoint;
use super::stored::FinishedTrial;
use crate::machine::Machine;
use crate::run::outcome::Status;

/// Short names of machines by their numbers in the record; empty if all trials come from one machine.
#[derive(Debug, Default)]
pub struct MachineNames(BTreeMap<i64, String>);

impl MachineNames {
    /// Returns the header of the column of machines, if there are several.
    pub fn column(&self) -> Option<&'static str> {
        (!self.0.is_empty()).then_some("machine")
    }

    /// Returns the name of a trial's machine, if there are several.
    pub fn of(&self, trial: &FinishedTrial) -> Option<&str> {
        (!self.0.is_empty()).then(|| self.0.get(&trial.machine).map_or("unknown", String::as_str))
    }

    /// Returns all names.
    pub fn all(&self) -> BTreeSet<&str> {
        self.0.values().map(String::as_str).collect()
    }
}

impl Record {
    /// Reads the machines of the record by their numbers. One that can't be read is left out: its trials are damaged.
    pub fn machines(&self) -> Result<BTreeMap<i64, Machine>, Error> {
        let rows =
            self.rows("SELECT number, toml FROM machine", [], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        Ok(rows.into_iter().filter_map(|(number, toml)| Some((number, Machine::from_toml(&toml)?))).collect())
    }

    /// Counts the trials with these ids that each machine has trained.
    pub fn trained_on(&self, ids: &BTreeSet<&str>) -> Result<BTreeMap<i64, usize>, Error> {
        let select = "SELECT id, machine FROM trial WHERE status <> ?1";
        let rows = self.rows(select, [Status::Failed.name()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut counts = BTreeMap::new();
        for (_, machine) in rows.iter().filter(|(id, _)| ids.contains(id.as_str())) {
            *counts.entry(*machine).or_insert(0) += 1;
        }
        Ok(counts)
    }

    /// Names the machines of the finished trials among `points`.
    pub fn machines_in_words(&self, points: &[RecordedPoint]) -> Result<MachineNames, Error> {
        self.names_of(&points.iter().filter_map(|point| Some(point.finished.as_ref()?.machine)).collect())
    }

    /// Names the machines of the finished trials of the plan.
    pub fn machines_of_plan(&self) -> Result<MachineNames, Error> {
        let select = "SELECT DISTINCT trial.machine FROM plan JOIN trial ON trial.id = plan.trial";
        self.names_of(&self.rows(select, [], |row| row.get(0))?.into_iter().collect())
    }

    /// Names the machines with these numbers.
    fn names_of(&self, used: &BTreeSet<i64>) -> Result<MachineNames, Error> {
        let machines = self.machines()?.into_iter().filter(|(number, _)| used.contains(number));
        Ok(names(machines.collect()))
    }
}

/// Makes names of core and library, and of those further parts that are needed to tell the machines apart.
fn names(machines: BTreeMap<i64, Machine>) -> MachineNames {
    let prints: BTreeSet<String> = machines.values().map(Machine::fingerprint).collect();
    if prints.len() < 2 {
        return MachineNames(BTreeMap::new());
    }
    let parts: Vec<(i64, [String; 4])> = machines.iter().map(|(number, machine)| (*number, machine.parts())).collect();
    let mut names: Vec<String> = parts.iter().map(|(_, parts)| parts[0].clone()).collect();
    for place in 1..4 {
        let of = |at: usize| (&names[at], &parts[at].1[place]);
        let pairs = (0..parts.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let tells_apart = |(a, b)| of(a).0 == of(b).0 && of(a).1 != of(b).1;
        if pairs.into_iter().any(tells_apart) {
            names.iter_mut().zip(&parts).for_each(|(name, (_, parts))| *name += &format!(" {}", parts[place]));
        }
    }
    let plain = |name: String| name.replace([',', '"'], " ");
    MachineNames(parts.iter().map(|(number, _)| *number).zip(names.into_iter().map(plain)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(core: &str, threads: usize, commit: &str) -> Machine {
        let toml = format!(
            "cpu = 'c'\ncores = 2\nthreads = {threads}\nos = 'o'\nhdf5 = '2'\n[runner]\nversion = '1'\ncommit = '{commit}'\n\
             rustc = 'r'\nprofile = 'p'\n[blas]\nname = 'OpenBLAS'\nversion = '0.3'\ncore = '{core}'\npath = '/p'\n\
             sha256 = 'aa'\nthread_layer = 't'\nthreads = 1\nconfig = ''\n"
        );
        Machine::from_toml(&toml).unwrap()
    }

    fn said(machines: &[Machine]) -> Vec<String> {
        names((0..).zip(machines.iter().cloned()).collect()).0.into_values().collect()
    }

    #[test]
    fn machines_are_named_by_what_tells_them_apart_and_one_alone_has_no_name() {
        let (haswell, zen) = (machine("Haswell", 1, "a"), machine("Zen", 1, "b"));
        assert!(said(std::slice::from_ref(&haswell)).is_empty());
        assert!(said(&[haswell.clone(), haswell.clone()]).is_empty());
        assert_eq!(said(&[haswell.clone(), zen]), ["Haswell OpenBLAS 0.3", "Zen OpenBLAS 0.3"]);
        let two = machine("Haswell", 2, "a");
        assert_eq!(said(&[haswell.clone(), two]), ["Haswell OpenBLAS 0.3 1 thread", "Haswell OpenBLAS 0.3 2 threads"]);
        let other = machine("Haswell", 1, "b");
        assert_eq!(said(&[haswell, other])[1], "Haswell OpenBLAS 0.3 runner 1 b");
    }
}
