"""Dagster's own daemon as it runs in production, end to end."""
