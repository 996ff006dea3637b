"""The S3 server of a campaign: Ceph where it is installed, else moto; and how it goes away and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.fault_proxy import FaultProxy
from tests.chaos.orders import ByParts
from tests.servers.ceph import CephServer, ceph_server, missing_programs
from tests.servers.moto import moto_server
from tests.world import AWS_ENVIRONMENT

S3_CHOICES: Final = ("ceph", "moto")
_SECONDS_GONE: Final = 0.3
_FIRST_CEPH_WITH_CONDITIONS: Final = 20


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running S3 server.

    Attributes:
        name: For the report.
        endpoint: Where it listens.
        ceph: The Ceph it is, or None for moto.
    """

    name: str
    endpoint: str
    ceph: CephServer | None = None

    @property
    def checks_uploads(self) -> bool:
        """Whether it refuses an upload that does not have its Content-MD5."""
        return self.ceph is not None

    @property
    def takes_by_parts(self) -> ByParts:
        """What may be sent by parts beside others that send the same: Ceph before 20 ignores the condition at the end.

        A raw file needs none: two of the same name hold the same bytes.
        """
        keeps_conditions = self.ceph is None or self.ceph.major_version >= _FIRST_CEPH_WITH_CONDITIONS
        return ByParts.ALL if keeps_conditions else ByParts.RAW_FILES

    def go_and_come_back(self, proxy: FaultProxy) -> None:
        """Be killed and started again; moto, which would forget everything, only cannot be reached for a while."""
        if self.ceph is not None:
            self.ceph.kill_gateway()
            time.sleep(_SECONDS_GONE)
            self.ceph.start_gateway()
        else:
            with proxy.gone():
                time.sleep(_SECONDS_GONE)

    def freeze_and_thaw(self) -> None:
        """Take requests and answer none for a while; Ceph only."""
        if self.ceph is not None:
            self.ceph.freeze_storage()
            time.sleep(_SECONDS_GONE)
            self.ceph.thaw_storage()


@contextmanager
def s3_server(folder: Path, kind: str | None) -> Iterator[S3Server]:
    """Run the S3 server that is asked for, or the best there is.

    Raises:
        RuntimeError: Ceph was asked for and is not installed.
    """
    missing = missing_programs()
    if kind == "ceph" and missing:
        raise RuntimeError(f"Ceph cannot be started: {', '.join(missing)} missing. Install it, or use --s3 moto.")
    if kind == "moto" or missing:
        with moto_server() as endpoint:
            yield S3Server("moto", endpoint)
        return
    folder.mkdir()
    access_key, secret_key = AWS_ENVIRONMENT["AWS_ACCESS_KEY_ID"], AWS_ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]
    with ceph_server(folder, access_key=access_key, secret_key=secret_key) as server:
        yield S3Server(f"Ceph RADOS Gateway {server.major_version}", server.endpoint, server)
