"""Which addresses a download may be fetched from: those of the public internet, or of this machine's loopback.

Pure: no name is resolved here and nothing is connected (`checked_transport.py`). The networks are those of IANA's
registries of special-purpose addresses, and a few more behind which another address hides.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST: Final = ip_network("2000::/3")
"""Whatever else IPv6 has is mapped, translated, local, multicast or not given out: NAT64, for one, is 64:ff9b::/96."""

_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_NOT_PUBLIC: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network; Linux takes it for loopback
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a provider's NAT, and Alibaba Cloud's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's own server inside each virtual machine, on an address that looks public
            "169.254.0.0/16",  # link-local, and the metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments, and Oracle Cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks, and the made-up answers of some proxies' resolvers
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: any IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3ffe::/16",  # the 6bone, given back
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Tell whether an address is one host of the public internet, and nothing else in disguise.

    Python's `is_global` knows the registries as of its own release, so it is asked too; but alone it lets through
    multicast, 6to4, NAT64 and `192.0.0.8` (Python 3.11).
    """
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def is_loopback(address: Address) -> bool:
    """Tell whether an address is this machine's own, written plainly: no mapped form."""
    return any(address in network for network in _LOOPBACK)
