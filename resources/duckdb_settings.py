"""How this project opens DuckDB: nothing is fetched at run time, and S3 is reached with the machine's credentials.

The extension that reads S3 comes from a wheel. What is asked lies elsewhere.
"""

from __future__ import annotations

import os
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

import boto3
import duckdb

from resources.settings import ArchiveSettings

_NOTHING_FROM_THE_NETWORK: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""DuckDB would otherwise download what a query seems to need."""


class NoCredentials(Exception):
    """Raised when there are no credentials for S3 on this machine."""


def open_duckdb(**settings: str | int | bool) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB in memory that shows times in UTC and fetches nothing by itself.

    Args:
        settings: DuckDB's own, by name.
    """
    connection = duckdb.connect(config={**settings, **_NOTHING_FROM_THE_NETWORK})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    """Teach a DuckDB to read S3, and to check its certificate: one of its two HTTP clients would not by itself."""
    extension = files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
    connection.load_extension(str(extension))
    connection.execute("SET enable_server_cert_verification = true")
    connection.execute("SET enable_curl_server_cert_verification = true")


def duckdb_over_s3(settings: ArchiveSettings) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that reads the archive's bucket.

    Credentials are those boto3 finds, as they are now: a session that outlives a role's credentials has to be started
    anew.

    Raises:
        NoCredentials: boto3 finds none.
    """
    connection = open_duckdb()
    load_httpfs(connection)
    if authority := os.environ.get("AWS_CA_BUNDLE"):  # as boto3 does
        connection.execute("SET ca_cert_file = $1", [authority])
    session = boto3.session.Session(region_name=settings.region)
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentials(
            "There are no credentials for S3 on this machine. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give "
            "it a role."
        )
    frozen = credentials.get_frozen_credentials()
    options: dict[str, str | bool] = {
        "KEY_ID": frozen.access_key or "",
        "SECRET": frozen.secret_key or "",
        "REGION": settings.region or session.region_name or "us-east-1",
    }
    if frozen.token:
        options["SESSION_TOKEN"] = frozen.token
    if settings.endpoint_url is not None:
        endpoint = urlsplit(settings.endpoint_url)
        options |= {"ENDPOINT": endpoint.netloc, "URL_STYLE": "path", "USE_SSL": endpoint.scheme == "https"}
    placeholders = ", ".join(f"{name} ?" for name in options)
    connection.execute(f"CREATE SECRET archive (TYPE s3, {placeholders})", list(options.values()))
    return connection
