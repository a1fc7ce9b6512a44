//! The exit codes of the program: the text that `runner --help` prints, and docs/command-line.md repeats.

/// The exit codes with their meanings.
pub(super) const EXIT_CODES: &str = "Exit codes:
  0    done; a sweep with diverged trials is done too, their status says so
  1    a trial failed; the net of `runner train` diverged; `runner
       gradcheck` or `runner trace` found a gradient or a published result
       that differs; `runner verify` found a difference; `runner merge` or
       `runner status` found trials missing or failed; a claim of the
       experiment does not hold; `runner submit` could send only some of
       its jobs; no trial fits `runner show --where`; the record was
       removed or replaced while a sweep wrote to it; the disk is full or
       broken, stdout can't be written, or the memory ran out
  2    the command line, an experiment, a data file or a record is wrong or
       lacks what was asked for, which is said before any work; `runner
       check` found other content in a known data set
  3    the BLAS is refused, computes wrongly or (`runner check`) is far too
       slow; a divergence, or a recorded trial in `runner train`, had
       another result when it was trained again; `runner merge` found two
       results for one trial
  4    something takes longer than `runner bench --against NAME
       --fail-above SHARE` allows
  130  interrupted (`runner sweep`, `train`, `verify`, `data`), or the time
       budget of a sweep is over; the same command goes on";
