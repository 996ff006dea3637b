from __future__ import annotations

import pytest

from assets.conversion.attachment_secrets import (
    holds_secret_key,
    may_hide_secret,
    without_secrets,
    without_share_secret,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x/f?share-secret=s", "https://x/f"),
        ("https://x/f?share-secret=s&a=1", "https://x/f?a=1"),
        ("https://x/f?a=1&share-secret=s", "https://x/f?a=1"),
        ("https://x/f?a=1&Share%2DSecret=s&b=2#top", "https://x/f?a=1&b=2#top"),
        ("https://x/f?share-secret=s&share-secret=t", "https://x/f"),
        ("https://x/f?a=1?share_secret=s", "https://x/f?a=1"),
        ("https://x/f?a=share-secret", "https://x/f?a=share-secret"),
        ("https://x/share-secret=s", "https://x/share-secret=s"),
    ],
)
def test_a_url_loses_its_share_secret_and_nothing_else(url: str, expected: str) -> None:
    assert without_share_secret(url) == expected


def test_secrets_go_from_every_body_and_what_people_wrote_stays() -> None:
    bodies = [
        {"type": "img", "secret": "s", "url": "https://x/f?share-secret=s"},
        {"type": "hologram", "secret": {"a": 1}, "thumb_secret": "s", "layers": [{"secret": "s", "n": 1}]},
        {"type": "txt", "msg": "see https://x/f?share-secret=s"},
        {"type": "custom", "v2:customExts": {"secret": "santa"}, "customExts": [{"secret": "santa"}]},
        5,
        {"type": "img", "msg": {"secret": "s", "n": 1}, "title": ["https://x/f?share-secret=s"]},
    ]
    assert without_secrets(bodies) == [
        {"type": "img", "url": "https://x/f"},
        {"type": "hologram", "layers": [{"n": 1}]},
        bodies[2],
        bodies[3],
        5,
        {"type": "img", "msg": {"n": 1}, "title": ["https://x/f"]},
    ]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ('{"bodies":[{"secret":"s"}]}', True),
        ({"bodies": '[{"secret":"s"}]'}, True),
        ({"bodies": ['{"thumb_secret":"s"}']}, True),
        (["https://x/f?Share-Secret=s"], True),
        ({"bodies": [{"msg": "a secret"}]}, False),
        ({"bodies": [['{"secret":"s"}']]}, True),
        ({"bodies": [{"type": "hologram", "parts": '{"a":{"Thumb_Secret" : 1}}'}]}, True),
        ({"bodies": [{"type": "hologram", "parts": '"{\\\\"secret\\\\":1}"'}]}, True),
        ({"bodies": [{"type": "file", "filename": "my secret.pdf"}]}, False),
        ({"bodies": [{"type": "txt", "msg": '{"secret":1}', "secret": '{"secret":1}'}]}, False),
        ("hello", False),
        (None, False),
    ],
)
def test_a_text_in_place_of_a_body_may_hide_a_secret(payload: object, expected: bool) -> None:
    assert may_hide_secret(payload) is expected


def test_a_text_that_is_json_with_a_secrets_key_holds_one_wherever_it_stands() -> None:
    assert holds_secret_key({"meta": [{"quoted": '{"secret":"s"}'}]})
    assert not holds_secret_key({"quoted": "a secret", "msg": '{"secret":"s"}', "payload": None})
