//! Signs that other programs use the machine: then times say as much about them as about a library.

use std::fs;

use crate::machine;

/// The load of a core, and the share of stolen time, above which a warning is printed.
const LOAD_A_CORE: f64 = 0.5;
const STOLEN: f64 = 0.02;

/// The system's counters of load, stolen time and throttling at one moment.
pub(crate) struct Counters {
    load: Option<f64>,
    /// The ticks that the hypervisor gave to other machines, and all ticks.
    ticks: Option<(f64, f64)>,
    throttled: Option<f64>,
}

impl Counters {
    /// Reads the counters.
    pub(crate) fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        Counters {
            load: read("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok()),
            ticks: read("/proc/stat").and_then(|text| ticks(&text)),
            throttled: cgroup_statistics().and_then(|text| throttled(&text)),
        }
    }

    /// Returns a warning if other programs are at work before anything is timed.
    pub(crate) fn before(&self) -> Option<String> {
        let cores = machine::cores();
        let load = self.load.filter(|load| *load > LOAD_A_CORE * cores as f64)?;
        Some(format!(
            "this machine is busy (load {load:.1} on {cores} cores): times are longer and vary; shares of the peak vary less"
        ))
    }

    /// Returns warnings of what happened from these counters to those of `now`, after the timing.
    pub(crate) fn after(&self, now: &Counters) -> Vec<String> {
        let stolen = self.ticks.zip(now.ticks).map(|(from, to)| (to.0 - from.0) / (to.1 - from.1).max(1.0));
        let stolen = stolen.filter(|share| *share > STOLEN).map(|share| {
            format!("the hypervisor gave {:.0}% of the time to other machines while this was timed", 100.0 * share)
        });
        let periods = self.throttled.zip(now.throttled).map(|(from, to)| to - from).filter(|periods| *periods > 0.0);
        let throttled = periods.map(|periods| {
            format!("the control group's quota stopped this {periods:.0} times while it was timed: see cpu.max")
        });
        stolen.into_iter().chain(throttled).collect()
    }
}

/// Reads the stolen ticks and all ticks of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. Guests'
/// ticks are included in user.
fn ticks(stat: &str) -> Option<(f64, f64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<f64> = line.split_whitespace().take(8).map_while(|ticks| ticks.parse().ok()).collect();
    Some((*ticks.get(7)?, ticks.iter().sum()))
}

/// Reads from `cpu.stat` how often the quota was used up.
fn throttled(statistics: &str) -> Option<f64> {
    statistics.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.trim().parse().ok())
}

/// Reads `cpu.stat` of this process's control group, of version 1 or 2.
fn cgroup_statistics() -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, group) = (fields.next()?, fields.next()?);
        let below = match controllers {
            "" => "",
            _ if controllers.split(',').any(|controller| controller == "cpu") => "/cpu",
            _ => return None,
        };
        fs::read_to_string(format!("/sys/fs/cgroup{below}{group}/cpu.stat")).ok()
    });
    // In a container, the process's own group is mounted as the root.
    own.or_else(|| ["", "/cpu"].iter().find_map(|v| fs::read_to_string(format!("/sys/fs/cgroup{v}/cpu.stat")).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  317212 0 22899 112779 1214 0 190 178 7 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n";

    fn watch(load: f64, ticks: (f64, f64), throttled: f64) -> Counters {
        Counters { load: Some(load), ticks: Some(ticks), throttled: Some(throttled) }
    }

    #[test]
    fn the_counters_are_read_as_the_kernel_writes_them() {
        assert_eq!(ticks(STAT), Some((178.0, 317_212.0 + 22_899.0 + 112_779.0 + 1214.0 + 190.0 + 178.0)));
        assert_eq!(ticks("cpu 1 2 3"), None);
        assert_eq!(throttled("usage_usec 12\nnr_periods 9\nnr_throttled 4\nthrottled_usec 1\n"), Some(4.0));
        assert!(Counters::read().load.is_some() && Counters::read().ticks.is_some());
    }

    #[test]
    fn a_quiet_machine_is_not_warned_of_and_a_busy_one_is() {
        let quiet = watch(0.1, (0.0, 100.0), 3.0);
        assert_eq!((quiet.before(), quiet.after(&watch(9.0, (1.0, 200.0), 3.0))), (None, vec![]));
        assert!(watch(1000.0, (0.0, 0.0), 0.0).before().unwrap().contains("load 1000.0"));
        let said = quiet.after(&watch(0.1, (10.0, 200.0), 5.0));
        assert!(said[0].contains("gave 10% of the time") && said[1].contains("stopped this 2 times"), "{said:?}");
    }
}
