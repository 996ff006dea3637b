"""`python -m tests.benchmarks.whole_path S3_URL PLATFORM_URL RAW FOLDER`: one hour captured and published, and timed.

What a Dagster run does for an hour, without Dagster. It ends with one line of JSON: the seconds of both steps.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TypeVar

import boto3
import yaml

from assets.capture import capture_hour
from assets.publish_messages import publish_messages
from resources.runtime import Runtime
from resources.settings_file import read_settings
from tests.benchmarks.generator import hour_of
from tests.benchmarks.servers import AGE, APP
from tests.fake_clock import FakeClock
from tests.world import AWS_ENVIRONMENT

Result = TypeVar("Result")

_BUCKET = "benchmark"
_SECRETS = {"BENCHMARK_CLIENT_ID": APP.client_id, "BENCHMARK_CLIENT_SECRET": APP.client_secret}


def main(s3_url: str, platform_url: str, raw: str, folder: str) -> None:
    """Capture and publish the hour, and tell the figures."""
    os.environ |= AWS_ENVIRONMENT | _SECRETS
    hour = hour_of(Path(raw))
    clock = FakeClock(hour.end + AGE)
    settings_file = Path(folder) / "settings.yaml"
    settings_file.write_text(yaml.safe_dump(_settings(s3_url, platform_url)), encoding="utf-8")
    with closing(boto3.client("s3", endpoint_url=s3_url, region_name="us-east-1")) as client:
        client.create_bucket(Bucket=_BUCKET)
    runtime = Runtime(read_settings(settings_file), clock, Random(1), Path(folder))
    with closing(runtime):
        [app] = runtime.settings.apps
        archive = runtime.archive(app)
        _, capture_seconds = _timed(lambda: capture_hour(hour, archive, lambda: runtime.platform(app), clock))
        (_, record), publish_seconds = _timed(lambda: publish_messages(hour, archive, clock))
    if record is None or record.counts is None:
        raise AssertionError("The hour was not published.")
    figures = {
        "capture": capture_seconds,
        "publish": publish_seconds,
        "seconds": capture_seconds + publish_seconds,
        "messages": record.counts.messages,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _timed(step: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = step()
    return result, time.perf_counter() - started


def _settings(s3_url: str, platform_url: str) -> dict[str, object]:
    return {
        "archive": {
            "root": f"s3://{_BUCKET}/history",
            "endpoint_url": s3_url,
            "region": "us-east-1",
            "first_hour": "2026110100",
        },
        "apps": [
            {
                "org": APP.org,
                "app": APP.app,
                "rest_url": platform_url,
                "hour_zone": "+00:00",
                "credentials": {
                    "type": "client_credentials",
                    "client_id": {"env": "BENCHMARK_CLIENT_ID"},
                    "client_secret": {"env": "BENCHMARK_CLIENT_SECRET"},
                },
                "download_hosts": ["127.0.0.1"],
                "allow_http": True,
                "requests_per_minute": APP.requests_per_minute,
            }
        ],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
