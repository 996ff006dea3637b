"""Agora's app token: the vendor's, byte for byte, and good at a platform that checks it as the vendor does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import zlib
from datetime import timedelta

import pytest

from resources.chat_platform.agora_app_token import build_app_token
from resources.chat_platform.errors import TokenRefused, WrongConfiguration
from tests.resources.chat_platform.conftest import HOUR, Dial

APP_ID = "0123456789abcdef0123456789abcdef"
CERTIFICATE = "fedcba9876543210fedcba9876543210"
AGORA = {"type": "agora", "app_id": {"env": "APP_ID"}, "app_certificate": {"env": "CERTIFICATE"}}

VECTORS = [
    (
        ("970CA35de60c44645bbae8a215061b33", "5CFd2fd1755d40ecb72977518be15d3b", 1111111, 600, 1),
        (
            "007eJxTYNDNaz3snC8huEfHWdz6s98qltq4zqy9fl99Uh0FDvy6F6DAYGlu4OxobJqSamaQbGJiZmKalJSYapFoZGhqYGaYZGzs/kWAIYKJg"
            "YGRAYRZgZgJzGdgAACt8hhr"
        ),
    ),
    (
        (APP_ID, CERTIFICATE, 1795392000, 86400, 99999999),
        (
            "007eJxTYBDsS922oWqFgtPGu+s5lx4X7lFO3/rN/8jrb6oXt4rER+QoMBgYGhmbmJqZW1gmJiWnpKah8xmamLMbAhkZ/j/4ysrIwMrAyMDEA"
            "OIzMAAAs58exQ=="
        ),
    ),
]


@pytest.mark.parametrize(("made_of", "token"), VECTORS, ids=["ten minutes", "a day"])
def test_a_token_is_the_one_the_vendors_builder_makes(made_of: tuple[str, str, int, int, int], token: str) -> None:
    app_id, certificate, issued_at, valid_for, salt = made_of
    assert build_app_token(app_id, certificate, issued_at=issued_at, valid_for=valid_for, salt=salt) == token


@pytest.mark.parametrize(
    ("app_id", "certificate", "named"),
    [
        ("", CERTIFICATE, "App ID"),
        (APP_ID[1:], CERTIFICATE, "App ID"),
        (APP_ID + "0", CERTIFICATE, "App ID"),
        (APP_ID[1:] + "g", CERTIFICATE, "App ID"),
        (APP_ID + "\n", CERTIFICATE, "App ID"),
        (APP_ID[1:] + "\N{ARABIC-INDIC DIGIT ONE}", CERTIFICATE, "App ID"),
        (APP_ID, CERTIFICATE[1:], "App Certificate"),
        (APP_ID, "", "App Certificate"),
    ],
)
def test_what_is_not_32_hex_digits_is_refused_by_its_name_and_not_shown(
    app_id: str, certificate: str, named: str
) -> None:
    with pytest.raises(ValueError, match=f"^The {named} is not") as caught:
        build_app_token(app_id, certificate, issued_at=1, valid_for=1, salt=1)
    assert not re.search("[0-9a-f]{30}", repr(caught.value))


def span_of(token: str) -> tuple[int, int]:
    """Check a token's signature as the vendor describes it; return when it was made and for how many seconds."""
    content = zlib.decompress(base64.b64decode(token.removeprefix("007")))
    length = int.from_bytes(content[:2], "little")
    signature, body = content[2 : 2 + length], content[2 + length :]
    issued_at, valid_for, salt = struct.unpack_from("<III", body, 2 + len(APP_ID))
    key = hmac.digest(struct.pack("<I", issued_at), CERTIFICATE.encode(), hashlib.sha256)
    key = hmac.digest(struct.pack("<I", salt), key, hashlib.sha256)
    assert body[2 : 2 + len(APP_ID)] == APP_ID.encode()
    assert hmac.digest(key, body, hashlib.sha256) == signature
    return issued_at, valid_for


def test_a_platform_that_checks_signature_and_end_is_always_given_a_good_token(
    dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_ID", APP_ID)
    monkeypatch.setenv("CERTIFICATE", CERTIFICATE)

    def is_good(_: object, token: str) -> bool:
        issued_at, valid_for = span_of(token)
        return issued_at <= line.clock.now().timestamp() < issued_at + valid_for <= issued_at + 86_400

    line = dial(credentials=AGORA, platform_options={"accepts_token": is_good})
    for _ in range(10):
        assert line.client.history_urls(HOUR).urls
        line.clock.advance(timedelta(minutes=119))
    assert line.platform.requests_of("token") == ()
    assert len(line.platform.requests_of("history")) == 10  # none was refused in between


def test_a_token_that_is_refused_although_it_was_just_built_is_an_error(
    dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_ID", APP_ID)
    monkeypatch.setenv("CERTIFICATE", CERTIFICATE)
    line = dial(credentials=AGORA)
    with pytest.raises(TokenRefused, match="this machine's clock"):
        line.client.history_urls(HOUR)
    assert len(line.platform.requests_of("history")) == 1


def test_a_malformed_certificate_is_an_error_before_any_request(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ID", APP_ID)
    monkeypatch.setenv("CERTIFICATE", "not-hexadecimal")
    line = dial(credentials=AGORA)
    with pytest.raises(WrongConfiguration, match="App Certificate is not 32 hex digits") as caught:
        line.client.history_urls(HOUR)
    assert "not-hexadecimal" not in str(caught.value)
    assert line.platform.requests == ()
