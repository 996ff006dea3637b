"""Tokens: built as the vendor builds them, shared encrypted, and never lying about in clear."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from resources.chat_platform.agora_app_token import build_app_token
from resources.chat_platform.errors import TokenRefused, WrongConfiguration
from resources.chat_platform.token_cache import IssuedToken, TokenCache
from resources.chat_platform.tokens import AgoraAppToken
from tests.fake_clock import FakeClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ISSUED = IssuedToken(asked_at=NOON, token=SecretStr("hush-token"), expires_at=NOON + timedelta(days=1))


TOKEN_OF_600_SECONDS = (
    "007eJxTYNDNaz3snC8huEfHWdz6s98qltq4zqy9fl99Uh0FDvy6F6DAYGlu4OxobJqSamaQbGJiZmKalJSYapFoZGhqYGaYZGzs/"
    "kWAIYKJgYGRAYRZgZgJzGdgAACt8hhr"
)
TOKEN_OF_A_DAY = (
    "007eJxTYBDsS922oWqFgtPGu+s5lx4X7lFO3/rN/8jrb6oXt4rER+QoMBgYGhmbmJqZW1gmJiWnpKah8xmamLMbAhkZ/j/4ysrIwMrAyM"
    "DEAOIzMAAAs58exQ=="
)


def test_an_app_token_is_the_one_the_vendors_builder_makes() -> None:
    app_id, certificate = "970CA35de60c44645bbae8a215061b33", "5CFd2fd1755d40ecb72977518be15d3b"
    token = build_app_token(app_id, certificate, issued_at=1111111, valid_for=600, salt=1)
    assert token == TOKEN_OF_600_SECONDS
    app_id, certificate = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
    token = build_app_token(app_id, certificate, issued_at=1795392000, valid_for=86400, salt=99999999)
    assert token == TOKEN_OF_A_DAY


@pytest.mark.parametrize(("app_id", "certificate"), [("x", "f" * 32), ("f" * 32, "g" * 32), ("", "f" * 32)])
def test_a_malformed_app_id_or_certificate_is_an_error_that_tells_neither(app_id: str, certificate: str) -> None:
    source = AgoraAppToken(SecretStr(app_id), SecretStr(certificate), "acme/support", FakeClock(NOON), Random(1))
    with pytest.raises(WrongConfiguration, match="Agora console") as caught:
        source.token()
    assert "g" * 32 not in str(caught.value)


def test_an_app_token_just_built_is_not_built_again_when_refused() -> None:
    clock = FakeClock(NOON)
    source = AgoraAppToken(SecretStr("a" * 32), SecretStr("b" * 32), "acme/support", clock, Random(1))
    token = source.token()
    with pytest.raises(TokenRefused):
        source.renewed(token)
    clock.advance(timedelta(hours=1))
    assert source.renewed(token) != token


def test_a_shared_token_is_read_by_who_knows_the_secret_and_by_nobody_else(tmp_path: Path) -> None:
    TokenCache(tmp_path, "app", SecretStr("secret")).write(ISSUED)
    assert TokenCache(tmp_path, "app", SecretStr("secret")).read() == ISSUED
    assert TokenCache(tmp_path, "app", SecretStr("other")).read() is None
    assert TokenCache(tmp_path, "other app", SecretStr("secret")).read() is None


def test_a_shared_token_lies_in_a_private_file_and_not_in_clear(tmp_path: Path) -> None:
    TokenCache(tmp_path, "app", SecretStr("hush-secret")).write(ISSUED)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"hush" not in file.read_bytes()


def test_a_damaged_cache_counts_as_none(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path, "app", SecretStr("secret"))
    cache.write(ISSUED)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"garbage")
    assert cache.read() is None
