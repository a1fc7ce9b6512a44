//! Submissions to Slurm: dry runs, the defaults of a site, and what is refused or goes wrong half-way.

use super::*;

#[test]
fn a_dry_run_of_submit_prints_the_scripts_and_writes_nothing() {
    let bench = bench();
    let asked = ["--partition=short", "--account=physics", "--qos=low", "--constraint=zen4"];
    let submit = [&["submit", "six.toml", "--dry-run", "--sbatch=--exclusive"], &asked[..]].concat();
    let shown = runner(&bench, &submit);
    let (stdout, stderr) = (text(&shown.stdout), text(&shown.stderr));
    for (option, scripts) in asked.map(|option| (option, 2)).into_iter().chain([("--exclusive", 1)]) {
        // The array's and the merge's; only the array takes further options.
        assert_eq!(stdout.matches(&format!("\n#SBATCH {option}\n")).count(), scripts, "{option}: {stdout}");
    }
    assert!(stdout.contains("# results/six.shards/merge.sh\n"), "{stdout}");
    assert!(stderr.contains("the longest of 1 shard takes "), "a small sweep needs no second shard: {stderr}");
    assert!(stderr.contains("sbatch --parsable --array=0 results/six.shards/array.sh"), "{stderr}");
    assert!(!bench.path("results").exists() && !bench.path("sbatch.log").exists());
}

#[test]
fn the_defaults_of_a_site_are_the_options_of_submit_and_a_mistake_is_one_line() {
    let bench = bench();
    fs::create_dir_all(bench.path("config/layerchain")).unwrap();
    bench.write("config/layerchain/cluster.toml", "partition = 'long'\nshards = 2\ntime = '3h'\nenv = ['A=b c']\n");
    let shown = text(&runner(&bench, &["submit", "six.toml", "--dry-run", "--time", "1h"]).stdout);
    for line in ["#SBATCH --partition=long", "#SBATCH --time=60", "export A='b c'", "# six: 6 trials in 2 shards"] {
        assert!(shown.lines().any(|found| found == line), "{line} in {shown}");
    }
    // The number of shards that was submitted stays.
    bench.write("squeue.txt", "");
    submit(&bench, &["--time", "1h", "--shards", "3"]);
    let said = submit(&bench, &["--time", "1h", "--resume"]);
    assert!(said.contains("3 shards (0-2)"), "{said}");
    bench.write("mine.toml", "cpus = 1\npartion = 'x'\n");
    let wrong =
        prepared(&bench, bench.command()).args(["submit", "six.toml"]).env("LAYERCHAIN_CLUSTER", "mine.toml").output();
    let (code, line) = failure(&wrong.unwrap());
    assert_eq!(code, Some(2));
    assert!(line.contains("mine.toml:2: partion: unknown key (did you mean partition?)"), "{line}");
}

/// Opening a pipe would wait for its writer.
#[test]
fn a_pipe_in_the_place_of_the_sites_or_the_submissions_file_is_refused() {
    let bench = bench();
    let patient = |script: &str| {
        let mut shell = prepared(&bench, Command::new("bash"));
        shell.args(["-c", script]).env("RUNNER", env!("CARGO_BIN_EXE_runner")).current_dir(bench.path(""));
        failure(&shell.output().unwrap())
    };
    let (code, line) =
        patient("mkfifo site.toml; LAYERCHAIN_CLUSTER=site.toml timeout 60 $RUNNER submit six.toml --dry-run");
    assert!(code == Some(2) && line.contains("site.toml: ") && line.contains("a pipe or a device"), "{line}");
    let (code, line) = patient(
        "mkdir -p results/six.shards; mkfifo results/six.shards/submission.json; timeout 60 $RUNNER status results/six.shards",
    );
    assert!(
        code == Some(2) && line.contains("six.shards/submission.json: ") && line.contains("a pipe or a device"),
        "{line}"
    );
}

#[test]
fn what_was_not_submitted_is_named() {
    let bench = bench();
    let (code, line) = failure(&runner(&bench, &["submit", "six.toml", "--resume"]));
    assert_eq!((code, line.contains("nothing was submitted here")), (Some(2), true), "{line}");
    let (code, line) = failure(&runner(&bench, &["status", "results/six"]));
    assert_eq!((code, line.contains("no shards are here")), (Some(2), true), "{line}");
    let (code, line) = failure(&runner(&bench, &["submit", "six.toml", "--cpus", "1", "run.threads=2"]));
    assert_eq!((code, line.contains("fewer than the 2 threads")), (Some(2), true), "{line}");
    command(&bench, "sbatch", "echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1");
    let (code, line) = failure_after_words(&runner(&bench, &["submit", "six.toml", "--shards", "2", "--time", "1h"]));
    assert_eq!((code, line.as_str()), (Some(2), "error: sbatch: Batch job submission failed: Invalid account"));
}

