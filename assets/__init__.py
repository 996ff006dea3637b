"""The middle floor: what is made.

Here live capturing an hour's raw history, converting it to messages, closed days, coverage, verifying, and the Dagster
assets of all that. When and in which order they run is decided on the floor above, in `pipelines`.
"""
