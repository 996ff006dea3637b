"""Every documented form of a message's body, and every documented deviation from it.

A body is what stands in `payload.bodies`; the line around it is made in `envelopes.py`. Forms are those of the vendor's
history, webhook and import documentation, 2014 to 2026, and of third-party code that reads the files.
"""

from __future__ import annotations

from collections.abc import Callable

from resources.simulated_platform import phrases
from resources.simulated_platform.identifiers import file_secret, file_uuid
from resources.simulated_platform.utterance import JsonObject, Utterance

BodyMaker = Callable[[Utterance], list[JsonObject]]

_OLD_CLIENT_TEXT = "This version is too old to show the content."
_PLACES = (
    ("西城区西便门桥 ", 39.9053, 116.36302),
    ("Rua Augusta 100, Lisboa", 38.7139, -9.1394),
    ("شارع التحرير، القاهرة", 30.0444, 31.2357),
    ("", -33.8688, 151.2093),
)


def text(utterance: Utterance) -> list[JsonObject]:
    """Return an ordinary text."""
    spoken = phrases.phrase(utterance.rng, utterance.place.language, opens=utterance.opens)
    return [{"msg": spoken, "type": "txt"}]


def image(utterance: Utterance) -> list[JsonObject]:
    """Return an image that anybody may fetch."""
    rng = utterance.rng
    size = {"height": rng.randint(240, 4032), "width": rng.randint(240, 3024)}
    return [{**_attachment(utterance, "jpg", 4_000_000), "size": size, "type": "img"}]


def audio(utterance: Utterance) -> list[JsonObject]:
    """Return a voice message."""
    return [{**_restricted(utterance, "amr", 60_000), "length": utterance.rng.randint(1, 60), "type": "audio"}]


def video(utterance: Utterance) -> list[JsonObject]:
    """Return a video with its thumbnail."""
    rng = utterance.rng
    return [
        {
            **_restricted(utterance, "mp4", 9_000_000),
            "length": rng.randint(2, 180),
            "size": {"height": 480, "width": 360},
            "thumb": _file_url(utterance),
            "thumb_secret": file_secret(rng),
            "type": "video",
        }
    ]


def file(utterance: Utterance) -> list[JsonObject]:
    """Return a file."""
    return [{**_restricted(utterance, "pdf", 9_000_000), "type": "file"}]


def location(utterance: Utterance) -> list[JsonObject]:
    """Return a location, its degrees as numbers."""
    address, latitude, longitude = utterance.rng.choice(_PLACES)
    return [{"addr": address, "lat": latitude, "lng": longitude, "type": "loc"}]


def command(utterance: Utterance) -> list[JsonObject]:
    """Return a command to the other side's app."""
    return [{"action": utterance.rng.choice(("typing", "refresh", "run")), "type": "cmd"}]


def custom(utterance: Utterance) -> list[JsonObject]:
    """Return a custom message with both the old and the new form of its parameters, as recent SDKs send it."""
    gift = utterance.rng.choice(("flower", "rocket", "蛋糕"))
    return [
        {
            "customEvent": f"gift_{utterance.rng.randint(1, 9)}",
            "customExts": [{"name": gift}, {"size": "16"}, {"price": "100"}],
            "type": "custom",
            "v2:customExts": {"name": gift, "price": "100", "size": "16"},
        }
    ]


def combine(utterance: Utterance) -> list[JsonObject]:
    """Return messages forwarded together, with the text that old clients show."""
    return [{**_combined(utterance), "msg": _OLD_CLIENT_TEXT, "type": "txt"}]


def _said(words: str) -> BodyMaker:
    return lambda _: [{"msg": words, "type": "txt"}]


def _changed(original: BodyMaker, **changes: object) -> BodyMaker:
    return lambda utterance: [{**original(utterance)[0], **changes}]


def _without(original: BodyMaker, *names: str) -> BodyMaker:
    return lambda utterance: [{name: value for name, value in original(utterance)[0].items() if name not in names}]


def _restricted_image(utterance: Utterance) -> list[JsonObject]:
    return [{**image(utterance)[0], "secret": file_secret(utterance.rng)}]


