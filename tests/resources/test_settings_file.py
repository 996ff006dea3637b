"""What a person reads when the settings file is wrong: the file, the key, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from resources.credentials import ClientCredentials
from resources.hours.hour import Hour
from resources.settings_file import CONFIG_VARIABLE, SettingsError, load_settings, read_settings

EXAMPLE = Path(__file__).parents[2] / "docs" / "chat-archive.example.yaml"
GOOD = """\
archive:
  root: s3://chat-archive/history
  first_hour: "2026110100"
alerts:
  urls: []
apps:
  - org: acme
    app: support
    rest_url: https://a61.chat.agora.io
    hour_zone: "+00:00"
    credentials:
      type: client_credentials
      client_id: {env: ACME_ID}
      client_secret: {env: ACME_SECRET}
    download_hosts: ["*.easemob.com"]
"""
SECOND_APP = """\
  - org: acme
    app: sales
    rest_url: https://a61.chat.agora.io
    credentials: {type: token, token: {env: ACME_SALES_TOKEN}}
    download_hosts: ["*.easemob.com"]
"""
APP_KEYS = "    download_hosts"
CREDENTIALS = GOOD[GOOD.index("      type") : GOOD.index(APP_KEYS)]
SECRET = "hunter2-hunter2"
SLUG_TAKEN = (
    "apps: acme/support would be called 'acme__support' in S3 like another app. "
    "Give one of them a `slug:` of its own, and never change it afterwards."
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chat-archive.yaml"


def refusal_of(file: Path, content: str) -> str:
    """Return what a person reads, after the file's name on every line."""
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        read_settings(file)
    lines = str(refusal.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    return "\n".join(line.removeprefix(f"{file}: ") for line in lines)


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_the_example_in_the_documentation_loads() -> None:
    settings = read_settings(EXAMPLE)
    app = settings.apps[0]
    assert settings.archive.root == "s3://chat-archive/history"
    assert settings.archive.first_hour == Hour.from_key("2026110100")
    assert (app.name, app.rest_url) == ("acme/support", "https://a61.chat.agora.io")
    assert isinstance(app.credentials, ClientCredentials)
    assert app.credentials.client_secret.env == "ACME_SECRET"


def test_the_variable_names_the_file(file: Path) -> None:
    file.write_text(GOOD)
    assert load_settings({CONFIG_VARIABLE: str(file)}).apps[0].name == "acme/support"


@pytest.mark.parametrize("environment", [{}, {CONFIG_VARIABLE: ""}])
def test_without_the_variable_a_person_learns_its_name_and_where_an_example_lies(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"CHAT_ARCHIVE_CONFIG is not set.*docs/chat-archive\.example\.yaml"):
        load_settings(environment)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # The archive.
        ('"2026110100"', "2026110100", 'archive.first_hour: write it quoted, as "2026110100".'),
        ('"2026110100"', "", 'archive.first_hour: write it quoted, as "2026110100".'),
        ('"2026110100"', '"20261101"', "archive.first_hour: '20261101' is not an hour. Write YYYYMMDDHH"),
        ('"2026110100"', '"2026110124"', "archive.first_hour: '2026110124' names no hour of the calendar. Write"),
        ("  root: s3://chat-archive/history\n", "", "archive.root: is missing. Add it."),
        ("  root:", "  rooot:", "archive.rooot: is no key of this project. Remove it, or correct its name."),
        ("s3://chat-archive/history", "/chat-archive", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "https://chat-archive/history", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://chat-archive//history", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://chat-archive/../x", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://chat-archive/a b", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://chat-archive/x?y", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://chat-archive/x*y", "archive.root: write it as s3://bucket/prefix"),
        ("s3://chat-archive/history", "s3://chat-archive/x[y]", "archive.root: write it as s3://bucket/prefix"),
        (
            "s3://chat-archive/history",
            '"s3://chat-archive/x\\x01y"',
            "archive.root: write it with at most 500 letters, all of which can be seen",
        ),
        ("  root", "  endpoint_url: 127.0.0.1:9000\n  root", "archive.endpoint_url: write the S3 server's address"),
        ("  root", "  endpoint_url: ftp://host\n  root", "archive.endpoint_url: write the S3 server's address"),
        ("  root", "  endpoint_url: 9000\n  root", "archive.endpoint_url: is no text. Write it in quotes."),
        ("  root", "  sse_kms_key_id: ''\n  root", "archive.sse_kms_key_id: write a KMS key's id, ARN or alias"),
        ("  root", "  sse_kms_key_id: my key\n  root", "archive.sse_kms_key_id: write a KMS key's id, ARN or alias"),
        # Alerts.
        ("urls: []", "url: []", "alerts.url: is no key of this project. Remove it, or correct its name."),
        ("\n  urls: []", "", "alerts: holds no keys. Write its keys and values below it."),
        ("urls: []", "urls: {env: SLACK_URL}", "alerts.urls: is no list. Write each entry on a line of its own"),
        ("urls: []", "urls: [{evn: SLACK_URL}]", "alerts.urls[0]: must be {env: NAME}."),
        ("urls: []", 'urls: [{env: "SLACK URL"}]', "alerts.urls[0]: must be {env: NAME}."),
        ("urls: []", "urls: [{env: SLACK_URL}, 5]", "alerts.urls[1]: is no text. Write it in quotes."),
        # An app.
        ("  - org: acme\n", "  - null\n  - org: acme\n", "apps[0]: holds no keys. Write its keys and values below it."),
        ("org: acme", "org: 4711", "apps[0].org: is no text. Write it in quotes."),
        ("org: acme", 'org: "acme#support"', "apps[0].org: write 1 to 64 letters, digits,"),
        ("org: acme", 'org: "../acme"', "apps[0].org: write 1 to 64 letters, digits,"),
        ("app: support", 'app: ""', "apps[0].app: write 1 to 64 letters, digits,"),
        (
            APP_KEYS,
            "    slug: a-b\n" + APP_KEYS,
            "apps[0].slug: write letters, digits and underscores only, at most 130.",
        ),
        (APP_KEYS, "    retention: 72\n" + APP_KEYS, "apps[0].retention: is no key of this project. Remove it"),
        ("https://a61", "http://a61", "apps[0]: rest_url must begin with https://"),
        ("https://a61", "ftp://a61", "apps[0].rest_url: write the REST API host with https://"),
        ("https://a61", "a61", "apps[0].rest_url: write the REST API host with https://"),
        ("agora.io", "agora.io/acme/support", "apps[0].rest_url: write the REST API host with https://, and no path"),
        ("agora.io", "agora.io?x=1", "apps[0].rest_url: write the REST API host with https://"),
        ("agora.io", '"', "apps[0].rest_url: write the REST API host with https://"),
        ("https://a61.chat", '"https://a61 chat"  #', "apps[0].rest_url: write the REST API host with https://"),
        ("https://a61.chat.agora.io", '"https://[a61"', "apps[0].rest_url: write the REST API host with https://"),
        ("agora.io", "agora.io:99999", "apps[0].rest_url: write the REST API host with https://"),
        ('"+00:00"', "+10:00", 'apps[0].hour_zone: write it quoted, as "+00:00" (overseas clusters) or "+08:00"'),
        ('"+00:00"', "Asia/Shanghai", 'apps[0].hour_zone: write it quoted, as "+00:00" (overseas clusters) or'),
        ('"+00:00"', '"+8:00"', 'apps[0].hour_zone: write it quoted, as "+00:00" (overseas clusters) or'),
        ('"+00:00"', '"+05:30"', "apps[0].hour_zone: must be a whole number of hours"),
        ('"+00:00"', '"+15:00"', "apps[0].hour_zone: must be a whole number of hours, at most 14"),
        ('["*.easemob.com"]', "[]", "apps[0].download_hosts: is an empty list. Write at least one entry."),
        ('["*.easemob.com"]', '"*.easemob.com"', "apps[0].download_hosts: is no list. Write each entry on a line"),
        ('["*.easemob.com"]', '["*"]', "apps[0].download_hosts: '*' is no host name. Write \"storage.example.com\""),
        ('["*.easemob.com"]', '["https://x.io/"]', "apps[0].download_hosts: 'https://x.io/' is no host name. Write"),
        (APP_KEYS, "    allow_http: true\n" + APP_KEYS, "apps[0]: allow_http may be true only when rest_url and downl"),
        (APP_KEYS, "    settle_hours: 72\n" + APP_KEYS, "publish_delay_hours < settle_hours < retention_hours must"),
        (APP_KEYS, "    publish_delay_hours: 24\n" + APP_KEYS, "publish_delay_hours < settle_hours < retention_hours"),
        (APP_KEYS, "    retention_hours: .nan\n" + APP_KEYS, "apps[0].retention_hours: Input should be"),
        (APP_KEYS, "    publish_delay_hours: -1\n" + APP_KEYS, "apps[0].publish_delay_hours: Input should be greater"),
        (APP_KEYS, "    requests_per_minute: 0\n" + APP_KEYS, "apps[0].requests_per_minute: Input should be greater"),
        (APP_KEYS, "    owners: [bob]\n" + APP_KEYS, "apps[0].owners: 'bob' is no owner. Write an e-mail address, or"),
        # Credentials.
        ("type: client_credentials", "type: password", "apps[0].credentials: has an unknown `type`. Set it to client_"),
        ("      type: client_credentials\n", "", "apps[0].credentials: has no `type`. Add it: client_credentials"),
        ("type: client_credentials", "type: agora", "apps[0].credentials.app_certificate: is missing. Add it."),
        ("type: client_credentials", "type: token", "apps[0].credentials.client_id: is no key of this project."),
        ("client_secret:", "secret:", "apps[0].credentials.client_secret: is missing. Add it."),
        ("    credentials:\n" + CREDENTIALS, "", "apps[0].credentials: is missing. Add it."),
        # The file as YAML.
        ("archive:", "archive", "is no valid YAML: mapping values are not allowed here. Mend that line."),
        ("    app: support", "\tapp: support", "line 8 is no valid YAML"),
        ("app: support", 'app: "support', "is no valid YAML"),
        ("app: support", "app: 2026-99-99", "is no valid YAML. Check indentation and quotes."),
        ("app: support", "app: \x07", "is no valid YAML. Check indentation and quotes."),
        ("app: support", "app: !!python/object:os.system x", "line 8 is no valid YAML"),
        ("app: support", "app: support\n    app: sales", "line 9 is no valid YAML: this key stands there twice."),
    ],
)
def test_a_mistake_is_named_by_its_key_with_its_remedy(file: Path, old: str, new: str, says: str) -> None:
    assert says in refusal_of(file, changed(old, new))


