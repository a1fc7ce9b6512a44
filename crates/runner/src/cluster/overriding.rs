//! The variables of a user's environment that sbatch takes before the options of a script.

/// The short options of sbatch that a variable can say too, with their long names.
const SHORT: [(&str, &str); 13] = [
    ("A", "account"),
    ("C", "constraint"),
    ("G", "gpus"),
    ("J", "job-name"),
    ("O", "overcommit"),
    ("e", "error"),
    ("i", "input"),
    ("k", "no-kill"),
    ("m", "distribution"),
    ("o", "output"),
    ("p", "partition"),
    ("q", "qos"),
    ("t", "time"),
];

/// Lists the variables that say other than `script` what one of its options says, or that would keep sbatch from sending it as one job at
/// once.
pub(super) fn variables_over(script: &str) -> Vec<String> {
    let options = script.lines().filter_map(|line| line.strip_prefix("#SBATCH "));
    let of_options = options.flat_map(variables_of);
    let variables = of_options.chain(["ARRAY_INX", "WAIT"].map(str::to_owned));
    variables.map(|variable| format!("SBATCH_{variable}")).collect()
}

/// Lists the variables, without their beginning, that say the same as an option such as `--mem=2G`, or what it excludes.
fn variables_of(option: &str) -> Vec<String> {
    let name = match option.strip_prefix("--") {
        Some(long) => long.split(['=', ' ']).next().unwrap_or_default(),
        None => {
            let short = option.get(1..2).unwrap_or_default();
            SHORT.iter().find(|(known, _)| *known == short).map_or("", |(_, long)| long)
        }
    };
    let several: &[&str] = match name {
        "mem" | "mem-per-cpu" | "mem-per-gpu" => &["MEM_PER_NODE", "MEM_PER_CPU", "MEM_PER_GPU"],
        // Without an option of its own, stderr goes where stdout goes.
        "output" => &["OUTPUT", "ERROR"],
        "requeue" | "no-requeue" => &["REQUEUE", "NO_REQUEUE"],
        "time" => &["TIMELIMIT"],
        other => return vec![other.replace('-', "_").to_uppercase()],
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
}
