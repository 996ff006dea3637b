"""The S3 servers that the contract is tried on, and in words what each of them cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

import pytest

from tests.servers.ceph import CephServer


class Capability(StrEnum):
    """What a test may need of a server beyond what all of them can do."""

    CREDENTIALS_CHECKED = auto()
    CLOCK_CHECKED = auto()
    BYTES_CHECKED = auto()
    BYTES_UNCHECKED = auto()
    CHECKSUMS = auto()
    CONDITION_AT_COMPLETION = auto()
    CONDITIONS_IN_VERSIONS = auto()
    RETENTION_KEPT = auto()
    PARTS_LOCKED = auto()
    POLICIES_CHECKED = auto()
    KMS_KEYS_CHECKED = auto()
    OPERATED = auto()


MOTO_LACKS = {
    Capability.CREDENTIALS_CHECKED: "moto takes any access key and any secret key",
    Capability.CLOCK_CHECKED: "moto does not look at the time of a request",
    Capability.BYTES_CHECKED: "moto does not compare Content-MD5 with the body",
    Capability.POLICIES_CHECKED: "moto heeds a bucket's policy in part, and refuses without a reason",
    Capability.PARTS_LOCKED: "moto locks no object that came by parts",
    Capability.RETENTION_KEPT: "moto lets a retention be shortened",
    Capability.KMS_KEYS_CHECKED: "moto encrypts nothing and takes any key's name",
    Capability.OPERATED: "moto runs in this process: it has no users, no storage and no gateway to be harmed",
}
CEPH_LACKS = {Capability.BYTES_UNCHECKED: "Ceph refuses bytes that do not have their Content-MD5"}
CEPH_BEFORE_20_LACKS = {
    Capability.CHECKSUMS: "Ceph before 20 knows no checksum but Content-MD5",
    Capability.CONDITIONS_IN_VERSIONS: "Ceph before 20 does not know conditional puts in a bucket that keeps versions",
    Capability.CONDITION_AT_COMPLETION: "Ceph before 20 ignores a condition when an upload by parts is completed",
}


@dataclass(frozen=True)
class Backend:
    """An S3 server.

    Attributes:
        name: For people.
        endpoint: Where it serves.
        lacks: What it cannot do, each with a reason in words.
        server: What it takes to harm it, where that is possible.
    """

    name: str
    endpoint: str
    lacks: Mapping[Capability, str]
    server: CephServer | None = None

    def needs(self, *capabilities: Capability) -> None:
        """Skip the test, with the reason, if the server lacks one of these."""
        for capability in capabilities:
            if capability in self.lacks:
                pytest.skip(self.lacks[capability])


def moto_backend(endpoint: str) -> Backend:
    """Return moto."""
    return Backend("moto", endpoint, MOTO_LACKS)


def ceph_backend(server: CephServer) -> Backend:
    """Return Ceph; what it lacks depends on its age."""
    old = CEPH_BEFORE_20_LACKS if server.major_version < 20 else {}
    return Backend(f"Ceph {server.major_version}", server.endpoint, CEPH_LACKS | old, server)