def test_an_alert_url_no_service_knows_is_refused(file: Path) -> None:
    says = refusal_of(file, changed("urls: []", "urls: [slakc://a/b/c]"))
    assert (
        says == "alerts.urls[0]: is no apprise URL. Write one as the list of services at the apprise project shows it."
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no keys. It needs at least `archive` and `apps`."),
        ("# nothing yet\n", "holds no keys. It needs at least `archive` and `apps`."),
        ("- archive\n", "holds no keys. It needs at least `archive` and `apps`."),
        ("archive", "holds no keys. It needs at least `archive` and `apps`."),
        ("apps: []\n", "archive: is missing. Add it.\napps: is an empty list. Write at least one entry."),
        (GOOD[: GOOD.index("apps:")], "apps: is missing. Add it."),
        (GOOD[: GOOD.index("  - org")], "apps: is no list. Write each entry on a line of its own, after a dash."),
        ("5: x\n" + GOOD, "[5]: is no name of a key. Write keys as words."),
        ("[" * 1000, "is no valid YAML. Check indentation and quotes."),
    ],
)
def test_a_file_without_what_it_needs_is_refused(file: Path, content: str, says: str) -> None:
    assert refusal_of(file, content) == says


def test_every_mistake_is_told_at_once(file: Path) -> None:
    content = changed("org: acme", "org: 4711").replace('"2026110100"', "2026110100")
    assert refusal_of(file, content).splitlines() == [
        'archive.first_hour: write it quoted, as "2026110100".',
        "apps[0].org: is no text. Write it in quotes.",
    ]


