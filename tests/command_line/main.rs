//! The `runner` program as a person uses it.

mod answers; // conditions, orders and columns of a table
mod bad_input; // one clear line, exit code 2, nothing half done
mod bench; // what is timed, kept, compared and refused
mod best; // the best setting, and its best trial trained again
mod blas; // the gemm calls of a product's plan; a wrong BLAS is caught
mod checkpoints; // a training goes on where it was, with the same bytes
mod choice_of_blas; // by name, path and rule; what is refused; what is said
mod claims; // what an experiment says that it shows, judged
mod cluster; // shards on Slurm: scripts, tasks, status, what is sent again
mod commands; // gradcheck, show, check and data
mod comparisons; // two sweeps, pair by pair
mod conditional_keys; // keys that have a meaning at some points only
mod data; // pinned content, what targets are, test examples or none
mod digits; // real data of ten classes
mod docs; // the examples of the documentation, run as printed
mod ends; // signals and limits
mod exclusions; // what is left out and added, and what does nothing
mod export; // models for other programs
mod faults; // a disk that fails, lies or stops
mod forms; // every call that trains was checked in that form; later faults
mod halving; // the rungs of successive halving
mod help; // the help and the manual pages
mod hints; // printed commands, which a shell takes as they are
mod hostile; // files that crash libhdf5; pipes; what steers a terminal
mod import; // other formats, good and bad
mod models; // train, predict, evaluate
mod nets; // the sweep that the tests of answers ask about
mod other_blas; // MKL and BLIS, as a C library plays them
mod outputs; // files that are named twice, read, or somebody's own
mod people; // completions, manual pages, schema, colours, progress, advice
mod published; // the course's numbers on the real images
mod record_file; // moved, removed, read or damaged
mod report; // the page of a sweep: right, closed to texts of others, written over nothing
mod results_folder; // who may write there, what is kept and what is left
mod samples; // points that are drawn
mod shards; // trained apart, joined to the same bytes
mod shared_trials; // points that share a trial, and keys that are no part of one
mod statistics; // over the seeds, in the table of a sweep
mod support;
mod sweep_engines; // chosen, asked for, swept, refused
mod sweep_language; // zips, exclusions, budgets
mod sweeps; // same bytes, workers, memory
mod tags; // tags, notes and former plans
mod trace; // one step laid open
mod training; // optimisers, batches, costs, stopping, metrics
mod verify; // the record proves itself