/// The last line of a run that fails after it has said something.
fn failure_after_words(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr).lines().last().unwrap_or_default().to_owned())
}

#[test]
fn an_array_whose_merge_is_refused_is_named_and_the_merge_is_submitted_later() {
    let bench = bench();
    let refuse_merges =
        "case \"$*\" in *merge.sh) echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1;; esac";
    command(&bench, "sbatch", &format!("{refuse_merges}\necho \"$*\" >> sbatch.log; echo 41"));
    let (code, line) = failure_after_words(&runner(&bench, &["submit", "six.toml", "--shards", "2", "--time", "1h"]));
    let expected = "error: Slurm has the jobs 41, but the merge that follows was not submitted: sbatch: \
                    QOSMaxSubmitJobPerUserLimit; --resume submits what is missing";
    assert_eq!((code, line.as_str()), (Some(1), expected));

    bench.write("squeue.txt", "41_0 RUNNING None\n41_1 PENDING Resources\n");
    command(&bench, "sbatch", "echo \"$*\" >> sbatch.log; echo 42");
    let shown = runner(&bench, &["submit", "six.toml", "--time", "1h", "--resume", "--dry-run"]);
    let asked = text(&shown.stderr).lines().filter(|line| line.starts_with("sbatch")).count();
    assert_eq!((shown.status.success(), asked), (true, 1), "{}", text(&shown.stderr));
    let said = submit(&bench, &["--time", "1h", "--resume"]);
    assert!(said.contains("job 42 merges them into results/six"), "{said}");
    let calls = bench.read("sbatch.log");
    assert!(calls.ends_with("\n--parsable --dependency=afterany:41 results/six.shards/merge.sh\n"), "{calls}");
    assert!(submit(&bench, &["--time", "1h", "--resume"]).contains("nothing to submit: Slurm has tasks of 2 shards"));
}

#[test]
fn nothing_is_submitted_again_while_slurm_does_not_say_what_it_has() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "1h"]);
    let resume = ["submit", "six.toml", "--resume", "--time", "1h"];
    command(&bench, "squeue", "echo 'squeue: error: Unable to contact slurm controller' >&2; exit 1");
    for more in [&["--dry-run"][..], &[]] {
        let (code, line) = failure_after_words(&runner(&bench, &[&resume[..], more].concat()));
        let problem =
            "error: squeue: Unable to contact slurm controller: what Slurm still has would be submitted twice";
        assert!(code == Some(2) && line.starts_with(problem), "{line}");
        let remedy = "if no job of 41 is left, move results/six.shards/submission.json away and submit with --shards 2";
        assert!(line.contains(remedy), "{line}");
    }
    assert_eq!(bench.read("sbatch.log").lines().count(), 2);
    // What it advises.
    fs::remove_file(bench.path("results/six.shards/submission.json")).unwrap();
    submit(&bench, &["--shards", "2", "--time", "1h"]);
}

#[test]
fn an_experiment_that_only_has_further_lines_is_another_one_and_the_first_of_them_is_named() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "1h"]);
    let file = "results/six.shards/experiment.toml";
    let submitted = bench.read(file);
    let (before, last) = submitted.trim_end().rsplit_once('\n').unwrap();
    bench.write(file, before);
    let (code, line) = failure(&runner(&bench, &["submit", "six.toml", "--resume", "--time", "1h"]));
    assert!(code == Some(2) && line.contains(&format!("it has \"\", this one {last:?}")), "{line}");
}

