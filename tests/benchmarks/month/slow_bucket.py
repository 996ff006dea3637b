"""`python -m tests.benchmarks.month.slow_bucket FOLDER MILLISECONDS`: files as a bucket, every request a little late.

As much of S3 as a reader of Parquet needs: HEAD, and GET with a range. It counts requests and bytes, prints its
address, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Final
from urllib.parse import unquote

_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")
_COUNTS: Final = "/counts"


class SlowBucket(ThreadingHTTPServer):
    """Serves a folder.

    Args:
        folder: What the bucket `bench` holds.
        seconds: How late every answer is.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.seconds = seconds
        self._lock = Lock()
        self._requests = self._bytes = 0

    def count(self, size: int) -> None:
        """Count an answer."""
        with self._lock:
            self._requests += 1
            self._bytes += size

    def counted(self) -> dict[str, int]:
        """Return what was counted since the last call."""
        with self._lock:
            counts = {"requests": self._requests, "bytes": self._bytes}
            self._requests = self._bytes = 0
        return counts


class _Handler(BaseHTTPRequestHandler):
    server: SlowBucket
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        if self.path == _COUNTS:
            self._send(200, json.dumps(self.server.counted()).encode(), {})
            return
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        time.sleep(self.server.seconds)
        path = self.server.folder / unquote(self.path).partition("?")[0].removeprefix("/bench/")
        if not path.is_file():
            self.server.count(0)
            self._send(404, b"", {})
            return
        size = path.stat().st_size
        headers = {"ETag": f'"{size}"', "Accept-Ranges": "bytes", "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT"}
        match = _RANGE.fullmatch(self.headers.get("Range", ""))
        first, last = (int(match[1]), min(int(match[2] or size - 1), size - 1)) if match else (0, size - 1)
        if not with_body:
            self.server.count(0)
            self._send(200, None, headers | {"Content-Length": str(size)})
            return
        with path.open("rb") as file:
            file.seek(first)
            content = file.read(last - first + 1)
        self.server.count(len(content))
        if match:
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self._send(206 if match else 200, content, headers)

    def _send(self, status: int, content: bytes | None, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if content is not None:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if content:
            self.wfile.write(content)
        self.wfile.flush()


def main(folder: str, milliseconds: str) -> None:
    """Serve."""
    bucket = SlowBucket(Path(folder), float(milliseconds) / 1000)
    Thread(target=bucket.serve_forever, daemon=True).start()
    sys.stdout.write(f"127.0.0.1:{bucket.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
