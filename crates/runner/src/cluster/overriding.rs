//! The variables of a user's environment that sbatch takes before the options of a script.

/// The short options of sbatch that a variable can say too, with their long names.
const SHORT: [(&str, &str); 17] = [
    ("A", "account"),
    ("C", "constraint"),
    ("G", "gpus"),
    ("J", "job-name"),
    ("M", "clusters"),
    ("O", "overcommit"),
    ("S", "core-spec"),
    ("e", "error"),
    ("i", "input"),
    ("k", "no-kill"),
    ("m", "distribution"),
    ("o", "output"),
    ("p", "partition"),
    ("q", "qos"),
    ("s", "oversubscribe"),
    ("t", "time"),
    ("v", "verbose"),
];

/// Lists the variables that would override an option of `script`, or keep sbatch from sending it as one job at once.
pub(super) fn variables_over(script: &str) -> Vec<String> {
    let options = script.lines().filter_map(|line| line.strip_prefix("#SBATCH "));
    let of_options = options.flat_map(variables_of);
    of_options.chain(["SBATCH_ARRAY_INX", "SBATCH_WAIT"].map(str::to_owned)).collect()
}

/// Lists the variables that say the same as an option such as `--mem=2G`, or what it excludes.
fn variables_of(option: &str) -> Vec<String> {
    let name = match option.strip_prefix("--") {
        Some(long) => long.split(['=', ' ']).next().unwrap_or_default(),
        None => {
            let short = option.get(1..2).unwrap_or_default();
            SHORT.iter().find(|(known, _)| *known == short).map_or("", |(_, long)| long)
        }
    };
    let several: &[&str] = match name {
        "mem" | "mem-per-cpu" | "mem-per-gpu" => &["SBATCH_MEM_PER_NODE", "SBATCH_MEM_PER_CPU", "SBATCH_MEM_PER_GPU"],
        "bb" => &["SBATCH_BURST_BUFFER"],
        "cluster" | "clusters" => &["SBATCH_CLUSTERS", "SLURM_CLUSTERS"],
        "core-spec" | "thread-spec" => &["SBATCH_CORE_SPEC", "SBATCH_THREAD_SPEC"],
        "cpu-freq" => &["SBATCH_CPU_FREQ_REQ"],
        "hint" => &["SBATCH_HINT", "SLURM_HINT"],
        // Without an option of its own, stderr goes where stdout goes.
        "output" => &["SBATCH_OUTPUT", "SBATCH_ERROR"],
        "oversubscribe" => &["SBATCH_EXCLUSIVE"],
        "requeue" | "no-requeue" => &["SBATCH_REQUEUE", "SBATCH_NO_REQUEUE"],
        "switches" => &["SBATCH_REQ_SWITCH", "SBATCH_WAIT4SWITCH"],
        "time" => &["SBATCH_TIMELIMIT"],
        "verbose" => &["SBATCH_DEBUG"],
        other => return vec![format!("SBATCH_{}", other.replace('-', "_").to_uppercase())],
    };
    several.iter().map(|&variable| variable.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_are_those_of_the_options_in_the_script_and_of_no_others() {
        let script = "#!/bin/bash\n#SBATCH --time=11\n#SBATCH --mem=900M\n#SBATCH -p short\n#SBATCH --job-name=six\necho --qos=low\n";
        let found = variables_over(script);
        let expected =
            ["TIMELIMIT", "MEM_PER_NODE", "MEM_PER_CPU", "MEM_PER_GPU", "PARTITION", "JOB_NAME", "ARRAY_INX", "WAIT"];
        assert_eq!(found, expected.map(|variable| format!("SBATCH_{variable}")));
    }

    #[test]
    fn an_option_whose_variable_has_another_name_is_known() {
        for (option, expected) in [
            ("--switches=1@10", &["SBATCH_REQ_SWITCH", "SBATCH_WAIT4SWITCH"][..]),
            ("--cpu-freq=high", &["SBATCH_CPU_FREQ_REQ"]),
            ("--bb=capacity=1G", &["SBATCH_BURST_BUFFER"]),
            ("-S 2", &["SBATCH_CORE_SPEC", "SBATCH_THREAD_SPEC"]),
            ("--thread-spec=2", &["SBATCH_CORE_SPEC", "SBATCH_THREAD_SPEC"]),
            ("-M far", &["SBATCH_CLUSTERS", "SLURM_CLUSTERS"]),
            ("--hint=nomultithread", &["SBATCH_HINT", "SLURM_HINT"]),
            ("-s", &["SBATCH_EXCLUSIVE"]),
            ("-v", &["SBATCH_DEBUG"]),
        ] {
            assert_eq!(variables_of(option), expected, "{option}");
        }
    }
}
