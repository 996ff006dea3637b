"""The settings file as validated data: what may stand in it, what each key means, and what is refused.

Reading the file and turning a refusal into sentences for a person lies in `settings_file.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    SecretStr,
    Tag,
    field_validator,
    model_validator,
)

from resources.credentials import Credentials, Part, SecretReference
from resources.hours.hour import Hour
from resources.hours.policy import HourPolicy
from resources.library_logs import keep_secrets_out_of_logs
from resources.limits import DEFAULT_LIMITS, Limits

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_HOST_PATTERN = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)
_SERVER = re.compile(r"[a-z0-9._:-]+", re.ASCII)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", re.ASCII)
_FOLDER = re.compile(r"(?!\.{1,2}$)(?!(?:app|date|hour)=)[^\s?#\\*\[\]]+", re.IGNORECASE)
"""No blank, nothing that ends a path in an address, nothing that engines take for a pattern, and
nothing that reads like a partition."""

_KMS_KEY = re.compile(r"[A-Za-z0-9:/_.-]{1,2048}", re.ASCII)
_LONGEST_ROOT = 500  # an S3 key has 1,024 bytes at most, and the folders below need some 280
_LONGEST_SLUG = 130  # org and app, and what stands between them
_ZONE = re.compile(r"([+-])(\d{2}):(\d{2})", re.ASCII)
_MOST_HOURS_OFF_UTC = 14


def _zone(value: object) -> timezone:
    """Turn "+08:00" into a time zone; refuse zones that would split a UTC hour."""
    if isinstance(value, timezone):
        return value
    match = _ZONE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write it quoted, as "+00:00" (overseas clusters) or "+08:00" (China clusters)')
    sign, hours, minutes = match[1], int(match[2]), int(match[3])
    if minutes or hours > _MOST_HOURS_OFF_UTC:
        raise ValueError("must be a whole number of hours, at most 14, or its hours would not be UTC hours")
    return timezone(timedelta(hours=hours if sign == "+" else -hours))


def _split_address(url: str) -> SplitResult | None:
    """Take an address beginning with http:// or https:// apart; None when it is no such address.

    Raises:
        ValueError: It holds a user or a password, which every log of the address would show.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        bare = parts.port != 0 and not parts.query and not parts.fragment and not re.search(r"\s", url)
    except ValueError:  # brackets that do not match, or a port that is no port
        return None
    if parts.username or parts.password:
        raise ValueError("must not hold a user or a password: addresses appear in logs")
    return parts if parts.scheme in {"http", "https"} and _SERVER.fullmatch(host) and bare else None


