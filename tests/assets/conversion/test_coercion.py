from __future__ import annotations

import pytest

from assets.conversion.coercion import Reader, float64, int32, int64, text


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, "a", ("a", True)),
        (text, "", ("", True)),
        (text, 2**70, ("1180591620717411303424", False)),
        (text, 1.5, (None, False)),
        (text, True, (None, False)),
        (text, None, (None, False)),
        (text, ["a"], (None, False)),
        (int32, 2**31 - 1, (2**31 - 1, True)),
        (int32, 2**31, (None, False)),
        (int32, -(2**31), (-(2**31), True)),
        (int64, 2**63 - 1, (2**63 - 1, True)),
        (int64, 2**63, (None, False)),
        (int64, "3279", (3279, False)),
        (int64, "-1", (-1, False)),
        (int64, "9223372036854775808", (None, False)),
        (int64, "03279", (None, False)),
        (int64, "3279 ", (None, False)),
        (int64, "٣", (None, False)),
        (int64, "", (None, False)),
        (int64, 10.0, (10, False)),
        (int64, 10.5, (None, False)),
        (int64, 1e300, (None, False)),
        (int64, True, (None, False)),
        (int64, None, (None, False)),
        (float64, 39.9053, (39.9053, True)),
        (float64, 39, (39.0, False)),
        (float64, 2**53 + 1, (None, False)),
        (float64, "39.9053", (39.9053, False)),
        (float64, "-1e-7", (-1e-7, False)),
        (float64, "1e999", (None, False)),
        (float64, "nan", (None, False)),
        (float64, "1_0", (None, False)),
        (float64, False, (None, False)),
        (float64, {}, (None, False)),
    ],
)
def test_a_value_is_read_exactly_or_not_at_all(
    read: Reader[object], value: object, expected: tuple[object, bool]
) -> None:
    column, own_type = read(value)
    assert (column, own_type) == expected
    assert type(column) is type(expected[0])
