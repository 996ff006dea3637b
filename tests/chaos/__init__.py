"""The fault campaign: seeded faults between the archive and everything it talks to, and the truth held against it.

    python -m tests.chaos --seed 1 --faults 1000

`fault_kinds.py` says which faults there are and when each is met, `fault_proxy.py` injects those on the wire, `run.py`
is a run in a process of its own that can be killed, `campaign.py` turns the clock through days of it, and `audit.py`
compares what was said with what is archived.
"""
