"""Which addresses are public: whatever hides another address, or is set aside for anything, is not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.chat_platform.addresses import Address, is_loopback, is_public


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "47.254.128.1", "93.184.215.14", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2400:3200::1"],
)
def test_a_host_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_no_form_that_hides_another_address_is_public(hidden: IPv4Address) -> None:
    number = int(hidden)
    words = f"{number >> 16:x}:{number & 0xFFFF:x}"
    for form in (f"::{words}", f"::ffff:{words}", f"::ffff:0:{words}", f"64:ff9b::{words}", f"64:ff9b:1::{words}"):
        assert not is_public(IPv6Address(form))
    assert not is_public(IPv6Address(f"2002:{words}::1"))  # 6to4
    assert not is_public(IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)))  # Teredo


@given(st.ip_addresses())
def test_what_python_does_not_call_global_is_not_public(address: Address) -> None:
    assert not is_public(address) or (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", False),
        ("::127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address that is refused
        ("10.0.0.1", False),
        ("93.184.215.14", False),
    ],
)
def test_loopback_is_this_machine_written_plainly(address: str, loopback: bool) -> None:
    assert is_loopback(ip_address(address)) is loopback
