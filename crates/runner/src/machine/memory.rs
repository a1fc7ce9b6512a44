//! The memory that this process can still allocate.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the bytes that this process can allocate without swapping, within the limits of its control groups and of its address space;
/// `None` if the system doesn't tell.
pub fn available_bytes() -> Option<f64> {
    let free = field(Path::new("/proc/meminfo"), "MemAvailable:").map(|kib| kib * 1024.0);
    let limit = field(Path::new("/proc/self/limits"), "Max address space"); // the word "unlimited" is no number
    let used = field(Path::new("/proc/self/status"), "VmSize:").map(|kib| kib * 1024.0);
    let below_limit = limit.zip(used).map(|(limit, used)| limit - used);
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let below_groups = left_in_groups(&groups, Path::new("/sys/fs/cgroup"));
    free.into_iter().chain(below_limit).chain(below_groups).min_by(f64::total_cmp)
}

/// Returns the number after `name` at the beginning of a line of a file.
fn field(path: &Path, name: &str) -> Option<f64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

/// The names of a control group's files: the limit, what is used, and the part of it that the kernel can take back at once.
struct Names {
    limit: &'static str,
    used: &'static str,
    cached: &'static str,
}

const FIRST_VERSION: Names =
    Names { limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", cached: "total_inactive_file " };
const SECOND_VERSION: Names = Names { limit: "memory.max", used: "memory.current", cached: "inactive_file " };

/// Returns the bytes left in the fullest of the control groups that `/proc/self/cgroup` lists and the groups around them; `None` if none of
/// them has a limit.
fn left_in_groups(listed: &str, mount: &Path) -> Option<f64> {
    let groups = listed.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        match controllers {
            "" => Some((mount.to_owned(), path, SECOND_VERSION)),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some((mount.join("memory"), path, FIRST_VERSION))
            }
            _ => None,
        }
    });
    let left = groups.flat_map(|(mount, path, names)| {
        // In a container the path may be that outside, and its own group is the mount itself.
        let inner =
            Path::new(path.trim_start_matches('/')).ancestors().map(|path| mount.join(path)).collect::<Vec<PathBuf>>();
        inner.into_iter().filter_map(move |group| left_in(&group, &names))
    });
    left.min_by(f64::total_cmp)
}

/// Returns the bytes left in one group; `None` if it has no limit.
fn left_in(group: &Path, names: &Names) -> Option<f64> {
    let limit = field(&group.join(names.limit), "")?; // the word "max" is no number
    let used = field(&group.join(names.used), "")?;
    let cached = field(&group.join("memory.stat"), names.cached).unwrap_or(0.0);
    Some((limit - used + cached).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(mount: &Path, path: &str, files: &[(&str, &str)]) {
        fs::create_dir_all(mount.join(path)).unwrap();
        files.iter().for_each(|(name, text)| fs::write(mount.join(path).join(name), text).unwrap());
    }

    #[test]
    fn the_fullest_group_around_a_process_counts() {
        let mount = tempfile::tempdir().unwrap();
        let mount = mount.path();
        group(
            mount,
            "job",
            &[("memory.max", "1000\n"), ("memory.current", "300\n"), ("memory.stat", "anon 1\ninactive_file 50\n")],
        );
        group(mount, "job/step", &[("memory.max", "max\n"), ("memory.current", "200\n")]);
        assert_eq!(left_in_groups("0::/job/step\n", mount), Some(750.0));
        group(mount, "job/step/task", &[("memory.max", "250\n"), ("memory.current", "300\n")]);
        assert_eq!(left_in_groups("0::/job/step/task\n", mount), Some(0.0));
        assert_eq!(left_in_groups("0::/elsewhere\n", mount), None);
    }

    #[test]
    fn groups_of_the_first_version_and_the_own_group_of_a_container_count() {
        let mount = tempfile::tempdir().unwrap();
        let mount = mount.path();
        let files = [
            ("memory.limit_in_bytes", "900"),
            ("memory.usage_in_bytes", "100"),
            ("memory.stat", "total_inactive_file 7\n"),
        ];
        group(mount, "memory", &files);
        let listed = "9:name=systemd:/\n4:cpu,cpuacct:/a\n3:memory:/docker/abc\n";
        assert_eq!(left_in_groups(listed, mount), Some(807.0));
        assert_eq!(left_in_groups("4:cpu,cpuacct:/a\n", mount), None);
    }
}
