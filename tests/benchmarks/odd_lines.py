"""Lines out of the ordinary: what the documentation also allows, and what is no message at all.

Made from ordinary lines one by one, since there are few of them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

import orjson

ODD_SHARE: Final = 0.01
"""So many lines are in a form that the columns do not hold alone."""

BAD_SHARE: Final = 0.001
"""So many lines are no messages."""

_Document = dict[str, Any]


def made_odd(line: str, rng: Random) -> str:
    """Return an ordinary line in one of the odd forms, or broken, in their shares."""
    chance = rng.random()
    if chance >= ODD_SHARE + BAD_SHARE:
        return line
    if chance < BAD_SHARE:
        return rng.choice(_BREAKERS)(line)
    document = orjson.loads(line)
    rng.choice(_CHANGERS)(document)
    return orjson.dumps(document).decode() + "\n"


def _unknown_fields(document: _Document) -> None:
    document |= {"broadcast_id": document["msg_id"], "risk": {"score": 0.25}, "version": 3}


def _length_as_text(document: _Document) -> None:
    length, url = str(document["timestamp"] % 10_000_000), "https://a61.chat.agora.io/acme/support/chatfiles/1"
    document["payload"]["bodies"] = [{"file_length": length, "filename": "a.pdf", "type": "file", "url": url}]


def _internal_names(document: _Document) -> None:
    document["from"] = f"acme#support_{document['from']}@easemob.com/ios"
    document["to"] = f"acme#support_{document['to']}@easemob.com"


def _combined(document: _Document) -> None:
    document["payload"]["bodies"] = [
        {
            "combineLevel": 1,
            "file_length": 550,
            "filename": str(document["timestamp"]),
            "msg": "This version is too old to show the content.",
            "subType": "sub_combine",
            "summary": ":yyuu\n:[图片]\n:[文件]\n",
            "title": "聊天记录",
            "type": "txt",
            "url": "https://a61.chat.agora.io/acme/support/chatfiles/2",
        }
    ]


def _in_a_thread(document: _Document) -> None:
    thread = {
        "msg_parent_id": document["msg_id"],
        "muc_parent_id": "212849170546689",
        "thread_name": "plans for 金曜日",
    }
    document["payload"]["meta"] = {"thread": thread}


def _two_bodies(document: _Document) -> None:
    document["payload"]["bodies"].append({"action": "run", "type": "cmd"})


def _null_fields(document: _Document) -> None:
    document["direction"] = None
    document["payload"]["ext"] = None


_CHANGERS: tuple[Callable[[_Document], None], ...] = (
    _unknown_fields,
    _length_as_text,
    _internal_names,
    _combined,
    _in_a_thread,
    _two_bodies,
    _null_fields,
)
_BREAKERS: tuple[Callable[[str], str], ...] = (
    lambda line: line[: len(line) // 2] + "\n",
    lambda _: "<html>502 Bad Gateway</html>\n",
    lambda line: line.replace('"msg_id"', '"id"', 1),
)
