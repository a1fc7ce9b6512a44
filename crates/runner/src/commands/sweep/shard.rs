//! The shard that a sweep is asked for, and what is said of it.

use std::env;

use anyhow::{Context, Result, bail};

use crate::cli;
use crate::plan::Plan;
use crate::plan::shard::Shard;
use datasets::text::count;

/// Finds the shard that is asked for; `None` if it is the whole sweep.
pub(super) fn shard_of(args: &cli::Sweep) -> Result<Option<Shard>> {
    match args.shard_from_env {
        Some(count) => from_environment(count, |name| env::var(name).ok()).map(Some),
        None => Ok(args.shard),
    }
}

/// Reads the shard from the variables of HyperQueue, Slurm or an MPI launcher, in this order: HyperQueue's workers may be tasks of Slurm,
/// and Open MPI's launcher hands on the variables of another one that has started it. `count` is the number of shards, if it is given.
fn from_environment(count: Option<usize>, variable: impl Fn(&str) -> Option<String>) -> Result<Shard> {
    let number = |name: &str| -> Result<Option<usize>> {
        let Some(text) = variable(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("--shard-from-env: {name} is {text:?}, not a number"),
        }
    };
    let shard = |task: &str, number: usize, count: Option<usize>, lacking: &str| -> Result<Shard> {
        let Some(count @ 1..) = count else { bail!("--shard-from-env: {lacking}") };
        Shard::new(number, count).with_context(|| {
            let last = count - 1;
            format!("--shard-from-env: {task} is {number}, and {count} shards are numbered from 0 to {last}")
        })
    };
    if let Some(task) = number("HQ_TASK_ID")? {
        let lacking = "HyperQueue doesn't tell its tasks how many they are; give --shard-from-env=N";
        return shard("HQ_TASK_ID", task, count, lacking);
    }
    if let Some(task) = number("SLURM_ARRAY_TASK_ID")? {
        let all = number("SLURM_ARRAY_TASK_COUNT")?;
        let (least, most) = (number("SLURM_ARRAY_TASK_MIN")?, number("SLURM_ARRAY_TASK_MAX")?);
        let is_whole = least == Some(0) && most.zip(all).is_some_and(|(most, all)| most + 1 == all);
        let lacking = "the Slurm array isn't 0 to N - 1 without gaps, so that its size is not the number of shards; give that: \
                       --shard-from-env=N";
        return shard("SLURM_ARRAY_TASK_ID", task, count.or(all.filter(|_| is_whole)), lacking);
    }
    for (rank, size) in [("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE")] {
        if let Some(number_of_rank) = number(rank)? {
            let lacking = format!("{size} is missing beside {rank}; give --shard-from-env=N");
            return shard(rank, number_of_rank, count.or(number(size)?), &lacking);
        }
    }
    bail!(
        "--shard-from-env: none of SLURM_ARRAY_TASK_ID, HQ_TASK_ID, PMI_RANK and OMPI_COMM_WORLD_RANK is set; \
         --shard I/N names the shard"
    )
}

/// Counts the trials of a plan: all of them, or those of a shard.
pub(super) fn trials_in_words(plan: &Plan) -> String {
    let (own, all) = (plan.own_trials().count(), plan.trials.len());
    if own == all { count(all, "trial") } else { format!("{own} of {}", count(all, "trial")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(count: Option<usize>, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| Some(variables.iter().find(|(known, _)| *known == name)?.1.to_owned());
        from_environment(count, variable).map(|shard| shard.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_shard_is_the_task_of_the_scheduler() {
        let array = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "8"),
            ("SLURM_ARRAY_TASK_MIN", "0"),
            ("SLURM_ARRAY_TASK_MAX", "7"),
        ];
        assert_eq!(found(None, &array), Ok("3/8".into()));
        assert_eq!(found(Some(16), &array), Ok("3/16".into()));
        assert_eq!(found(Some(4), &[("HQ_TASK_ID", "2")]), Ok("2/4".into()));
        let in_an_array = [("HQ_TASK_ID", "2"), ("SLURM_ARRAY_TASK_ID", "0")];
        assert_eq!(found(Some(4), &in_an_array), Ok("2/4".into()));
        assert_eq!(found(None, &[("PMI_RANK", "1"), ("PMI_SIZE", "2")]), Ok("1/2".into()));
        let open_mpi = [("OMPI_COMM_WORLD_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", "2")];
        assert_eq!(found(None, &open_mpi), Ok("0/2".into()));
        let within_another = [&open_mpi[..], &[("PMI_RANK", "1"), ("PMI_SIZE", "4")]].concat();
        assert_eq!(found(None, &within_another), Ok("0/2".into()));
    }

    #[test]
    fn a_number_that_could_be_wrong_is_refused() {
        let resumed = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "2"),
            ("SLURM_ARRAY_TASK_MIN", "3"),
            ("SLURM_ARRAY_TASK_MAX", "5"),
        ];
        assert!(found(None, &resumed).unwrap_err().contains("--shard-from-env=N"));
        assert!(found(None, &[("HQ_TASK_ID", "2")]).unwrap_err().contains("--shard-from-env=N"));
        assert!(found(Some(2), &[("HQ_TASK_ID", "2")]).unwrap_err().contains("numbered from 0 to 1"));
        assert!(found(None, &[("PMI_RANK", "one"), ("PMI_SIZE", "2")]).unwrap_err().contains("not a number"));
        assert!(found(None, &[]).unwrap_err().contains("--shard I/N"));
    }
}
