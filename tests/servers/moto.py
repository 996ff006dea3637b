"""moto's S3 server in this process: there at once on every system, and no judge of credentials, clocks or checksums."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from unittest.mock import patch

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import ThreadedMotoServer


@contextmanager
def moto_server() -> Iterator[str]:
    """Serve S3 on loopback; yield the endpoint."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    lock, s3 = Lock(), create_backend_app("s3")

    def one_at_a_time(_: DomainDispatcherApplication, environ: dict[str, Any], start_response: Any) -> Any:
        # S3 checks a condition and stores in one step; moto does it in two, and nothing may come in between. To find
        # out that S3 is meant, moto would take as long again as the answer.
        with lock:
            return s3(environ, start_response)

    with patch.object(DomainDispatcherApplication, "__call__", one_at_a_time):
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()
