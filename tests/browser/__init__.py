"""The operator's pages in a real browser: what Dagster shows of an archive, and what a click does to it."""
