//! Files for the targets, in memory where the system has a file system there.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use datasets::TargetsChoice;
use datasets::import::{Categorical, Format, Missing, Request, import};

/// A folder of this process's own.
pub fn folder() -> PathBuf {
    thread_local!(static FOLDER: OnceCell<PathBuf> = const { OnceCell::new() });
    FOLDER.with(|folder| {
        let make = || {
            let memory = Path::new("/dev/shm");
            let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
            let folder = above.join(format!("layerchain-fuzz-{}", std::process::id()));
            fs::create_dir_all(&folder).expect("a folder");
            folder
        };
        folder.get_or_init(make).clone()
    })
}

/// Puts `content` into a file.
pub fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, content).expect("a file");
    path
}

/// Imports files of a format as a person would; what comes of it doesn't matter.
pub fn import_all(format: Format, train: Vec<PathBuf>, change: impl FnOnce(&mut Request)) {
    let mut request = Request {
        train,
        test: Vec::new(),
        format: Some(format),
        test_share: Some(0.5),
        seed: 1,
        folder: folder().join("imported"),
        name: Some("fuzzed".to_owned()),
        force: true,
        label: None,
        targets: Vec::new(),
        target_kind: TargetsChoice::Auto,
        ignored: Vec::new(),
        missing: Missing::Refuse,
        categorical: Categorical::Refuse,
        features: None,
        header: None,
        delimiter: None,
        size: None,
        grey: false,
        max_bytes: 1 << 24,
    };
    change(&mut request);
    drop(import(&request, |_| true));
}

/// The input cut in two at the place that its first two bytes name.
pub fn halves(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (place, rest) = input.split_first_chunk::<2>()?;
    Some(rest.split_at(usize::from(u16::from_le_bytes(*place)).min(rest.len())))
}
