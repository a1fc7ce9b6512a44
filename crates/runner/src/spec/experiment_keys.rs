//! The keys of an experiment that belong to no trial and to no sweep: its name, its data, and how it is run.

use super::key::{Key, keys};
use super::kind::{FRACTION, Integer, Real, SEED, SHA256, TEXT, Text};
use super::names::Choice;
use datasets::{Names, ScalingChoice, TargetsChoice};

/// The most bytes that the examples may take in memory unless `data.max_bytes` says otherwise: 8 GiB.
pub const DEFAULT_MAX_BYTES: u64 = 8 << 30;

keys! {
    pub KEYS;

    NAME: Text = Key::new("name", super::kind::NAME);
    DESCRIPTION: Text = Key::new("description", TEXT);
    SET: Text = Key::new("data.set", TEXT);
    TRAIN: Text = Key::new("data.train", TEXT);
    TEST: Text = Key::new("data.test", TEXT);
    TEST_SHARE: Real = Key::new("data.test_share", FRACTION).or(|| 0.0);
    TEST_SEED: Integer = Key::new("data.test_seed", SEED).or(|| 1);
    TRAIN_SHA256: Text = Key::new("data.train_sha256", SHA256);
    TEST_SHA256: Text = Key::new("data.test_sha256", SHA256);
    TARGETS: Choice<TargetsChoice> =
        Key::new("data.targets", Choice { all: &TargetsChoice::ALL, name: TargetsChoice::name }).or(TargetsChoice::default);
    TRAIN_X: Text = Key::new("data.train_x", TEXT).or(|| Names::default().train_x);
    TRAIN_Y: Text = Key::new("data.train_y", TEXT).or(|| Names::default().train_y);
    TEST_X: Text = Key::new("data.test_x", TEXT).or(|| Names::default().test_x);
    TEST_Y: Text = Key::new("data.test_y", TEXT).or(|| Names::default().test_y);
    CLASSES: Text = Key::new("data.classes", TEXT).or(|| Names::default().classes);
    MAX_BYTES: Integer = Key::new("data.max_bytes", Integer { least: 1, most: 1 << 50 }).or(|| DEFAULT_MAX_BYTES as usize);
    SCALE: Choice<ScalingChoice> =
        Key::new("data.scale", Choice { all: &ScalingChoice::ALL, name: ScalingChoice::name }).or(ScalingChoice::default);
    VALIDATION: Real = Key::new("data.validation", FRACTION).or(|| 0.0);
    VALIDATION_SEED: Integer = Key::new("data.validation_seed", SEED).or(|| 1);
    JOBS: Integer = Key::new("run.jobs", Integer { least: 1, most: 4096 });
    BLAS: Text = Key::new("run.blas", TEXT);
    THREADS: Integer = Key::new("run.threads", Integer { least: 1, most: 1024 }).or(|| 1);
}
