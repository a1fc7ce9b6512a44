//! HDF5 files that crash or hang libhdf5, and randomly damaged ones: each is one line, and never crashes the runner.
//! `scripts/faults/mutants` is the long form.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ndarray::Array;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{Bench, failure, text};

/// An experiment with one net of one layer on the drawn pictures.
const EXPERIMENT: &str = "
    name = 'hostile'
    data.train = 'data/train_drawn.h5'
    data.test = 'data/test_drawn.h5'
    model.hidden = [2]
    train.iterations = 2
    train.learning_rate = 0.1
";

impl Bench {
    fn trained() -> Self {
        let bench = Bench::new();
        bench.write("hostile.toml", EXPERIMENT);
        let trained = bench.run(&["train", "hostile.toml", "--out", "model.h5"]);
        assert!(trained.status.success(), "{}", text(&trained.stderr));
        bench
    }

    fn said(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        match output.status.code() {
            Some(0) => (Some(0), String::new()),
            _ => failure(&output),
        }
    }

    /// Checks that `data inspect` ends by itself; its report lists the problems of a file.
    fn assert_inspected(&self, what: &str) {
        let output = self.run(&["data", "inspect", "data.h5"]);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{what}: {:?}", output.status);
        assert!(!text(&output.stderr).contains("panicked"), "{what}: {}", text(&output.stderr));
    }
}

fn crashing(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashing").join(name)
}

fn find(content: &[u8], wanted: &[u8]) -> usize {
    content.windows(wanted.len()).position(|bytes| bytes == wanted).expect("in the file")
}

/// Writes pictures in compressed chunks, and their labels.
fn write_chunked(path: &Path, newest_format: bool) {
    let mut options = hdf5::File::with_options();
    let file =
        options.with_fapl(|access| if newest_format { access.libver_latest() } else { access.libver_earliest() });
    let file = file.create(path).unwrap();
    for part in ["train", "test"] {
        let pictures = Array::from_shape_fn((12, 8, 8, 3), |(m, h, w, c)| (m * 31 + h * 7 + w * 3 + c) as u8);
        let labels = Array::from_shape_fn(12, |example| (example % 2) as i64);
        let x = file.new_dataset_builder().with_data(&pictures).chunk((5, 8, 8, 3)).deflate(4);
        x.create(format!("{part}_set_x").as_str()).unwrap();
        file.new_dataset_builder().with_data(&labels).create(format!("{part}_set_y").as_str()).unwrap();
    }
    file.close().unwrap();
}

