"""From an hour's raw revisions to one Parquet file of messages, and one of the lines that could not be read.

Plain Python over local files. Fetching raw revisions, publishing what is made here and everything about Dagster lie
outside. Start reading at `convert.py`.
"""
