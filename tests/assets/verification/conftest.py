"""An archive of every kind of hour, and somebody who does things to it behind its back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.assets.verification.archives import (
    BehindItsBack,
    Stored,
    archive_of_every_kind,
    everything_stored,
    store_again,
)
from tests.world import World

_archive: Stored = {}
"""What the first test archived; the others get copies, which takes a fifth of the time."""


@pytest.fixture
def somebody(world: World, s3_client: Any) -> BehindItsBack:
    """Archive a day with hours of every kind, and return who can change what is stored."""
    if _archive:
        store_again(world, s3_client, _archive)
    else:
        archive_of_every_kind(world)
        _archive.update(everything_stored(world, s3_client))
    return BehindItsBack(world, s3_client)