/// Computes Jenkins's lookup3, HDF5's checksum of a block of metadata.
fn checksum(block: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(block.len() as u32);
    let [mut a, mut b, mut c] = [start; 3];
    let count = block.len().div_ceil(12);
    for (index, chunk) in block.chunks(12).enumerate() {
        let mut words = [0; 12];
        words[..chunk.len()].copy_from_slice(chunk);
        let word = |at: usize| u32::from_le_bytes(words[at..at + 4].try_into().unwrap());
        (a, b, c) = (a.wrapping_add(word(0)), b.wrapping_add(word(4)), c.wrapping_add(word(8)));
        if index + 1 < count {
            for by in [[4, 6, 8], [16, 19, 4]] {
                (a, c) = (a.wrapping_sub(c) ^ c.rotate_left(by[0]), c.wrapping_add(b));
                (b, a) = (b.wrapping_sub(a) ^ a.rotate_left(by[1]), a.wrapping_add(c));
                (c, b) = (c.wrapping_sub(b) ^ b.rotate_left(by[2]), b.wrapping_add(a));
            }
        }
    }
    for (first, second, third) in [(14, 11, 25), (16, 4, 14)] {
        c = (c ^ b).wrapping_sub(b.rotate_left(first));
        a = (a ^ c).wrapping_sub(c.rotate_left(second));
        b = (b ^ a).wrapping_sub(a.rotate_left(third));
    }
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

/// Finds the blocks of metadata that a checksum follows.
fn blocks(content: &[u8]) -> Vec<(usize, usize)> {
    const SIGNATURES: [&[u8]; 7] = [b"\x89HDF", b"OHDR", b"OCHK", b"BTHD", b"FRHP", b"FAHD", b"FADB"];
    let starts =
        (0..content.len()).filter(|&at| SIGNATURES.iter().any(|signature| content[at..].starts_with(signature)));
    let follows = |start: usize, end: usize| content[end..end + 4] == checksum(&content[start..end]).to_le_bytes();
    let ends = |start: usize| (start + 8..=content.len() - 4).find(|&end| follows(start, end)).map(|end| (start, end));
    starts.filter_map(ends).collect()
}

/// Makes a copy with a few changed bytes and right checksums, or without its end.
fn mutant(content: &[u8], blocks: &[(usize, usize)], random: &mut impl Rng) -> Vec<u8> {
    let mut mutant = content.to_vec();
    let at = random.random_range(0..content.len());
    match random.random_range(0..20) {
        0 => mutant.truncate(at),
        1..=3 => (0..4).for_each(|_| mutant[random.random_range(0..content.len())] = random.random()),
        4..=6 => mutant[at..].iter_mut().take(8).for_each(|byte| *byte = 255),
        7..=12 => mutant[at] ^= 1 << random.random_range(0..8),
        _ => mutant[at] = [0, 1, 127, 128, 255][random.random_range(0..5)],
    }
    let length = mutant.len();
    for &(start, end) in blocks.iter().filter(|&&(_, end)| end + 4 <= length) {
        let right = checksum(&mutant[start..end]).to_le_bytes();
        mutant[end..end + 4].copy_from_slice(&right);
    }
    mutant
}

#[test]
fn data_that_crash_or_hang_libhdf5_are_refused_by_name() {
    let bench = Bench::trained();
    for name in ["fixed_array_shorter_than_its_dataset.h5", "extensible_array_without_an_end.h5"] {
        fs::copy(crashing(name), bench.path("data.h5")).unwrap();
        for arguments in [
            &["data", "inspect", "data.h5"][..],
            &["sweep", "hostile.toml", "--dry-run", "data.train=data.h5", "data.test=data.h5"],
        ] {
            let (code, line) = failure(&bench.run(arguments));
            assert_eq!(code, Some(2), "{name}: {line}");
            // The system's library may refuse the file by itself.
            assert!(line.contains("data.h5: "), "{name}: {line}");
        }
    }
}

#[test]
fn a_model_that_crashes_libhdf5_is_refused_by_name() {
    let bench = Bench::trained();
    fs::copy(crashing("model_attribute_in_a_heap.h5"), bench.path("crash.h5")).unwrap();
    for command in ["predict", "evaluate"] {
        let (code, line) = failure(&bench.run(&[command, "crash.h5", "data/test_drawn.h5"]));
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains("crash.h5: "), "{line}");
    }
}

#[test]
fn the_trial_of_a_reading_has_bounds_and_its_end_is_told() {
    let bench = Bench::trained();
    fs::copy(crashing("extensible_array_without_an_end.h5"), bench.path("data.h5")).unwrap();
    let line = failure(&bench.run(&["data", "inspect", "data.h5"])).1;
    if cfg!(feature = "static-hdf5") {
        assert!(line.contains("no end in sight"), "{line}");
    }
    // Called by hand on a sound file, the rehearsal says nothing.
    write_chunked(&bench.path("data.h5"), true);
    assert_eq!(bench.run(&["data", "inspect", "data.h5"]).status.code(), Some(0));
}

#[test]
fn a_chunk_without_a_side_and_a_link_without_a_name_are_refused() {
    let bench = Bench::trained();
    write_chunked(&bench.path("data.h5"), false);
    let whole = fs::read(bench.path("data.h5")).unwrap();
    // The sides of a chunk, followed by the bytes of an element: Debian 12's libhdf5 divides by the first side.
    let sides: Vec<u8> = [5u32, 8, 8, 3, 1].into_iter().flat_map(u32::to_le_bytes).collect();
    let at = find(&whole, &sides);
    let without_side = [&whole[..at], &[0; 4], &whole[at + 4..]].concat();
    // The offset of the name of the first link: Debian 12's libhdf5 reads it beyond its memory.
    let at = find(&whole, b"SNOD") + 8;
    let without_name = [&whole[..at], &[255; 8], &whole[at + 8..]].concat();
    for content in [without_side, without_name] {
        fs::write(bench.path("data.h5"), content).unwrap();
        bench.assert_inspected("a chunk or a link");
        let both = ["sweep", "hostile.toml", "--dry-run", "data.train=data.h5", "data.test=data.h5"];
        let (code, line) = failure(&bench.run(&both));
        assert_eq!(code, Some(2), "{line}");
    }
}

