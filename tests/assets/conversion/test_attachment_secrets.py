from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.conversion.attachment_secrets import (
    holds_secret_key,
    may_hide_secret,
    without_secrets,
    without_share_secret,
)
from tests.assets.conversion import reference_secrets

PIECES = (
    *(
        "secret",
        "Share-secret",
        "secr",
        "s",
        "e",
        "ret",
        "%73",
        "%2565",
        "%25",
        "%",
        "25",
        "%3d",
        "%253D",
        "%3F",
        "%26",
    ),
    *(
        r"\u0065",
        r"\\u0065",
        r"\x65",
        "\\",
        r"\n",
        r"\/",
        r"\"",
        "u00",
        "x",
        '"',
        "'",
        ":",
        "=",
        ";",
        "#",
        "?",
        " ",
        "\t",
    ),
    *("&", "&amp;", "&amp;amp;", "&AMP;", "amp;", "&#", "&#61;", "&#0061;", "&#5;", "&#1000;", "&#160;", "&#x3d;"),
    *("&#x0003D;", "&#x5;", "&#x;", "&equals;", "&quest;", "a", "b1", "\u017f", "\u0130", "\n"),
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
        ("https://x/f?a=1&amp;share-secret=s&amp;b=2", "https://x/f?a=1&amp;b=2"),
        ("https://x/f?a=1;share-secret=s&b=2", "https://x/f?a=1&b=2"),
        ("https://x/f#share-secret=s", "https://x/f"),
        ("https://x/f#share-secret=s&a=1", "https://x/f#a=1"),
        ("https://x/f?secret=s", "https://x/f"),
        ("https://x/f?thumbSecret=s&a=1", "https://x/f?a=1"),
        ("https://x/f?share-secre%74=s", "https://x/f"),
        ("https://x/f?share-secret%3Ds", "https://x/f"),
        ("https://x/f?share-secret =s", "https://x/f"),
        ("https://x/f?share-secret&equals;s", "https://x/f"),
        ("https://x/f?a=share-secret=s", "https://x/f"),
        ("https://p/?u=https%3A%2F%2Fx%2Ff%3Fshare-secret%3Ds%26a%3D1&b=2", "https://p/?u=https%3A%2F%2Fx%2Ff&b=2"),
        ("https://p/?u=https%253A%252F%252Fx%252Ff%253Fshare-secret%253Ds", "https://p/?u=https%253A%252F%252Fx%252Ff"),
        (r"https:\/\/x\/f?a=1\u0026share-secr\u0065t\u003ds", r"https:\/\/x\/f?a=1"),
        (r"https://x/f?a=1\\u0026share-secr\\u0065t\\u003ds", "https://x/f?a=1"),
        ("https://x/f?a=1&#38;share-secr&#101;t&#x3D;s", "https://x/f?a=1"),
        ("https://x/f?a=share-secret", "https://x/f?a=share-secret"),
        ("what? a secret recipe = love", "what? a secret recipe = love"),
        ("%3Fa%2526&amp;b;\\\\u0063 &#101;", "%3Fa%2526&amp;b;\\\\u0063 &#101;"),
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
    "key",
    [
        *("secret", "Secret", "SECRET", "thumb_secret", "thumbSecret", "thumbnail_secret", "share-secret", "secretKey"),
        *("secr%65t", r"secr\u0065t", "https://x/f?share-secret=s"),
    ],
)
def test_a_key_with_the_word_in_it_goes_with_its_value(key: str) -> None:
    assert without_secrets({"remote": {key: "s", "n": 1}}) == {"remote": {"n": 1}}


def test_what_is_said_of_a_secret_without_a_key_of_its_own_stays() -> None:
    params = {"params": [{"key": "secret", "value": "s"}, ["secret", "s"]], "token": "s", "s\u0435cret": 1}
    assert without_secrets(params) == params


@pytest.mark.parametrize(
    "text",
    [
        *("%25" * 100_000, "\\" * 100_000 + "ecret", "&" + "amp;" * 100_000 + "ecret", "&#" + "0" * 100_000),
        *("?secret" * 100_000, "secret'" * 100_000, "secret%22" * 50_000 + " " * 100_000 + "x"),
    ],
    ids=lambda text: str(text[:12]),
)
def test_a_long_text_of_beginnings_is_read_once(text: str) -> None:
    assert without_secrets([text]) == [text]
    assert not may_hide_secret([[text]])


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
        ({"bodies": [{"type": "hologram", "parts": "{'secret': 's'}"}]}, True),
        ({"bodies": [{"type": "hologram", "parts": '{"thumbSecret":"s"}'}]}, True),
        ({"bodies": [{"type": "hologram", "parts": '{"secret_of_it":"s"}'}]}, True),
        ({"bodies": [{"type": "hologram", "parts": r'{"secr\u0065t":"s"}'}]}, True),
        ({"bodies": [{"type": "hologram", "parts": r'"{\"secr\\u0065t\" : 1}"'}]}, True),
        ({"bodies": [{"type": "hologram", "parts": r"{\u0022secret\u0022:1}"}]}, True),
        ({"bodies": [{"type": "hologram", "parts": "{&quot;secret&quot;:1}"}]}, True),
        ({"bodies": [{"type": "file", "url": "https://x/?b=%7B%22secret%22%3A%22s%22%7D"}]}, True),
        ({"bodies": [r"a s\u0065cret"]}, True),
        ({"bodies": [{"type": "hologram", "parts": '{"a":"a secret","b":1}'}]}, False),
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


@settings(max_examples=2000)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_text_of_any_pieces_is_what_the_reference_says(text: str) -> None:
    assert may_hide_secret(text) is reference_secrets.speaks_of_secret(text)
    assert holds_secret_key([text]) is reference_secrets.has_secret_key(text)
    assert without_share_secret(text) == reference_secrets.without_share_secret(text)
