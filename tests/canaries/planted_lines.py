"""What people sent in an hour, with the canaries in it."""

from __future__ import annotations

import orjson

from resources.hours.hour import Hour
from tests.canaries import planted


def lines_people_sent(hour: Hour) -> list[bytes]:
    """Return a message, one with an attachment, and a line that cannot be read as one."""
    url = f"https://files.example.com/chatfiles/1?share-secret={planted.SHARE_SECRET}"
    picture = {
        "type": "img",
        "url": url,
        "secret": planted.ATTACHMENT_SECRET,
        "thumb": url,
        "thumb_secret": planted.THUMBNAIL_SECRET,
        "filename": "1.jpg",
    }
    said = [[{"type": "txt", "msg": planted.TEXT}], [picture]]
    lines = [
        orjson.dumps(
            {
                "msg_id": str(number),
                "timestamp": int(hour.start.timestamp() * 1000),
                "chat_type": "chat",
                "payload": {"bodies": bodies, "from": "alice", "to": "bob"},
            }
        )
        for number, bodies in enumerate(said)
    ]
    unreadable = lines[1].replace(b'"msg_id"', planted.TEXT.encode())
    return [*lines, unreadable]