#[test]
fn what_a_submission_was_sending_when_it_was_killed_is_named_before_anything_is_sent_again() {
    let bench = bench();
    let sbatch = fs::read_to_string(bench.path("bin/sbatch")).unwrap();
    command(&bench, "sbatch", "kill -KILL $PPID; echo 41");
    let words = ["submit", "six.toml", "--shards", "2", "--time", "1h"];
    assert_eq!(runner(&bench, &words).status.code(), None, "it was killed");
    fs::write(bench.path("bin/sbatch"), sbatch).unwrap();
    let (code, line) = failure_after_words(&runner(&bench, &words));
    let problem = "results/six.shards/sending.txt: an earlier submit sent the array and did not see Slurm's answer; \
                   squeue --me --name=six,six-merge shows whether Slurm has it";
    assert!(code == Some(2) && line.contains(problem), "{line}");
    assert!(!bench.path("sbatch.log").exists());
    let sending = bench.path("results/six.shards/sending.txt");
    fs::remove_file(&sending).unwrap();
    assert!(runner(&bench, &words).status.success());
    assert!(!sending.exists());
}

#[test]
fn a_job_to_which_sbatch_gives_no_answer_is_not_sent_again_by_itself() {
    let lost = "echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1";
    for (sbatch, reason) in [
        ("kill -KILL $$", "signal: 9 (SIGKILL)"),
        (lost, "Batch job submission failed: Socket timed out on send/recv operation"),
        ("exit 0", "it said no job's number"),
    ] {
        let bench = bench();
        let answers = fs::read_to_string(bench.path("bin/sbatch")).unwrap();
        let words = ["submit", "six.toml", "--shards", "2", "--time", "1h"];
        command(&bench, "sbatch", sbatch);
        let (code, line) = failure_after_words(&runner(&bench, &words));
        let sending = "results/six.shards/sending.txt";
        let how =
            "squeue --me --name=six,six-merge shows whether Slurm has it: scancel a job that submission.json lacks";
        let said = format!(
            "error: Slurm may have the array, but did not answer: sbatch: {reason}; {how}, delete {sending}, and submit again"
        );
        assert_eq!((code, line), (Some(1), said));
        fs::write(bench.path("bin/sbatch"), answers).unwrap();
        let (code, line) = failure_after_words(&runner(&bench, &words));
        assert!(code == Some(2) && line.contains(&format!("{sending}: an earlier submit sent the array")), "{line}");
        fs::remove_file(bench.path(sending)).unwrap();
        assert!(runner(&bench, &words).status.success());
    }
}

#[test]
fn what_submit_was_told_goes_before_the_variables_of_sbatch() {
    let bench = bench();
    command(&bench, "sbatch", "env | grep -o '^SBATCH_[^=]*' | sort | xargs >> sbatch.log; echo 41");
    let variables = [
        "ACCOUNT",
        "ARRAY_INX",
        "ERROR",
        "JOB_NAME",
        "MEM_PER_CPU",
        "NO_REQUEUE",
        "OUTPUT",
        "PARTITION",
        "QOS",
        "SIGNAL",
        "TIMELIMIT",
        "WAIT",
    ];
    let submitted = prepared(&bench, bench.command())
        .args(["submit", "six.toml", "--shards", "2", "--time", "1h", "--partition", "short", "--sbatch=-q low"])
        .envs(variables.map(|name| (format!("SBATCH_{name}"), "1")))
        .output()
        .unwrap();
    assert!(submitted.status.success(), "{}", text(&submitted.stderr));
    // A choice that nothing here has made is the user's; the merge, which has no time of warning, is sent after the array.
    assert_eq!(bench.read("sbatch.log"), "SBATCH_ACCOUNT\nSBATCH_ACCOUNT SBATCH_QOS SBATCH_SIGNAL\n");
}

#[test]
fn a_choice_of_the_jobs_that_squeue_shows_hides_no_task() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "1h"]);
    command(&bench, "squeue", "[ \"$SQUEUE_STATES\" ] || echo '41_0 RUNNING None'");
    let words = ["submit", "six.toml", "--time", "1h", "--resume", "--dry-run"];
    let shown = prepared(&bench, bench.command()).args(words).env("SQUEUE_STATES", "PENDING").output().unwrap();
    let said = text(&shown.stderr);
    assert!(said.contains("Slurm has 1 shard not done yet: 0; left alone"), "{said}");
}

#[test]
fn a_job_that_cannot_be_noted_is_named() {
    let bench = bench();
    let last = "results/six.shards/submission.json";
    command(&bench, "sbatch", &format!("mkdir {last}; echo 41"));
    let (code, line) = failure_after_words(&runner(&bench, &["submit", "six.toml", "--shards", "2", "--time", "1h"]));
    assert!(line.starts_with("error: Slurm has the jobs 41, which can't be noted: "), "{line}");
    assert!(line.ends_with("; scancel 41 before you submit again"), "{line}");
    assert_eq!(code, Some(1));
}

