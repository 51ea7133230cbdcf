"""Training: the loop, its schedules, its checkpoints, and what is measured on the way."""
