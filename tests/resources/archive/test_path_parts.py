"""Case 26: no name from outside leaves its prefix in S3 or passes for a key that engines read out of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from resources.archive.layout import Layout
from resources.hours.day import Day
from resources.hours.hour import Hour
from resources.settings import AppSettings, ArchiveSettings

HOUR = Hour.from_key("2026110107")
HOSTILE = [
    "",
    ".",
    "..",
    "../../x",
    "..\\..\\x",
    "/etc",
    "a/b",
    "a\\b",
    "a=b",
    "app=other",
    "x/app=other/date=2026-01-01",
    "a b",
    "a\nb",
    "a\n",
    "a\0b",
    "\x1b[31ma",
    "\u202ea",
    "a%2fb",
    "a%2Fapp%3Dother",
    "a?b",
    "a#b",
    "a*b",
    "[red]a",
    "é",
    "\u0430cme",  # the first letter is Cyrillic
    "\uff41cme",  # the first letter is a wide one
    "a" * 300,
    "-a",
]


def app_settings(**names: str) -> AppSettings:
    return AppSettings.model_validate(
        {
            "org": "acme",
            "app": "support",
            "rest_url": "https://rest.example.com",
            "download_hosts": ["storage.example.com"],
            "credentials": {"type": "token", "token": {"env": "TOKEN"}},
            **names,
        }
    )


@pytest.mark.parametrize(
    ("part", "name"),
    # A slug that is left out is made of org and app.
    [(part, name) for part in ("org", "app", "slug") for name in HOSTILE if (part, name) != ("slug", "")],
)
def test_case_26_a_hostile_name_of_an_app_is_refused_when_the_settings_are_loaded(part: str, name: str) -> None:
    with pytest.raises(ValidationError, match=part):
        app_settings(**{part: name})


@pytest.mark.parametrize(
    "folder",
    [
        "..",
        "../other-archive",
        "x/../y",
        "./x",
        "x//y",
        "app=other",
        "x/App=other/y",
        "date=2026-11-01",
        "hour=07",
        "a b",
        "a\nb",
        "a\x00b",
        "\x1b[31mred",
        "\u202ereversed",
        "a?b",
        "a#b",
        "a\\b",
        "a" * 600,
    ],
)
def test_case_26_a_root_that_leaves_its_place_or_forges_a_partition_is_refused(folder: str) -> None:
    with pytest.raises(ValidationError, match="root"):
        ArchiveSettings(root=f"s3://bucket/{folder}", first_hour=HOUR)


@given(
    org=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"), app=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
)
def test_case_26_every_key_of_every_app_lies_where_the_design_says(org: str, app: str) -> None:
    layout = Layout("history/", app_settings(org=org, app=app).slug)
    keys = {
        "raw": layout.raw(HOUR, "0" * 64),
        "messages": layout.messages(HOUR),
        "messages_daily": layout.messages_daily(Day.of(HOUR)),
        "quarantine": layout.quarantine(HOUR),
        "ledger": layout.capture_record(HOUR),
    }
    for kind, key in keys.items():
        root, first, app_folder, *folders, _name = key.split("/")
        assert (root, first) == ("history", kind)
        assert app_folder == f"app={layout.slug}"
        assert [folder.split("=")[0] for folder in folders] in (["date", "hour"], ["date"])
        assert len(key.encode()) < 1024
