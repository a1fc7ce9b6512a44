//! The scripts of a submitted sweep: an array with a task for each shard, and the job that merges them.

use std::env;
use std::time::Duration;

use minijinja::{Environment, UndefinedBehavior, context};

use crate::cli::cluster::Options;
use crate::shell_words::in_quotes;

/// The most times that a shard queues up again by itself, so that one that gets nowhere ends.
const RESTARTS: usize = 20;
/// The variables that go along where they are set.
const VARIABLES: [&str; 6] = ["PATH", "HOME", "USER", "LD_LIBRARY_PATH", "LAYERCHAIN_BLAS", "CATVNONCAT"];

/// Everything that the scripts say. Words of commands are as a shell takes them.
#[derive(Clone, Debug)]
pub struct Scripts {
    /// The sweep in words.
    pub words: String,
    /// The experiment's name.
    pub name: String,
    /// The directory to run in.
    pub directory: String,
    /// The runner.
    pub runner: String,
    /// The experiment's file.
    pub experiment: String,
    /// The merged results directory.
    pub out: String,
    /// The directory of the shards.
    pub folder: String,
    /// The number of shards.
    pub shards: usize,
    /// Threads that share a fleet.
    pub threads: usize,
    /// The cores of a shard.
    pub cpus: usize,
    /// The memory of a shard.
    pub mem: String,
    /// The time limit of a shard.
    pub time: Duration,
    /// The further options.
    pub options: Options,
}

/// Rounds a time limit up to what Slurm takes: whole minutes.
pub fn limit(time: Duration) -> Duration {
    Duration::from_secs(60 * minutes(time))
}

fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

impl Scripts {
    /// Writes the script of the array's tasks.
    pub fn array(&self) -> String {
        let Scripts { words, name, runner, experiment, out, shards, threads, cpus, mem, time, options, .. } = self;
        let signal = options.signal().as_secs();
        let mut own = self.common(name, "%a");
        own.extend([
            format!("--cpus-per-task={cpus}"),
            format!("--mem={mem}"),
            format!("--time={}", minutes(*time)),
            format!("--signal=B:USR1@{signal}"),
            "--requeue".to_owned(),
        ]);
        own.extend(options.sbatch.iter().cloned());
        let context = context! { words, options => own, setup => self.setup(), runner, experiment, out, shards, threads, restarts => RESTARTS };
        rendered(include_str!("array.sh.jinja"), context)
    }

    /// Writes the script of the job that merges the shards.
    pub fn merge(&self) -> String {
        let Scripts { words, name, runner, out, folder, mem, options, .. } = self;
        let mut own = self.common(&format!("{name}-merge"), "merge");
        own.extend([
            "--cpus-per-task=1".to_owned(),
            format!("--mem={mem}"),
            "--time=60".to_owned(),
            "--requeue".to_owned(),
        ]);
        own.extend(options.merge_sbatch.iter().cloned()); // of two equal options sbatch takes the last one
        rendered(
            include_str!("merge.sh.jinja"),
            context! { words, options => own, setup => self.setup(), runner, folder, out },
        )
    }

    /// Lists the options that both scripts have.
    fn common(&self, job: &str, log: &str) -> Vec<String> {
        let Scripts { directory, folder, options, .. } = self;
        let mut common = vec![
            format!("--job-name={job}"),
            format!("--chdir={directory}"),
            // Slurm takes %a for the number of the task, and %% for %.
            format!("--output={}/log/{log}.txt", folder.replace('%', "%%")),
            "--open-mode=append".to_owned(),
            format!("--export={}", self.exported(|name| env::var_os(name).is_some())),
            "--nodes=1".to_owned(),
            "--ntasks=1".to_owned(),
        ];
        let named = [
            ("partition", &options.partition),
            ("account", &options.account),
            ("qos", &options.qos),
            ("constraint", &options.constraint),
        ];
        common.extend(named.iter().filter_map(|(name, value)| Some(format!("--{name}={}", value.as_ref()?))));
        common
    }

    /// Lists the variables that go along: those of [`VARIABLES`] that are set, and those that were asked for.
    fn exported(&self, is_set: impl Fn(&str) -> bool) -> String {
        let asked = self.options.env.iter().filter(|variable| !variable.contains('=')).map(String::as_str);
        let names: Vec<&str> = VARIABLES.into_iter().chain(asked).filter(|name| is_set(name)).collect();
        // Without a name sbatch would export everything.
        if names.is_empty() { "NONE".to_owned() } else { names.join(",") }
    }

