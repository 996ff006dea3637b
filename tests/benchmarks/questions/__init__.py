"""The questions that the benchmarks answer, one module each: `ask(bench)` measures and returns an `Answer`.

The words around the tables are in `report.py`, so that the document is in one hand.
"""
