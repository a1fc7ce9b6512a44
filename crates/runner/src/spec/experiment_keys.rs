//! The keys of an experiment that belong to no trial and to no sweep: its name, its data, and how it is run.

use super::checkpoint_every::{CheckpointEvery, CheckpointInterval};
use super::key::{Key, keys};
use super::kind::{FRACTION, Integer, Real, SEED, SHA256, TEXT, Text};
use super::names::OneOf;
use datasets::{DEFAULT_MAX_BYTES, Names, ScalingChoice, TargetsChoice};

keys! {
    pub KEYS;

    /// The experiment's name, which names its results directory.
    NAME: Text = Key::new("name", super::kind::NAME);
    /// The question that the experiment asks.
    DESCRIPTION: Text = Key::new("description", TEXT);
    /// A set that `runner data list` names; or give data.train.
    SET: Text = Key::new("data.set", TEXT);
    /// The HDF5 file with the training examples, as a path from the current directory.
    TRAIN: Text = Key::new("data.train", TEXT);
    /// The HDF5 file with the test examples, which may be that of data.train.
    TEST: Text = Key::new("data.test", TEXT);
    /// The share of the training file's examples that become test examples, where there is no data.test.
    TEST_SHARE: Real = Key::new("data.test_share", FRACTION).or(|| 0.0);
    /// The seed that the test examples are drawn from.
    TEST_SEED: Integer = Key::new("data.test_seed", SEED).or(|| 1);
    /// The SHA-256 that the training file must have; `runner data inspect FILE` prints it.
    TRAIN_SHA256: Text = Key::new("data.train_sha256", SHA256);
    /// The SHA-256 that the test file must have; `runner data inspect FILE` prints it.
    TEST_SHA256: Text = Key::new("data.test_sha256", SHA256);
    /// The meaning of the targets; auto decides by their type and shape.
    TARGETS: OneOf<TargetsChoice> = Key::new("data.targets", OneOf(&TargetsChoice::ALL)).or(TargetsChoice::default);
    /// The dataset of the training examples, as a path from the root of the file.
    TRAIN_X: Text = Key::new("data.train_x", TEXT).or(|| Names::default().train_x);
    /// The dataset of the training targets.
    TRAIN_Y: Text = Key::new("data.train_y", TEXT).or(|| Names::default().train_y);
    /// The dataset of the test examples.
    TEST_X: Text = Key::new("data.test_x", TEXT).or(|| Names::default().test_x);
    /// The dataset of the test targets.
    TEST_Y: Text = Key::new("data.test_y", TEXT).or(|| Names::default().test_y);
    /// The dataset of the names of the classes.
    CLASSES: Text = Key::new("data.classes", TEXT).or(|| Names::default().classes);
    /// The most bytes that the examples of both parts may take in memory, each number counted as 8 bytes.
    MAX_BYTES: Integer = Key::new("data.max_bytes", Integer { least: 1, most: 1 << 50 }).or(|| DEFAULT_MAX_BYTES as usize);
    /// The scaling of the features, fitted on the training examples; auto is divide-255 for bytes, else none.
    SCALE: OneOf<ScalingChoice> = Key::new("data.scale", OneOf(&ScalingChoice::ALL)).or(ScalingChoice::default);
    /// The share of the training examples that is set aside for validation.
    VALIDATION: Real = Key::new("data.validation", FRACTION).or(|| 0.0);
    /// The seed that the validation examples are drawn from.
    VALIDATION_SEED: Integer = Key::new("data.validation_seed", SEED).or(|| 1);
    /// Fleets (groups of nets) that are trained at once; by default as many as the cores that the process may use, divided by run.threads,
    /// and never more.
    JOBS: Integer = Key::new("run.jobs", Integer { least: 1, most: 4096 });
    /// The BLAS that multiplies: auto, bundled, system, mkl, blis, aocl or the path of a library. --blas takes precedence.
    BLAS: Text = Key::new("run.blas", TEXT);
    /// Threads that share each fleet's products and passes: for nets that are few and wide.
    THREADS: Integer = Key::new("run.threads", Integer { least: 1, most: 1024 }).or(|| 1);
    /// The time or the iterations after which a training in progress is written to the disk, so that it can go on from there: seconds, a
    /// text such as "10 min" or "500 iterations", or "never". Ctrl-C, SIGTERM and SIGHUP write it too, but for "never".
    CHECKPOINT_EVERY: CheckpointInterval =
        Key::new("run.checkpoint_every", CheckpointInterval).or(CheckpointEvery::default);
}
