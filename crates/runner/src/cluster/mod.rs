//! A sweep on a cluster: the scripts of its jobs, Slurm's commands, what was submitted, and the defaults of a site.

mod overriding;
pub mod script;
pub mod site;
pub mod slurm;
pub mod submission;