def test_no_app_disappears(file: Path) -> None:
    file.write_text(GOOD + SECOND_APP)
    assert [app.name for app in read_settings(file).apps] == ["acme/support", "acme/sales"]


@pytest.mark.parametrize("bad", [0, 1])
def test_one_bad_app_fails_the_whole_file_and_is_the_only_one_named(file: Path, bad: int) -> None:
    content = yaml.safe_load(GOOD + SECOND_APP)
    del content["apps"][bad]["rest_url"]
    assert refusal_of(file, yaml.safe_dump(content)) == f"apps[{bad}].rest_url: is missing. Add it."


def test_a_second_list_of_apps_does_not_replace_the_first(file: Path) -> None:
    assert "line 16 is no valid YAML: this key stands there twice." in refusal_of(file, GOOD + "apps:\n" + SECOND_APP)


def test_entries_may_share_keys_by_yamls_own_means(file: Path) -> None:
    content = (
        GOOD.replace("  - org: acme\n", "  - &base\n    org: acme\n")
        + "  - &other\n    <<: *base\n    app: sales\n  - {<<: *other, app: help}\n"
    )
    file.write_text(content)
    assert [app.name for app in read_settings(file).apps] == ["acme/support", "acme/sales", "acme/help"]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (
            SECOND_APP.replace("sales", "support"),
            "apps: acme/support stands there 2 times. Keep one entry.",
        ),
        (
            SECOND_APP.replace("sales", "Support"),
            SLUG_TAKEN,
        ),
        (
            SECOND_APP.replace("app: sales", "app: sales\n    slug: acme__support"),
            SLUG_TAKEN,
        ),
    ],
)
def test_apps_that_could_be_taken_for_each_other_are_refused(file: Path, second: str, says: str) -> None:
    assert refusal_of(file, GOOD + second) == says


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        f'"{SECRET}"',
        f"[{SECRET}]",
        f"{{{SECRET}}}",
        f"{{value: {SECRET}}}",
        f"{{env: {SECRET}}}",
        f"{{env: ACME_SECRET, {SECRET}: x}}",
        f"{{env: [{SECRET}]}}",
    ],
)
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(file: Path, written: str) -> None:
    says = refusal_of(file, changed("{env: ACME_SECRET}", written))
    assert says == (
        "apps[0].credentials.client_secret: must be {env: NAME}. Put the secret into an environment variable, "
        "and write that variable's name, not the secret."
    )


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        # Places where a secret does not belong, and secrets that are no YAML.
        ("\n" + CREDENTIALS, f" {SECRET}\n", "apps[0].credentials: "),
        ("type: client_credentials", f"type: {SECRET}", "apps[0].credentials: "),
        ("https://a61", f"https://me:{SECRET}@a61", "apps[0].rest_url: must not hold a user or a password"),
        ("  root", f"  endpoint_url: http://me:{SECRET}@host\n  root", "archive.endpoint_url: must not hold a user"),
        ("s3://", f"s3://me:{SECRET}@", "archive.root: "),
        ("urls: []", f"urls: {SECRET}", "alerts.urls: "),
        ("urls: []", f"urls: [slakc://{SECRET}]", "alerts.urls[0]: "),
        ("urls: []", f"urls: [{{slack://{SECRET}}}]", "alerts.urls[0]: "),
        ("{env: ACME_SECRET}", f"*{SECRET}", "line 14 "),
        ("{env: ACME_SECRET}", f"!{SECRET} x", "line 14 "),
        ("{env: ACME_SECRET}", f"!it's{SECRET} x", "line 14 "),
        ("{env: ACME_SECRET}", f"!{SECRET}!y x", "line 14 "),
        ("{env: ACME_SECRET}", f"@{SECRET}", "line 14 "),
        ("{env: ACME_SECRET}", f"%{SECRET}", "line 14 "),
        ("{env: ACME_SECRET}", f"{SECRET}: x", "line 14 "),
        ("{env: ACME_SECRET}", f'"{SECRET}', "line 15 "),
    ],
)
def test_no_refusal_repeats_a_secret(file: Path, old: str, new: str, key: str) -> None:
    says = refusal_of(file, changed(old, new))
    assert says.startswith(key)
    assert SECRET not in says


def test_a_refusal_carries_no_cause_in_which_a_secret_could_show(file: Path) -> None:
    file.write_text(changed("{env: ACME_SECRET}", SECRET))
    with pytest.raises(SettingsError) as refusal:
        read_settings(file)
    assert refusal.value.__suppress_context__
    assert SECRET not in repr(refusal.value.__context__)


def test_a_missing_file_is_named_with_the_variable_that_names_it(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no such file\. CHAT_ARCHIVE_CONFIG must name") as refusal:
        read_settings(file)
    assert str(refusal.value).startswith(str(file))


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path)


def test_a_file_in_another_encoding_is_refused(file: Path) -> None:
    file.write_bytes(("# für\n" + GOOD).encode("latin-1"))
    with pytest.raises(SettingsError, match=r"is not UTF-8 text\. Save it as UTF-8"):
        read_settings(file)


def test_a_file_as_windows_writes_it_loads(file: Path) -> None:
    file.write_bytes(("\ufeff" + GOOD).replace("\n", "\r\n").encode("utf-8"))
    assert read_settings(file).apps[0].name == "acme/support"