def _image_with_thumbnail(utterance: Utterance) -> list[JsonObject]:
    thumbnail = {"thumb": _file_url(utterance), "thumb_secret": file_secret(utterance.rng)}
    return [{**_restricted_image(utterance)[0], **thumbnail}]


def _location_as_text(utterance: Utterance) -> list[JsonObject]:
    address, latitude, longitude = utterance.rng.choice(_PLACES)
    return [{"addr": address, "lat": str(latitude), "lng": str(longitude), "type": "loc"}]


def _file_with_length_as_text(utterance: Utterance) -> list[JsonObject]:
    body = file(utterance)[0]
    return [{**body, "file_length": str(body["file_length"])}]


def _combine_without_type(utterance: Utterance) -> list[JsonObject]:
    return [_combined(utterance)]


def _text_and_command(utterance: Utterance) -> list[JsonObject]:
    return text(utterance) + command(utterance)


def _no_body(_: Utterance) -> list[JsonObject]:
    return []


ORDINARY_BODIES: dict[BodyMaker, int] = {
    text: 78,
    image: 9,
    audio: 4,
    custom: 2,
    video: 2,
    location: 1,
    file: 2,
    command: 1,
    combine: 1,
}
"""The everyday forms, each with its share in percent."""

UNUSUAL_BODIES: dict[str, BodyMaker] = {
    "text with line separators": _said(phrases.LINE_SEPARATORS),
    "text with combining characters": _said(phrases.COMBINING_CHARACTERS),
    "text with joined emoji": _said(phrases.JOINED_EMOJI),
    "text in both directions": _said(phrases.MIXED_DIRECTIONS),
    "text with escapes": _said(phrases.ESCAPES),
    "long text": _said(phrases.LONG_TEXT),
    "empty text": _said(""),
    "restricted image": _restricted_image,
    "image with thumbnail": _image_with_thumbnail,
    "image with thumbnail name": _changed(image, thumbFilename="image%3A1000156028"),
    "image of the customer's own host": _changed(image, url="https://cdn.example.com/pictures/1.jpg"),
    "location as text": _location_as_text,
    "audio without secret": _without(audio, "secret"),
    "video without secrets": _without(video, "secret", "thumb_secret"),
    "file without secret": _without(file, "secret"),
    "file with length as text": _file_with_length_as_text,
    "command in msg": lambda _: [{"msg": "rr", "type": "cmd"}],
    "custom with array": _without(custom, "v2:customExts"),
    "custom with object": _changed(_without(custom, "v2:customExts"), customExts={"name": "flower", "size": "16"}),
    "custom with v2 only": _without(custom, "customExts"),
    "custom with number": _changed(_without(custom, "v2:customExts"), customExts=[{"name": 1}]),
    "custom without parameters": _without(custom, "customExts", "v2:customExts"),
    "combine without type": _combine_without_type,
    "unknown type": lambda _: [{"type": "unknown"}],
    "new type": lambda _: [{"frames": [1, 2], "type": "hologram"}],
    "two bodies": _text_and_command,
    "no body": _no_body,
}
"""Every deviation, by name."""


def _file_url(utterance: Utterance) -> str:
    uploaded = utterance.milliseconds - utterance.rng.randint(20, 900)
    app = utterance.app
    return f"https://{app.attachment_host}/{app.org}/{app.app}/chatfiles/{file_uuid(utterance.rng, uploaded)}"


def _attachment(utterance: Utterance, ending: str, most_bytes: int) -> JsonObject:
    return {
        "file_length": utterance.rng.randint(500, most_bytes),
        "filename": f"{utterance.milliseconds - 1000}.{ending}",
        "url": _file_url(utterance),
    }


def _restricted(utterance: Utterance, ending: str, most_bytes: int) -> JsonObject:
    return {**_attachment(utterance, ending, most_bytes), "secret": file_secret(utterance.rng)}


def _combined(utterance: Utterance) -> JsonObject:
    return {
        "combineLevel": 1,
        "file_length": utterance.rng.randint(200, 4000),
        "filename": f"{utterance.milliseconds}{utterance.rng.randrange(10_000):04}",
        "secret": file_secret(utterance.rng),
        "subType": "sub_combine",
        "summary": ":yyuu\n:[图片]\n:[文件]\n",
        "title": "聊天记录",
        "url": _file_url(utterance),
    }
