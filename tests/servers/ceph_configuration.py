"""What a Ceph of one monitor, one OSD and one gateway is told, to start in seconds and serve loopback only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

KMS_KEY: Final = "testkey-1"
"""The one key that objects can be encrypted with."""

_IN_MEMORY: Final = {"osd objectstore": "memstore", "memstore device bytes": str(4 << 30)}
_IN_A_FILE: Final = {
    "osd objectstore": "bluestore",
    "bluestore block size": str(4 << 30),  # of which the file takes up what is used
    "osd memory target": str(896 << 20),
}


def ceph_configuration(folder: Path, cluster: str, monitor_port: int, *, durable: bool) -> str:
    """Return the text of ceph.conf.

    Args:
        folder: Where everything lies.
        cluster: The cluster's id.
        monitor_port: Where the monitor listens.
        durable: The OSD keeps what is stored in a file, not in its memory.
    """
    everywhere = {
        "fsid": cluster,
        "mon host": f"[v2:127.0.0.1:{monitor_port}]",
        "public network": "127.0.0.0/8",
        "ms bind ipv6": "false",
        "ms bind msgr1": "false",
        # Daemons trust each other. The gateway would still insist on a secure connection to the monitor, and hang.
        "auth cluster required": "none",
        "auth service required": "none",
        "auth client required": "none",
        "ms mon client mode": "crc",
        # One copy of everything in one placement group a pool: there is one OSD.
        "osd pool default size": "1",
        "osd pool default min size": "1",
        "osd pool default pg num": "1",
        "osd pool default pgp num": "1",
        "osd pool default pg autoscale mode": "off",
        "osd crush chooseleaf type": "0",
        "mon allow pool size one": "true",
        "mon max pg per osd": "1000",
        # The gateway asks the storage about a user each time. With its cache, whoever changes a user would first wait
        # half a minute for a gateway that was killed to say that it has heard.
        "rgw cache enabled": "false",
        "run dir": str(folder),
        "crash dir": str(folder),
        "log file": f"{folder}/$name.log",
        "pid file": "",
        "admin socket": "",
        "debug none": "0",
    }
    monitor = {"mon data": f"{folder}/monitor", "mon initial members": "a", "paxos propose interval": "0.01"}
    osd = {
        "osd data": f"{folder}/osd",
        **(_IN_A_FILE if durable else _IN_MEMORY),
        "osd class load list": "*",
        "osd class default list": "*",
        "osd op num shards": "2",
    }
    gateway = {
        # Chores of a large cluster, which only take time here.
        "rgw enable usage log": "false",
        "rgw enable gc threads": "false",
        "rgw enable lc threads": "false",
        "rgw enable quota threads": "false",
        "rgw run sync thread": "false",
        "rgw dynamic resharding": "false",
        "rgw override bucket index max shards": "1",
        "rgw data log num shards": "1",
        "rgw md log max shards": "1",
        "rgw usage max shards": "1",
        "rgw objexp hints num shards": "1",
        "rgw gc max objs": "1",
        "rgw lc max objs": "1",
        "rgw data log backing": "omap",
        "rgw crypt require ssl": "false",
        "rgw crypt s3 kms backend": "testing",
        "rgw crypt s3 kms encryption keys": f"{KMS_KEY}=a2V5LW9mLXRoZS10ZXN0cy1vZi10aGlzLWFyY2hpdmU=",
    }
    sections = {"global": everywhere, "mon": monitor, "osd": osd, "client.gateway": gateway}
    return "\n".join(f"[{name}]\n{_options(options)}" for name, options in sections.items())


def _options(options: Mapping[str, str]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in options.items())
