"""A closed day of messages as one well laid out object.

When a day is closed, and which hours go in, is decided here too; what a line becomes is `assets/conversion`.
"""