class AppSettings(Part):
    """One app on the platform."""

    org: str = Field(description="the platform's org_name: the App Key before the #")
    app: str = Field(description="the platform's app_name: the App Key after the #")
    slug: str = Field(
        default="",
        description="how the app is called in S3 and Dagster; made of org and app when left out",
    )
    rest_url: str = Field(description="the console's REST API host, with https://")
    hour_zone: Annotated[timezone, PlainValidator(_zone)] = timezone(timedelta(0))
    credentials: Credentials
    download_hosts: tuple[str, ...] = Field(min_length=1, description="hosts that signed URLs may point to")
    allow_http: bool = Field(default=False, description="true only for a simulated platform on loopback")
    publish_delay_hours: float = Field(default=2, ge=0, le=72)
    settle_hours: float = Field(default=24, gt=0, le=24 * 30)
    retention_hours: float = Field(default=72, gt=0, le=24 * 400)
    requests_per_minute: int = Field(default=10, ge=1, le=100_000)
    owners: tuple[str, ...] = Field(
        default=("team:data-engineering",), description="shown in Dagster: e-mail addresses, or team:name"
    )
    max_download_bytes: int = Field(
        default=20 * 1024**3,
        ge=1,
        le=5 * 1024**4,
        description="larger hour files are refused; S3 keeps no object of more than 5 TiB",
    )

    limits: Limits = Field(default=DEFAULT_LIMITS, description="how far a file is followed before it is refused")

    @field_validator("org", "app")
    @classmethod
    def _names_are_the_platforms(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("write 1 to 64 letters, digits, dots, dashes and underscores, as in the App Key")
        return name

    @field_validator("slug")
    @classmethod
    def _slug_fits_into_a_path(cls, slug: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_]*", slug, re.ASCII) or len(slug) > _LONGEST_SLUG:
            raise ValueError(f"write letters, digits and underscores only, at most {_LONGEST_SLUG}")
        return slug

    @field_validator("download_hosts")
    @classmethod
    def _hosts_are_host_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if host not in LOOPBACK_HOSTS and not _HOST_PATTERN.fullmatch(host.lower()):
                raise ValueError(f'{host!r} is no host name. Write "storage.example.com" or "*.example.com".')
        return tuple(host.lower() for host in hosts)

    @field_validator("owners")
    @classmethod
    def _owners_are_addresses_or_teams(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        for owner in owners:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+|team:[A-Za-z0-9_-]+", owner):
                raise ValueError(f'{owner!r} is no owner. Write an e-mail address, or "team:name".')
        return owners

    @field_validator("rest_url")
    @classmethod
    def _rest_url_is_a_base_url(cls, url: str) -> str:
        parts = _split_address(url)
        if parts is None or parts.path.strip("/"):
            raise ValueError("write the REST API host with https://, and no path, as the platform's console shows it")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _the_whole_makes_sense(self) -> Self:
        host = urlsplit(self.rest_url).hostname
        if self.allow_http and not {host, *self.download_hosts} <= LOOPBACK_HOSTS:
            raise ValueError("allow_http may be true only when rest_url and download_hosts are loopback addresses")
        if not self.allow_http and not self.rest_url.startswith("https://"):
            raise ValueError("rest_url must begin with https:// (allow_http: true is for loopback only)")
        if not self.publish_delay_hours < self.settle_hours < self.retention_hours:
            raise ValueError("publish_delay_hours < settle_hours < retention_hours must hold")
        if not self.slug:
            object.__setattr__(self, "slug", re.sub(r"[^A-Za-z0-9_]", "_", f"{self.org}__{self.app}"))
        return self

    @property
    def name(self) -> str:
        """The app as people write it: `org/app`."""
        return f"{self.org}/{self.app}"

    @property
    def policy(self) -> HourPolicy:
        """What rules this app's hours."""
        return HourPolicy(
            publish_delay=timedelta(hours=self.publish_delay_hours),
            settle=timedelta(hours=self.settle_hours),
            retention=timedelta(hours=self.retention_hours),
            hour_zone=self.hour_zone,
        )


def _hour(value: object) -> Hour:
    """Turn "2026110100" into an hour; YAML reads it as a number when it is not quoted."""
    if isinstance(value, Hour):
        return value
    if not isinstance(value, str):
        example = value if isinstance(value, int) else "2026110100"
        raise ValueError(f'write it quoted, as "{example}"')  # noqa: TRY004 - pydantic wants ValueError
    return Hour.from_key(value)


class ArchiveSettings(Part):
    """Where the archive lies."""

    root: str = Field(description="bucket and prefix, as s3://bucket/prefix")
    endpoint_url: str | None = Field(default=None, description="for S3-compatible servers; AWS when left out")
    region: str | None = None
    sse_kms_key_id: str | None = Field(
        default=None, description="the KMS key that S3 encrypts each object with; S3's own default when left out"
    )
    first_hour: Annotated[Hour, PlainValidator(_hour)] = Field(description="UTC; the partitions' start, never changed")

    request_budget_url: SecretReference | None = Field(
        default=None,
        description="redis:// or rediss://, named as {env: NAME}: only when several machines archive the same apps",
    )

    @field_validator("root")
    @classmethod
    def _root_is_an_s3_url(cls, root: str) -> str:
        scheme, _, rest = root.rstrip("/").partition("://")
        bucket, *folders = rest.split("/")
        if scheme != "s3" or not _BUCKET.fullmatch(bucket) or not all(map(_FOLDER.fullmatch, folders)):
            raise ValueError("write it as s3://bucket/prefix, without credentials; those come from AWS_* variables")
        if not root.isprintable() or len(root) > _LONGEST_ROOT:
            raise ValueError(f"write it with at most {_LONGEST_ROOT} letters, all of which can be seen")
        return root.rstrip("/")

    @field_validator("endpoint_url")
    @classmethod
    def _endpoint_url_is_an_address(cls, url: str | None) -> str | None:
        if url is not None and _split_address(url) is None:
            raise ValueError("write the S3 server's address with http:// or https://, or leave it out for AWS")
        return url

    @field_validator("sse_kms_key_id")
    @classmethod
    def _sse_kms_key_id_names_a_key(cls, key: str | None) -> str | None:
        if key is not None and not _KMS_KEY.fullmatch(key):
            raise ValueError("write a KMS key's id, ARN or alias, as alias/chat-archive, or leave it out")
        return key

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return urlsplit(self.root).netloc

    @property
    def prefix(self) -> str:
        """The prefix inside the bucket, with a slash at its end, or nothing."""
        path = urlsplit(self.root).path.strip("/")
        return f"{path}/" if path else ""


def _is_alert_url(url: str) -> bool:
    import apprise  # noqa: PLC0415 - importing it takes 0.3 s, which every process would pay for nothing

    keep_secrets_out_of_logs()  # it logs a URL it cannot read, tokens and all
    return bool(apprise.Apprise().instantiate(url, suppress_exceptions=True))


def _alert_url(value: object) -> object:
    if isinstance(value, str) and not _is_alert_url(value):
        raise ValueError("is no apprise URL. Write one as the list of services at the apprise project shows it")
    return value


def _kind_of_alert(value: object) -> Literal["reference", "url"]:
    return "reference" if isinstance(value, (Mapping, SecretReference)) else "url"


AlertUrl = Annotated[
    Annotated[SecretReference, Tag("reference")] | Annotated[SecretStr, BeforeValidator(_alert_url), Tag("url")],
    Discriminator(_kind_of_alert),
]


class AlertSettings(Part):
    """Whom to wake. An alert URL often holds a token, so it is kept as a secret."""

    urls: tuple[AlertUrl, ...] = ()


class Settings(Part):
    """The whole settings file."""

    archive: ArchiveSettings
    alerts: AlertSettings = AlertSettings()
    apps: tuple[AppSettings, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _apps_can_be_told_apart(self) -> Self:
        names = Counter(app.name for app in self.apps)
        slugs = Counter(app.slug.casefold() for app in self.apps)
        for app in self.apps:
            if names[app.name] > 1:
                raise ValueError(f"apps: {app.name} stands there {names[app.name]} times. Keep one entry.")
            if slugs[app.slug.casefold()] > 1:
                raise ValueError(
                    f"apps: {app.name} would be called {app.slug!r} in S3 like another app. "
                    f"Give one of them a `slug:` of its own, and never change it afterwards.",
                )
        return self

    def app_named(self, name: str) -> AppSettings:
        """Return the app written `org/app`.

        Raises:
            KeyError: No such app; the message lists those there are.
        """
        for app in self.apps:
            if app.name == name:
                return app
        known = ", ".join(app.name for app in self.apps)
        raise KeyError(f"No app is called {name!r} in the settings. There are: {known}.")
