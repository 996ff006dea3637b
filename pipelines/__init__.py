"""The top floor: when hours are asked for, and in which order.

Here live Dagster's definitions, the planner, the watch, the command line, queries and the demo. What is done with an
hour lies in `assets`.
"""
