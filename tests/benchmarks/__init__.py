"""How fast the conversion is, against the floor and against what an engineer would use instead. `make bench` runs it.

Each contender in `contenders/` turns the same gzip files into Parquet, in a fresh process that is measured from
outside (`measure.py`). Each module in `questions/` asks one question and answers it with a table; `report.py` puts the
tables together as `docs/performance.md`. Nothing here is part of the product.
"""
