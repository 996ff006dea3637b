"""Hours, their states and their life, as pure functions. No I/O, no clock of its own, no Dagster."""
