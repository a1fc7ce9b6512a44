"""The parts of scripts/faults/files."""
