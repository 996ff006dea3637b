"""What may stand in the settings, what it means, and that no secret ever shows."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from resources.credentials import (
    AgoraCredentials,
    ClientCredentials,
    MissingSecret,
    SecretReference,
    TokenCredentials,
)
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.limits import Limits
from resources.settings import AppSettings, ArchiveSettings, Settings

SLACK_TOKENS = ("T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ")
SLACK_URL = "slack://" + "/".join(SLACK_TOKENS)


def app_entry(**changes: Any) -> dict[str, Any]:
    entry = {
        "org": "acme",
        "app": "support",
        "rest_url": "https://a61.chat.agora.io",
        "credentials": {"type": "token", "token": {"env": "ACME_TOKEN"}},
        "download_hosts": ["*.easemob.com"],
    }
    return entry | changes


def settings_of(*apps: dict[str, Any], urls: tuple[Any, ...] = (), **archive: Any) -> Settings:
    archive = {"root": "s3://bucket/history", "first_hour": "2026110100"} | archive
    return Settings.model_validate({"archive": archive, "alerts": {"urls": urls}, "apps": apps or (app_entry(),)})


def app_of(**changes: Any) -> AppSettings:
    return settings_of(app_entry(**changes)).apps[0]


def archive_of(**changes: Any) -> ArchiveSettings:
    return settings_of(**changes).archive


def test_what_is_left_out_has_its_default() -> None:
    settings = settings_of()
    app = settings.apps[0]
    assert (settings.archive.endpoint_url, settings.archive.region, settings.alerts.urls) == (None, None, ())
    assert settings.archive.sse_kms_key_id is None
    assert (app.slug, app.hour_zone, app.allow_http, app.owners) == (
        "acme__support",
        UTC,
        False,
        ("team:data-engineering",),
    )
    assert (app.publish_delay_hours, app.settle_hours, app.retention_hours) == (2, 24, 72)
    assert (app.requests_per_minute, app.max_download_bytes) == (10, 20 * 1024**3)
    assert app.policy == HourPolicy()


def test_every_key_reaches_the_settings() -> None:
    settings = settings_of(
        app_entry(
            slug="acme_support",
            hour_zone="+08:00",
            publish_delay_hours=1.5,
            settle_hours=12,
            retention_hours=168,
            requests_per_minute=100,
            owners=["oncall@acme.example", "team:chat"],
            max_download_bytes=1000,
        ),
        endpoint_url="http://127.0.0.1:9000",
        region="us-east-1",
        sse_kms_key_id="alias/chat-archive",
    )
    app = settings.apps[0]
    assert settings.archive.first_hour == Hour.from_key("2026110100")
    assert (settings.archive.endpoint_url, settings.archive.region) == ("http://127.0.0.1:9000", "us-east-1")
    assert settings.archive.sse_kms_key_id == "alias/chat-archive"
    assert (app.name, app.slug, app.hour_zone) == ("acme/support", "acme_support", timezone(timedelta(hours=8)))
    assert app.policy == HourPolicy(
        timedelta(hours=1.5), timedelta(hours=12), timedelta(hours=168), hour_zone=timezone(timedelta(hours=8))
    )
    assert (app.requests_per_minute, app.max_download_bytes) == (100, 1000)
    assert app.owners == ("oncall@acme.example", "team:chat")


def test_no_file_may_be_larger_than_an_object_of_s3() -> None:
    largest = 5 * 1024**4
    assert app_of(max_download_bytes=largest).max_download_bytes == largest
    with pytest.raises(ValidationError, match="max_download_bytes"):
        app_of(max_download_bytes=largest + 1)


@pytest.mark.parametrize(
    "key",
    [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "mrk-1234abcd12ab34cd56ef1234567890ab",
        "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/chat_archive.prod",
    ],
)
def test_a_kms_key_is_named_by_its_id_its_arn_or_its_alias(key: str) -> None:
    assert archive_of(sse_kms_key_id=key).sse_kms_key_id == key


def test_limits_of_files_may_be_set_one_by_one() -> None:
    assert app_of(limits={"max_depth": 20}).limits == Limits(max_depth=20)
    with pytest.raises(ValidationError, match=r"limits\.max_depth"):
        app_of(limits={"max_depth": 251})


@pytest.mark.parametrize(
    ("entry", "credentials"),
    [
        (
            {"type": "client_credentials", "client_id": {"env": "ID"}, "client_secret": {"env": "SECRET"}},
            ClientCredentials(
                type="client_credentials",
                client_id=SecretReference(env="ID"),
                client_secret=SecretReference(env="SECRET"),
            ),
        ),
        (
            {"type": "agora", "app_id": {"env": "ID"}, "app_certificate": {"env": "CERTIFICATE"}},
            AgoraCredentials(
                type="agora",
                app_id=SecretReference(env="ID"),
                app_certificate=SecretReference(env="CERTIFICATE"),
            ),
        ),
        (
            {"type": "token", "token": {"env": "TOKEN"}},
            TokenCredentials(type="token", token=SecretReference(env="TOKEN")),
        ),
    ],
)
def test_credentials_come_in_three_types(entry: dict[str, Any], credentials: object) -> None:
    assert app_of(credentials=entry).credentials == credentials


@pytest.mark.parametrize(
    ("root", "bucket", "prefix"),
    [
        ("s3://chat-archive", "chat-archive", ""),
        ("s3://chat-archive/", "chat-archive", ""),
        ("s3://chat-archive/history", "chat-archive", "history/"),
        ("s3://chat-archive/chat/history/", "chat-archive", "chat/history/"),
        ("s3://Bucket_of.old/team=chat", "Bucket_of.old", "team=chat/"),
    ],
)
def test_a_root_is_a_bucket_and_a_prefix(root: str, bucket: str, prefix: str) -> None:
    archive = archive_of(root=root)
    assert (archive.bucket, archive.prefix) == (bucket, prefix)


@pytest.mark.parametrize(
    ("written", "hours"),
    [("+00:00", 0), ("-00:00", 0), ("+08:00", 8), ("-05:00", -5), ("+14:00", 14), ("-14:00", -14)],
)
def test_an_hour_zone_is_a_whole_number_of_hours(written: str, hours: int) -> None:
    assert app_of(hour_zone=written).hour_zone == timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    ("org", "app", "slug"),
    [
        ("acme", "support", "acme__support"),
        ("1100180928036896", "easemob.demo", "1100180928036896__easemob_demo"),
        ("Acme-EU", "chat_2", "Acme_EU__chat_2"),
    ],
)
def test_a_slug_is_made_of_org_and_app(org: str, app: str, slug: str) -> None:
    assert app_of(org=org, app=app).slug == slug


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_for_loopback(host: str) -> None:
    download_host = host.strip("[]")
    app = app_of(rest_url=f"http://{host}:8080", download_hosts=[download_host], allow_http=True)
    assert (app.rest_url, app.download_hosts) == (f"http://{host}:8080", (download_host,))


def test_addresses_are_kept_without_a_slash_at_their_end_and_hosts_in_small_letters() -> None:
    app = app_of(rest_url="https://a61.chat.agora.io/", download_hosts=["*.Easemob.COM", "127.0.0.1"])
    assert app.rest_url == "https://a61.chat.agora.io"
    assert app.download_hosts == ("*.easemob.com", "127.0.0.1")


def test_an_app_is_found_by_its_name() -> None:
    settings = settings_of(app_entry(), app_entry(app="sales"))
    assert settings.app_named("acme/sales") is settings.apps[1]
    with pytest.raises(KeyError, match=r"'acme/sale'.*There are: acme/support, acme/sales"):
        settings.app_named("acme/sale")


def test_apps_that_would_share_a_slug_can_be_told_apart_by_one_of_their_own() -> None:
    settings = settings_of(app_entry(app="a.b"), app_entry(app="a_b", slug="acme__a_b_2"))
    assert [app.slug for app in settings.apps] == ["acme__a_b", "acme__a_b_2"]


def test_hours_and_zones_that_are_made_already_are_taken_as_they_are() -> None:
    settings = settings_of(app_entry(hour_zone=UTC), first_hour=Hour.from_key("2026110100"))
    assert (settings.apps[0].hour_zone, settings.archive.first_hour.key) == (UTC, "2026110100")


def test_settings_do_not_change_after_loading() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings_of().apps[0].requests_per_minute = 1000  # type: ignore[misc]


def test_a_secret_is_read_from_its_variable_when_it_is_used() -> None:
    assert SecretReference(env="ACME_TOKEN").read({"ACME_TOKEN": "hunter2"}) == SecretStr("hunter2")


@pytest.mark.parametrize("environment", [{}, {"ACME_TOKEN": ""}])
def test_a_missing_secret_is_named_by_its_variable_only(environment: dict[str, str]) -> None:
    with pytest.raises(MissingSecret, match="ACME_TOKEN") as refusal:
        SecretReference(env="ACME_TOKEN").read({"OTHER": "hunter2"} | environment)
    assert "hunter2" not in str(refusal.value)


def test_settings_load_without_any_secret_being_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    assert settings_of(urls=({"env": "NO_SUCH_URL"},)).alerts.urls == (SecretReference(env="NO_SUCH_URL"),)


def test_an_alert_url_shows_in_no_repr() -> None:
    settings = settings_of(urls=(SLACK_URL, {"env": "SECOND_URL"}))
    first, second = settings.alerts.urls
    assert isinstance(first, SecretStr)
    assert first.get_secret_value() == SLACK_URL
    assert second == SecretReference(env="SECOND_URL")
    shown = f"{settings!r} {settings} {settings.alerts.model_dump()} {settings.alerts.model_dump_json()}"
    assert "SECOND_URL" in shown
    assert not [token for token in SLACK_TOKENS if token in shown]


@pytest.mark.parametrize("url", ["slakc://hunter2/x", "hunter2", "slack://hunter2", "json://hunter2 json://x"])
def test_an_alert_url_that_is_refused_shows_nowhere(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ValidationError) as refusal:
        settings_of(urls=(url,))
    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("disabled", [False, True])
def test_checking_an_alert_url_leaves_the_logging_as_it_was(disabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = logging.getLogger("apprise")
    monkeypatch.setattr(talk, "disabled", disabled)
    settings_of(urls=(SLACK_URL,))
    assert talk.disabled is disabled


def test_loading_the_settings_does_not_import_the_alert_library() -> None:
    program = "import sys, resources.settings; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - fixed words
