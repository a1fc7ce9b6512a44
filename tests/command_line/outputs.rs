//! The files that commands are asked to write: one for each, none of them one that is read, and no picture of somebody's replaced.

use std::fs;

use crate::support::{Bench, failure, text};

const ONE: &str =
    "name = \"one\"\n[data]\nset = \"drawn\"\n[model]\nhidden = [3]\n[train]\nlearning_rate = 0.1\niterations = 2\n";

#[test]
fn a_command_writes_neither_to_what_it_reads_nor_twice_to_one_file() {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    assert!(bench.run(&["train", "one.toml", "--out", "m.h5"]).status.success());
    std::os::unix::fs::symlink("m.h5", bench.path("link.h5")).unwrap();
    assert!(bench.run(&["sweep", "one.toml"]).status.success());
    let files = ["one.toml", "m.h5", "data/train_drawn.h5", "results/one/results.db", "results/one/trials.csv"];
    let contents = || files.map(|name| fs::read(bench.path(name)).unwrap());
    let before = contents();
    let (reads, twice, results) = ("this command reads that file", "named twice", "a file of a sweep's results");
    for (arguments, problem) in [
        (&["train", "one.toml", "--out", "x", "--history", "./x"][..], twice),
        (&["train", "one.toml", "--out", "new/x", "--history", "new/./x"], twice),
        (&["train", "one.toml", "--out", "one.toml", "--force"], reads),
        (&["train", "one.toml", "--out", "data/train_drawn.h5", "--force"], reads),
        (&["train", "one.toml", "--out", "x", "--history", "data/../one.toml", "--force"], reads),
        (&["export", "m.h5", "--onnx", "x", "--npz", "x"], twice),
        (&["export", "m.h5", "--onnx", "m.h5", "--force"], reads),
        (&["export", "link.h5", "--onnx", "m.h5", "--force"], reads),
        (&["export", "link.h5", "--onnx", "link.h5", "--force"], reads),
        (&["trace", "one.toml", "--html", "one.toml", "--force"], reads),
        (&["trace", "one.toml", "--html", "x", "--hdf5", "x"], twice),
        (&["trace", "one.toml", "--hdf5", "data/train_drawn.h5", "--force"], reads),
        (&["train", "one.toml", "--out", "x", "--history", "x.ckpt"], reads),
        (&["train", "results/one", "--best", "--out", "results/one/results.db", "--force"], results),
        (&["train", "one.toml", "--out", "x", "--history", "results/./one/trials.csv", "--force"], results),
        (&["export", "m.h5", "--npz", "results/one/results.db", "--force"], results),
    ] {
        let (code, line) = failure(&bench.run(arguments));
        assert!(code == Some(2) && line.contains(problem), "{arguments:?}: {line}");
    }
    assert_eq!(contents(), before);
    assert!(!bench.path("x").exists() && !bench.path("new").exists());
    // The same name in two folders that are not there yet is two files.
    let apart = bench.run(&["train", "one.toml", "--out", "a/x", "--history", "b/x"]);
    assert!(apart.status.success(), "{}", text(&apart.stderr));
}

