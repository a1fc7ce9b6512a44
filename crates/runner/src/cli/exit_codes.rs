//! The exit codes of the program: the text that `runner --help` prints, and docs/command-line.md repeats.

/// The exit codes with their meanings, a line each.
pub(super) const EXIT_CODES: &str = "Exit codes:
  0    done; a sweep with diverged trials is done too, their status says so
  1    a trial failed, the net of `runner train` diverged, a gradient or a published result is not met, `runner verify` found a difference, `runner merge` or `runner status` misses trials, no trial fits `runner show --where`, or the disk or stdout takes no more
  2    the command line, an experiment, a data file or a record is wrong or lacks what was asked for; said before any work
  3    the BLAS is refused or computes wrongly, or a trial that is trained again has another history
  4    something takes longer than in the record of `runner bench --against`
  130  interrupted, or the time budget of a sweep is over; the same command goes on";
