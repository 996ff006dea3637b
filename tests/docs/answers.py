"""What the questions of the page have to be answered with, spelled out from what `said.py` says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from tests.docs.said import SHOP, SUPPORT

Rows = list[tuple[Any, ...]]

FIRST: Final = "2026-11-20"
SECOND: Final = "2026-11-21"
THREAD: Final = "183298374297601"

MESSAGES_PER_HOUR: Final[Rows] = [
    (SHOP, FIRST, 7, 3),
    (SUPPORT, FIRST, 7, 8),
    (SUPPORT, FIRST, 8, 3),
    (SUPPORT, SECOND, 1, 5),
]
"""Everything, once: the greeting that was filed twice counts once, and the quarantined line not at all."""

QUESTIONS: Final[dict[str, list[Rows]]] = {
    "1. How much is said, hour by hour, and of which kind?": [
        [
            (SHOP, FIRST, 7, "chat", "txt", 2),
            (SHOP, FIRST, 7, "groupchat", "txt", 1),
            (SUPPORT, FIRST, 7, "chat", "cmd", 1),
            (SUPPORT, FIRST, 7, "chat", "txt", 4),
            (SUPPORT, FIRST, 7, "groupchat", "img", 1),
            (SUPPORT, FIRST, 7, "groupchat", "txt", 2),
            (SUPPORT, FIRST, 8, "chat", "txt", 1),
            (SUPPORT, FIRST, 8, "groupchat", "txt", 2),
            (SUPPORT, SECOND, 1, "chat", "txt", 2),
            (SUPPORT, SECOND, 1, "groupchat", "file", 1),
            (SUPPORT, SECOND, 1, "groupchat", "img", 1),
            (SUPPORT, SECOND, 1, "groupchat", "txt", 1),
        ]
    ],
    # Neither what was said to the group called bob, nor what he wrote on the next day.
    "2. What did one person write and get on one day?": [
        [
            (f"{FIRST} 07:00:00", "chat", "ann", "bob", "txt", "hello bob"),
            (f"{FIRST} 07:00:40", "chat", "bob", "ann", "txt", "hello ann"),
            (f"{FIRST} 07:11:00", "groupchat", "bob", "team", "img", None),
            (f"{FIRST} 07:12:00", "chat", "ann", "bob", "cmd", None),
            (f"{FIRST} 07:13:00", "chat", "ann", "bob", "txt", "one more thing"),
            (f"{FIRST} 07:13:20", "chat", "ann", "bob", "txt", "a Refund, please"),
            (f"{FIRST} 08:00:00", "chat", "bob", "ann", "txt", "I will refund it"),
        ]
    ],
    "3. What was said in one conversation, and in one thread?": [
        [
            (f"{FIRST} 07:00:00", "ann", "hello bob"),
            (f"{FIRST} 07:00:40", "bob", "hello ann"),
            (f"{FIRST} 07:13:00", "ann", "one more thing"),
            (f"{FIRST} 07:13:20", "ann", "a Refund, please"),
            (f"{FIRST} 08:00:00", "bob", "I will refund it"),
            (f"{SECOND} 01:00:00", "bob", "good morning"),
            (f"{SECOND} 01:00:10", "ann", "早上好,退款到了吗?"),
        ],
        [
            (f"{FIRST} 07:10:00", "ann", "大家好,有人要退款"),
            (f"{FIRST} 08:05:00", "carl", "which order?"),
            (f"{FIRST} 08:06:00", "ann", "number seven"),
        ],
    ],
    "4. Which groups are the busiest?": [
        [(SUPPORT, "team", 4, 3), (SHOP, "team", 1, 1), (SUPPORT, "bob", 1, 1)],
    ],
    # Support: 40, 740, 2,800 and 10 seconds; the shop: 90.
    "5. How long does the other side take to answer?": [[(SHOP, 1, 90.0), (SUPPORT, 4, 390.0)]],
    "6. Who wrote of refunds?": [
        [
            (SUPPORT, f"{FIRST} 07:10:00", "ann", "大家好,有人要退款"),
            (SUPPORT, f"{FIRST} 07:13:20", "ann", "a Refund, please"),
            (SUPPORT, f"{FIRST} 08:00:00", "bob", "I will refund it"),
            (SUPPORT, f"{SECOND} 01:00:10", "ann", "早上好,退款到了吗?"),
        ]
    ],
    "7. What is missing, and why?": [
        [
            (SUPPORT, SECOND, "expired", "never_asked", [2], "our outage"),
            (SUPPORT, SECOND, "failed", "look_failed", [3], None),
            (SUPPORT, SECOND, "pending", "not_generated_yet", [4], None),
            (SUPPORT, SECOND, "archived", "messages_not_built", [5], None),
        ]
    ],
    # The second day has not ended, in the shop neither, though all its hours until now are complete.
    "8. How many people wrote per day, over complete days only?": [[(SHOP, FIRST, 3), (SUPPORT, FIRST, 3)]],
    "9. Which attachments are sent, and how large are they?": [
        [(SUPPORT, "file", 1, 5_000, 0), (SUPPORT, "img", 2, 128_000, 1)],
    ],
    "10. Which orders do people write about? (a value out of `ext`)": [
        [(SHOP, "A-7", 1), (SUPPORT, "9007199254740993", 1), (SUPPORT, "A-7", 2)],
    ],
    "Traps": [
        [(SUPPORT, "10", 2, ["number seven", "number eight"])],
        [(SUPPORT, FIRST, 7, "not_json", 1)],
    ],
}
"""By heading: the answer to each block of SQL below it, in order."""


def plain(rows: Iterable[Sequence[Any]]) -> Rows:
    """Return rows with days and moments as texts."""
    return [tuple(map(_plain, row)) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else value
