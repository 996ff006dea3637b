"""No promise of the contract goes untried: what one server cannot do, another can."""

from __future__ import annotations

import pytest

from tests.resources.archive.contract.backends import CEPH_BEFORE_20_LACKS, CEPH_LACKS, MOTO_LACKS, Capability


@pytest.mark.parametrize("capability", Capability)
def test_whatever_a_test_needs_one_of_the_servers_has(capability: Capability) -> None:
    assert not (capability in MOTO_LACKS and capability in CEPH_LACKS | CEPH_BEFORE_20_LACKS)