#[test]
fn a_sweep_that_halves_is_submitted_again_from_the_rung_that_it_has_come_to() {
    let bench = bench();
    let halving = ["sweep.halving.least=10", "sweep.halving.factor=2"];
    let again = |more: &[&str]| {
        let before = bench.read("sbatch.log").lines().count();
        let said = submit(&bench, &[&halving[..], &["--time", "1h", "--resume"], more].concat());
        let calls = bench.read("sbatch.log").replace("--parsable ", "").replace(" export=unset", "");
        let calls: Vec<String> =
            calls.replace("results/six.shards/", "").lines().skip(before).map(str::to_owned).collect();
        (said, calls)
    };
    submit(&bench, &[&halving[..], &["--time", "1h", "--shards", "2"]].concat());
    bench.write("squeue.txt", "");
    let merge = || {
        let mut merge = prepared(&bench, Command::new("bash"));
        merge.arg("results/six.shards/merge.sh").current_dir(bench.path("")).status().unwrap()
    };
    // The first rung is merged, and one shard has trained the second.
    assert!((0..2).all(|shard| task(&bench, shard).status().unwrap().success()));
    assert!(merge().success());
    assert!(task(&bench, 1).status().unwrap().success());
    let (said, _) = again(&["--dry-run"]);
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("sbatch ")).collect();
    assert!(lines.len() == 4 && lines[0].contains("--array=0 ") && lines[2].contains("--array=0-1 "), "{said}");
    let (_, calls) = again(&[]);
    let expected = [
        "--array=0 array.sh",
        "--dependency=afterany:47 merge.sh",
        "--array=0-1 --dependency=afterany:48 array.sh",
        "--dependency=afterany:49 merge.sh",
    ];
    assert_eq!(calls, expected);
    // The second rung is trained, but not merged.
    assert!(task(&bench, 0).status().unwrap().success());
    bench.write("squeue.txt", "49_0 PENDING Dependency\n49_1 PENDING Dependency\n50 PENDING Dependency\n");
    let (said, calls) = again(&[]);
    assert!(calls.is_empty() && said.contains("nothing to submit: Slurm has tasks of 2 shards"), "{said}");
    bench.write("squeue.txt", "");
    let (_, calls) = again(&[]);
    assert_eq!(
        calls,
        ["merge.sh", "--array=0-1 --dependency=afterany:51 array.sh", "--dependency=afterany:52 merge.sh"]
    );
    assert!(merge().success());
    assert!((0..2).all(|shard| task(&bench, shard).status().unwrap().success()));
    let (said, calls) = again(&[]);
    assert!(said.contains("every trial is in a record") && calls.is_empty(), "{said}");
}

#[test]
fn of_two_submissions_at_once_one_is_refused() {
    let bench = bench();
    let words = ["submit", "six.toml", "--shards", "2", "--time", "1h"];
    command(&bench, "sbatch", "echo 41; touch at-work; for _ in {1..1500}; do [ -e go ] && break; sleep 0.02; done");
    let mut first = prepared(&bench, bench.command());
    let mut first = first.args(words).stderr(std::process::Stdio::null()).spawn().unwrap();
    while !bench.path("at-work").exists() {
        thread::sleep(Duration::from_millis(20));
        assert!(first.try_wait().unwrap().is_none(), "the first one has ended too early");
    }
    let (code, line) = failure_after_words(&runner(&bench, &words));
    bench.write("go", "");
    assert!(first.wait().unwrap().success());
    assert!(code == Some(2) && line.contains("results/six.shards: another runner is at work here"), "{line}");
}

#[test]
fn what_was_submitted_and_cannot_be_read_is_named_with_a_remedy() {
    let bench = bench();
    submit(&bench, &["--shards", "2", "--time", "1h"]);
    let file = "results/six.shards/submission.json";
    bench.write(file, &bench.read(file)[..20]);
    let (code, line) = failure(&runner(&bench, &["submit", "six.toml", "--resume"]));
    assert!(code == Some(2) && line.contains("submission.json: ") && line.contains("move this file away"), "{line}");
    fs::remove_file(bench.path(file)).unwrap();
    submit(&bench, &["--shards", "2", "--time", "1h"]);
}
