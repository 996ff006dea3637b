"""The words around the tables. A full run writes them with its tables as `docs/performance.md`; any run prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tests.benchmarks.machine import machine_table, versions_table
from tests.benchmarks.tables import Answer, goals_table


@dataclass(frozen=True, slots=True)
class _Words:
    heading: str
    text: str


_OPENING: Final = """\
# Performance

Written by `make bench` on {date:%Y-%m-%d}, never by hand: the figures below are of one run, medians of {runs}.

What is measured: a gzip file of JSON lines becomes one Parquet file of the
[messages table](data-dictionary.md). The files are generated, seeded, with about 420 bytes a line: 78 % texts in
several languages, 10 % images, the rest voice, video, files, places, commands and custom messages; 30 % of the lines
carry a nested `ext`; 0.5 % of the lines are repeats. The giant hour has {lines:,} lines.
"""

_HOW_TO_READ: Final = """\
## How to read this

- Ratios are worth something, seconds are not: they are this machine's.
- Every contender runs in a fresh process, and contenders take turns, so that a slow minute falls on all of them.
- Time, CPU and memory are measured from outside, imports included, unless a table says otherwise. CPU counts all
  threads and child processes. The peak is the largest process's; the sum counts processes that ran side by side.
- Rows are read from the Parquet files' footers: nobody wins by dropping some.
- Memory and disk caches are warm for everybody: the raw files are read once before.
- The engines do less than this project does. They fail on a line that is no message, or drop it; they drop fields that
  were not declared; they take the first line of a `msg_id`, whether or not another says something else; and they write
  JSON texts anew.
- A goal that is not kept stays in the table.
"""

_WORDS: Final = {
    "day": _Words(
        "A day",
        "24 hours of about 150,000 messages on two cores: either two processes, each with every other hour,\n"
        "or one process with two threads, whichever suits an engine better. Both ways are shown for the\n"
        "engines that have both.",
    ),
    "giant_hour": _Words(
        "One giant hour",
        "Everybody has both cores. DuckDB is also shown without sorting, which is less work than the others\n"
        "do, and with a memory limit. Polars parses lines as text: its reader of JSON lines is several times\n"
        "slower on nested lines.",
    ),
    "memory": _Words(
        "Memory",
        "The same runs of the giant hour, and an hour four times as large. Memory should depend on the size\n"
        "of a window, not on the size of the hour.",
    ),
    "floor": _Words(
        "The floor",
        "The least that any conversion of this kind has to do, each step alone and on one thread: inflate,\n"
        "parse every line with its payload left as it is, write the same rows as Parquet from a table that is\n"
        "there already. The goal means the first row: the giant hour's wall time to the floor's CPU seconds.\n"
        "The other rows are stricter.",
    ),
    "small_hours": _Words(
        "Small hours",
        "Most hours of most apps are small. The same file is converted again and again in one process, which\n"
        "has its imports behind it; the time is taken inside.",
    ),
    "odd_lines": _Words(
        "Odd lines",
        "The same hour twice, once with 1 % of lines in forms that the columns do not hold alone (unknown\n"
        "fields, numbers as texts, internal names, combined messages, threads, two bodies, nulls) and 0.1 %\n"
        "that are no messages at all.",
    ),
    "dlt_hours": _Words(
        "dlt",
        "One run each, on hours it can do in reasonable time; nothing is scaled up. Its filesystem\n"
        "destination removes duplicates only on top of a table format, so the resource removes them. It does\n"
        "not sort, and its zstd is at level 1.",
    ),
    "layout": _Words(
        "Layout of an hourly file",
        "The rows of this project's own file, written by pyarrow in one layout after another, each choice\n"
        "alone against the base. Queries are DuckDB's, with two threads: a busy user, a busy conversation,\n"
        "one message, counts, a search in all texts. Bytes are what it asked files for, cached or not: on S3\n"
        "they are what is transferred.",
    ),
    "whole_path": _Words(
        "The whole path",
        "The giant hour from the platform's answer to the published record: download, store unchanged, check,\n"
        "convert, publish. A simulated platform and an S3 server on loopback have processes of their own,\n"
        "whose time on the same two cores is in the wall time. Times are taken inside, without imports.",
    ),
}


def report(answers: Sequence[Answer], *, lines: int, runs: int, date: datetime) -> str:
    """Return the document.

    Args:
        answers: In the order in which they are shown.
        lines: How many lines the giant hour had.
        runs: How often each contender ran.
        date: When.
    """
    opening = _OPENING.format(date=date, lines=lines, runs=runs)
    goals = goals_table([goal for answer in answers for goal in answer.goals])
    parts = [
        opening,
        machine_table().text(),
        versions_table().text(),
        "## All goals",
        goals.text(),
        _HOW_TO_READ.rstrip(),
    ]
    return "\n\n".join(part.rstrip() for part in (*parts, *map(section, answers))) + "\n"


def section(answer: Answer) -> str:
    """Return a question's words and tables."""
    words = _WORDS[answer.question]
    return "\n\n".join([f"## {words.heading}", words.text, *(table.text() for table in answer.all_tables())])
