"""The middle floor: what is made of an hour.

Here live capturing an hour's raw history, converting it to the messages table, and the two Dagster assets that do so.
When and in which order they run is decided on the floor above, in `pipelines`.
"""
