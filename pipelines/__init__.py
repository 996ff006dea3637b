"""The top floor: when hours are asked for, and in which order.

Here live Dagster's definitions, the planner, and the command line. What is done with an hour lies in `assets`.
"""