    /// Lists the lines before the runner.
    fn setup(&self) -> Vec<String> {
        let values = self.options.env.iter().filter_map(|variable| variable.split_once('='));
        let exports = values.map(|(name, value)| format!("export {name}={}", in_quotes(value)));
        exports.chain(self.options.setup.iter().cloned()).collect()
    }
}

fn rendered(template: &str, context: minijinja::Value) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = environment.render_str(template, context);
    rendered.expect("a template of our own, with everything that it names") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(options: Options) -> Scripts {
        let text = |text: &str| text.to_owned();
        Scripts {
            words: text("depth: 280 trials"),
            name: text("depth"),
            directory: text("/home/ada/cats"),
            runner: text("/opt/layerchain/bin/runner"),
            experiment: text("results/depth.shards/experiment.toml"),
            out: text("results/depth"),
            folder: text("results/depth.shards"),
            shards: 8,
            threads: 2,
            cpus: 4,
            mem: text("900M"),
            time: Duration::from_secs(601),
            options,
        }
    }

    #[test]
    fn a_task_asks_for_what_was_planned_and_runs_its_shard() {
        let script = scripts(Options { partition: Some("short".to_owned()), ..Options::default() }).array();
        for line in [
            "#SBATCH --job-name=depth",
            "#SBATCH --output=results/depth.shards/log/%a.txt",
            "#SBATCH --cpus-per-task=4",
            "#SBATCH --mem=900M",
            "#SBATCH --time=11",
            "#SBATCH --signal=B:USR1@60",
            "#SBATCH --partition=short",
            "/opt/layerchain/bin/runner sweep results/depth.shards/experiment.toml --out results/depth \\",
            "    --shard \"$SLURM_ARRAY_TASK_ID/8\" --jobs \"$((SLURM_CPUS_PER_TASK / 2))\" --progress plain &",
        ] {
            assert!(script.lines().any(|found| found == line), "{line} in\n{script}");
        }
        assert!(script.starts_with("#!/bin/bash\n"));
    }

    #[test]
    fn the_environment_goes_along_by_choice_alone() {
        let options = Options {
            env: vec!["OMP_PLACES".to_owned(), "OPENBLAS_CORETYPE=Haswell".to_owned()],
            ..Options::default()
        };
        let scripts = scripts(options);
        assert_eq!(
            scripts.exported(|name| ["HOME", "OMP_PLACES", "OPENBLAS_CORETYPE"].contains(&name)),
            "HOME,OMP_PLACES"
        );
        assert_eq!(scripts.exported(|_| false), "NONE");
        let script = scripts.array();
        assert!(script.contains("\nexport OPENBLAS_CORETYPE='Haswell'\n"), "{script}");
        let export = script.lines().find(|line| line.contains("--export=")).unwrap();
        assert!(!export.contains("ALL") && !export.contains("OPENBLAS_CORETYPE"), "{export}");
    }

    /// In the name of a file %a is the number of the task, %% is %.
    #[test]
    fn a_per_cent_sign_in_the_directory_is_none_of_slurms() {
        let script = Scripts { folder: "100%a.shards".to_owned(), ..scripts(Options::default()) }.array();
        assert!(script.contains("\n#SBATCH --output=100%%a.shards/log/%a.txt\n"), "{script}");
    }

    #[test]
    fn the_options_of_the_merge_come_after_its_own_and_those_of_the_shards_are_not_among_them() {
        let [sbatch, merge_sbatch] = ["--exclusive", "--time=3:00:00"].map(|option| vec![option.to_owned()]);
        let scripts = scripts(Options { sbatch, merge_sbatch, ..Options::default() });
        let times: Vec<_> = scripts
            .merge()
            .lines()
            .filter_map(|line| line.strip_prefix("#SBATCH --time="))
            .map(str::to_owned)
            .collect();
        assert_eq!(times, ["60", "3:00:00"]);
        assert!(!scripts.merge().contains("--exclusive") && !scripts.array().contains("3:00:00"));
    }

    #[test]
    fn the_merge_runs_what_the_site_sets_up_too() {
        let options = Options { setup: vec!["module load hdf5".to_owned()], ..Options::default() };
        let script = scripts(options).merge();
        assert!(script.contains("\nmodule load hdf5\n"), "{script}");
        assert!(
            script.ends_with("exec /opt/layerchain/bin/runner merge results/depth.shards --out results/depth\n"),
            "{script}"
        );
    }
}
