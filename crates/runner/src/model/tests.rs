//! Models to files and back.