#[test]
fn an_attribute_of_an_unknown_character_set_does_not_end_the_search_for_others() {
    let bench = Bench::new();
    let file = hdf5::File::with_options().with_fapl(|access| access.libver_v18()).create(bench.path("odd.h5")).unwrap();
    file.new_attr::<u8>().create("odd").unwrap();
    file.close().unwrap();
    let mut content = fs::read(bench.path("odd.h5")).unwrap();
    let blocks = blocks(&content);
    // To list the attributes, the binding would look the set's name up in a table of sixteen.
    let set = find(&content, b"odd\0") - 1;
    content[set] = 200;
    for (start, end) in blocks {
        let right = checksum(&content[start..end]).to_le_bytes();
        content[end..end + 4].copy_from_slice(&right);
    }
    fs::write(bench.path("odd.h5"), content).unwrap();
    let (code, line) = failure(&bench.run(&["predict", "odd.h5", "data/test_drawn.h5"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("`format` of the file: not in the file"), "{line}");
}

#[test]
fn damaged_files_are_read_or_refused_in_one_line() {
    const OF_EACH: usize = 60;
    let bench = Bench::trained();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for newest_format in [false, true] {
        write_chunked(&bench.path("data.h5"), newest_format);
        let whole = fs::read(bench.path("data.h5")).unwrap();
        let blocks = blocks(&whole);
        assert_eq!(blocks.is_empty(), !newest_format, "only the newest format has checksums");
        for number in 0..OF_EACH {
            fs::write(bench.path("data.h5"), mutant(&whole, &blocks, &mut random)).unwrap();
            bench.assert_inspected(&format!("mutant {number}, newest format: {newest_format}"));
        }
    }
    let whole = fs::read(bench.path("model.h5")).unwrap();
    for number in 0..OF_EACH {
        fs::write(bench.path("mutant.h5"), mutant(&whole, &[], &mut random)).unwrap();
        let (code, line) = bench.said(&["predict", "mutant.h5", "data/test_drawn.h5"]);
        assert!(matches!(code, Some(0 | 2)), "mutant {number}: {code:?} {line}");
    }
}

#[test]
fn axes_of_too_many_points_are_refused_before_their_values_are_made() {
    let bench = Bench::new();
    bench.write("hostile.toml", EXPERIMENT);
    // The values of the second axis are wrong too, but that is found only once they are made.
    let (code, line) = failure(&bench.run(&[
        "sweep",
        "hostile.toml",
        "sweep.seed={from = 1, to = 1000000, count = 1000000}",
        "sweep.train.learning_rate={from = -2, to = -1, count = 1000000}",
    ]));
    assert_eq!(code, Some(2));
    assert!(line.contains("1000000 x 1000000 points are more than 1000000"), "{line}");
}

#[test]
fn a_pipe_is_refused_as_an_experiment_and_does_not_wait_for_its_writer() {
    let bench = Bench::new();
    assert!(Command::new("mkfifo").arg(bench.path("pipe.toml")).status().unwrap().success());
    for (path, found) in
        [("pipe.toml", "a pipe or a device"), ("/dev/zero", "a pipe or a device"), ("data", "a folder")]
    {
        let (code, line) = failure(&bench.run(&["sweep", path, "--dry-run"]));
        assert_eq!(code, Some(2));
        assert!(line.contains(path) && line.contains(found), "{line}");
    }
}

#[test]
fn what_steers_a_terminal_is_shown_in_messages_and_tables() {
    let bench = Bench::trained();
    let (_, line) = failure(&bench.run(&["predict", "model.h5", "\u{1b}[31mnone\u{202e}.png"]));
    assert!(line.contains("\\u001b[31mnone\\u202e.png"), "{line}");
    fs::copy(bench.path("data/test_drawn.h5"), bench.path("\u{1b}[2Jtest.h5")).unwrap();
    let table = bench.run(&["predict", "model.h5", "\u{1b}[2Jtest.h5"]);
    let inspected = bench.run(&["data", "inspect", "\u{1b}[2Jtest.h5"]);
    for output in [table, inspected] {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let page = text(&output.stdout);
        assert!(page.contains("\\u001b[2Jtest.h5") && !page.contains('\u{1b}'), "{page}");
    }
}

/// The limits of the process that reads first are no wider than those of the shell, which it may not exceed.
#[test]
fn data_are_read_under_the_limits_of_the_shell() {
    let bench = Bench::trained();
    let large = ["data", "generate", "--train", "900", "--test", "100", "--side", "16", "--out", "large"];
    bench.succeeds(&large);
    let files = "data.train=large/train_drawn.h5 data.test=large/test_drawn.h5";
    for limit in ["-v 3000000", "-t 60"] {
        let sweep = format!("ulimit {limit}; $RUNNER sweep hostile.toml --dry-run {files}");
        let run = bench.shell(&sweep);
        assert!(run.status.success(), "ulimit {limit}: {}", text(&run.stderr));
    }
}
