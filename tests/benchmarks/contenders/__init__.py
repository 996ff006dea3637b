"""What turns an hour's gzip file of JSON lines into one Parquet file: this project, and what stands in for it.

Each module has `convert(inputs, output_folder, **options)`: one Parquet file for each input, directly in the folder,
with the columns of the messages table as far as its engine can. It may return figures of its own. Each is written as
somebody who knows that engine well would write it. A module imports its engine at the top, so it is itself imported
only when it is asked for; see `run_one.py`.

What none of the engines does, and this project has to: quarantine lines that are no messages, keep unknown fields in
`extra`, tell duplicates from conflicts, keep the text of `ext` to the letter. That is what the comparison is about.
"""
