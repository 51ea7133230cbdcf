"""A project with a laboratory: measurements come in rounds, and batches worth measuring next go out."""
