"""What a msg_id tells by its form: a number where it is one, and the time that the platform's numbers carry."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.conversion.lines import Integers

Ids: TypeAlias = "pa.ChunkedArray[Any]"
Numbers = npt.NDArray[np.uint64]

_MOST_DIGITS: Final = 19
"""So many always fit into 64 bits."""

_FEWEST_DIGITS_WITH_TIME: Final = 17
_ID_EPOCH_SECONDS: Final = 1_417_564_800
"""An id's upper 32 bits are seconds since 2014-12-03: undocumented, and exact in every public sample since 2015, whose
ids have 17 to 19 digits."""

_TOLERANCE_MS: Final = 60_000


def numbers_of(ids: Ids, fewest_digits: int = 1) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Return ids as numbers, 0 for those that are none of at least so many digits, and which are."""
    lengths = pc.binary_length(ids).to_numpy()
    decimal = pc.ascii_is_decimal(ids).to_numpy() & (lengths >= fewest_digits) & (lengths <= _MOST_DIGITS)
    digits = ids if decimal.all() else pc.if_else(pa.array(decimal), ids, "0")
    return digits.cast(pa.uint64()).to_numpy(), decimal


def times_that_differ(ids: Ids, milliseconds: Integers) -> int:
    """Count the ids that carry a time more than a minute away from the message's own."""
    numbers, telling = numbers_of(ids, _FEWEST_DIGITS_WITH_TIME)
    id_milliseconds = ((numbers >> np.uint64(32)).astype(np.int64) + _ID_EPOCH_SECONDS) * 1000
    return int(np.count_nonzero(telling & (np.abs(id_milliseconds - milliseconds) > _TOLERANCE_MS)))