#[test]
fn only_a_regular_file_is_replaced_and_nothing_is_done_before_that_is_known() {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    bench.write("t.csv", "1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
    assert!(bench.run(&["train", "one.toml", "--out", "m.h5"]).status.success());
    assert!(bench.run(&["sweep", "one.toml"]).status.success());
    let made = bench.shell(
        "mkfifo pipe; ln -s /dev/null device; ln -s nowhere dangling; ln -s m.h5 good; ln -s \"$PWD/pipe\" to_pipe
        mkdir -p results/bench imports; ln -s nowhere results/bench/b.json; ln -s nowhere imports/test_t.h5",
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    let is_unlike_a_file = |path: &str| fs::symlink_metadata(bench.path(path)).is_ok_and(|found| !found.is_file());
    let (pipe, link) = ("a pipe or a device", "a link to nothing");
    for (arguments, found) in [
        (&["train", "one.toml", "--force", "--out", "pipe"][..], pipe),
        (&["train", "one.toml", "--force", "--out", "device"], pipe),
        (&["train", "one.toml", "--force", "--out", "to_pipe"], pipe),
        (&["train", "one.toml", "--out", "dangling"], link),
        (&["train", "one.toml", "--force", "--out", "m.h5", "--history", "/dev/null"], pipe),
        (&["export", "m.h5", "--force", "--onnx", "dangling"], link),
        (&["trace", "one.toml", "--force", "--html", "device"], pipe),
        (&["report", "results/one", "-o", "dangling"], link),
        (&["data", "inspect", "data/test_drawn.h5", "--sheet", "pipe"], pipe),
        (&["data", "inspect", "data/test_drawn.h5", "--sheet", "device"], pipe),
        (&["evaluate", "m.h5", "--sheet", "dangling"], link),
        (&["data", "import", "t.csv", "--test-share", "0.5", "--out", "imports"], link),
        (&["data", "import", "t.csv", "--test-share", "0.5", "--out", "imports", "--force"], link),
        (&["bench", "--shape", "8", "--save", "b"], link),
        (&["bench", "--shape", "8", "--save", "b", "--force"], link),
    ] {
        let output = bench.run(arguments);
        let (code, line) = failure(&output);
        assert!(code == Some(2) && line.contains(&format!("this is {found}")), "{arguments:?}: {line}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
    }
    let kept = ["pipe", "device", "to_pipe", "dangling", "results/bench/b.json", "imports/test_t.h5"];
    assert!(kept.into_iter().all(is_unlike_a_file), "{kept:?}");

    // The file on which stdout is, by a link as /dev/stdout.
    let stdout = bench.shell("ln -s /proc/self/fd/1 stdout; exec $RUNNER export m.h5 --force --npz stdout > kept");
    let (code, line) = failure(&stdout);
    assert!(code == Some(2) && line.contains("a link to what a process has open"), "{line}");
    assert!(is_unlike_a_file("stdout") && bench.read("kept").is_empty());
    // A link to a file is a file, which --force replaces by one of its own.
    bench.succeeds(&["train", "one.toml", "--out", "good", "--force"]);
    assert!(!is_unlike_a_file("good"));
}

#[test]
fn a_history_that_finds_no_room_leaves_the_model_that_was_trained() {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    let keys = "train.iterations=4000 train.record_every=1";
    let run = bench.shell(&format!("ulimit -f 60; exec $RUNNER train one.toml {keys} --out m.h5 --history h.csv"));
    let said = text(&run.stderr);
    assert!(run.status.code() == Some(1) && said.contains("h.csv"), "{said}");
    assert_eq!(text(&run.stdout), "m.h5\n");
    assert!(bench.run(&["evaluate", "m.h5"]).status.success() && !bench.path("h.csv").exists());
}

#[test]
fn a_sheet_of_mistakes_replaces_a_sheet_only_and_is_not_needed_without_mistakes() {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    assert!(bench.run(&["train", "one.toml", "--out", "bad.h5"]).status.success());
    let sheet = ["evaluate", "bad.h5", "--sheet", "mistakes.png"];
    for _ in 0..2 {
        assert!(bench.run(&sheet).status.success());
    }
    // A picture that the user drew: the sheet without its mark.
    let marked = fs::read(bench.path("mistakes.png")).unwrap();
    let mark = marked.windows(4).position(|bytes| bytes == b"tEXt").expect("a mark") - 4;
    let length = 12 + u32::from_be_bytes(marked[mark..mark + 4].try_into().unwrap()) as usize;
    let drawn = [&marked[..mark], &marked[mark + length..]].concat();
    fs::write(bench.path("mistakes.png"), &drawn).unwrap();
    let (code, line) = failure(&bench.run(&sheet));
    assert!(code == Some(2) && line.contains("no contact sheet"), "{line}");
    assert_eq!(fs::read(bench.path("mistakes.png")).unwrap(), drawn);

    // The numbers of an evaluation are there, even if its pictures find no room.
    fs::remove_file(bench.path("mistakes.png")).unwrap();
    let full = bench.shell("ulimit -f 0; exec $RUNNER evaluate bad.h5 --sheet mistakes.png | cat");
    assert!(text(&full.stdout).contains("accuracy ") && text(&full.stderr).contains("mistakes.png"), "{full:?}");
    assert!(!bench.path("mistakes.png").exists());
    let missing = bench.run(&["evaluate", "bad.h5", "--sheet", "none/mistakes.png"]);
    assert!(failure(&missing).1.contains("none/mistakes.png") && missing.stdout.is_empty(), "{missing:?}");

    let keys = ["model.hidden=[]", "data.scale=standardize", "train.learning_rate=0.05", "train.iterations=800"];
    assert!(bench.run(&[&["train", "one.toml", "--out", "good.h5"][..], &keys].concat()).status.success());
    let (stdout, stderr) = bench.succeeds(&["evaluate", "good.h5", "--part", "train", "--sheet", "none.png"]);
    assert!(stdout.contains("accuracy 1.000000"), "{stdout}");
    assert!(stderr.contains("no picture of train_set_x is in a wrong class, so none.png is not written"), "{stderr}");
    assert!(!bench.path("none.png").exists());
}

#[test]
fn a_budget_that_no_net_fits_is_an_error() {
    let bench = Bench::new().with_own_core();
    bench.write("one.toml", &ONE.replace("hidden = [3]", "depth = 2\nparameters = 100"));
    for command in ["sweep", "train", "gradcheck", "trace"] {
        let (code, line) = failure(&bench.run(&[command, "one.toml"]));
        assert!(code == Some(2) && line.contains("model.parameters") && line.contains("100 are too few"), "{line}");
    }
}

#[test]
fn a_folder_whose_name_is_not_utf_8_is_as_good_as_any() {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    let script = r#"set -e
        odd=$'odd\xff'
        mkdir "$odd" && mv data one.toml "$odd" && cd "$odd"
        $RUNNER train one.toml data.train=data/train_drawn.h5 --out "$OLDPWD/one.h5"
        cd .. && ln -s "$odd/data" data
        $RUNNER sweep "$odd/one.toml" --out "results/$odd"
        $RUNNER train "results/$odd" --best --out two.h5
        $RUNNER compare "results/$odd" "results/$odd" --json"#;
    let run = bench.shell(script);
    assert!(run.status.success(), "{}", text(&run.stderr));
}

#[test]
fn a_path_that_hdf5_or_slurm_would_not_take_is_refused_before_any_work() {
    let bench = Bench::new();
    bench.write("one.toml", ONE);
    bench.write("t.csv", "1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
    assert!(bench.run(&["train", "one.toml", "--out", "m.h5"]).status.success());
    let odd = |script: &str| failure(&bench.shell(&format!("odd=$'odd\\xff'; {script}")));
    assert!(bench.shell("odd=$'odd\\xff'; mkdir $odd && cp m.h5 one.toml $odd && cp -r data $odd").status.success());
    let (hdf5, slurm) = ("this path is not UTF-8, and HDF5 opens no other", "not UTF-8, as the scripts for Slurm are");
    let hidden = "this path has a line end, a tab or a hidden character, which";
    for (script, problem) in [
        ("$RUNNER train one.toml --out $odd/new.h5", hdf5),
        ("cd $odd && $RUNNER train one.toml", hdf5),
        ("$RUNNER trace one.toml --hdf5 $odd/new.h5", hdf5),
        ("$RUNNER data generate --out $odd", hdf5),
        ("$RUNNER data import t.csv --test-share 0.5 --out $odd", hdf5),
        ("$RUNNER evaluate $odd/m.h5", hdf5),
        ("$RUNNER evaluate m.h5 $odd/data/test_drawn.h5", hdf5),
        ("$RUNNER predict m.h5 $odd/data/test_drawn.h5", hdf5),
        ("$RUNNER data inspect $odd/data/test_drawn.h5", hdf5),
        ("$RUNNER submit one.toml --dry-run --out $odd/one", slurm),
        ("cd $odd && $RUNNER submit one.toml --dry-run", slurm),
        ("$RUNNER submit one.toml --dry-run --out $'two\\nlines'", hidden),
        ("mkdir $'two\\nlines' && cd $'two\\nlines' && $RUNNER submit ../one.toml --dry-run", hidden),
        ("$RUNNER submit one.toml --dry-run --out $'a\\tb'", hidden),
        ("$RUNNER submit one.toml --dry-run --out $'a\\xe2\\x80\\xaeb'", hidden),
        ("mkdir $'a\\eb' && cd $'a\\eb' && $RUNNER submit ../one.toml --dry-run", hidden),
    ] {
        let (code, line) = odd(script);
        assert!(code == Some(2) && line.contains(problem), "{script}: {line}");
    }
    assert!(!bench.path("results").exists());
    let named = bench.shell("odd=$'odd\\xff'; $RUNNER evaluate m.h5 $odd/one.toml");
    assert!(named.status.success(), "{}", text(&named.stderr));
}
