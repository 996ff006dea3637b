"""The production example, running by hand, for all tests that ask something of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

import pytest

from tests.deploy.by_hand import Deployment, deployment, missing_packages
from tests.left_out import leave_out
from tests.servers import postgres
from tests.world import AWS_ENVIRONMENT, start_world


@pytest.fixture(scope="package")
def deployed(s3_endpoint: str, s3_client: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Run the services over an empty archive, or skip the tests with what is missing."""
    if find_spec("dagster_postgres") is None:
        leave_out("dagster-postgres")
    if postgres.missing_programs() or missing_packages():
        missing = [*(["postgresql"] if postgres.missing_programs() else []), *missing_packages()]
        leave_out(" and ".join(missing))
    bucket_name = f"test-{uuid4().hex}"
    s3_client.create_bucket(Bucket=bucket_name)
    folder = tmp_path_factory.mktemp("deployment")
    with ExitStack() as stack:
        # The archive begins with the hour that is running, so that no tick finds anything to do.
        now = datetime.now(UTC)
        world = start_world(stack, s3_endpoint, bucket_name, folder, now=now, first_hour=f"{now:%Y%m%d%H}")
        secrets = {**AWS_ENVIRONMENT, **world.secrets, "AWS_CONFIG_FILE": os.devnull}
        database = stack.enter_context(postgres.postgres_server())
        yield stack.enter_context(deployment(database, secrets, world.settings_file, folder))
