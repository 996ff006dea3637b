"""A seeded HTTP/1.1 proxy on loopback that passes requests on and lets some of them meet a fault.

It keeps the Host header, so that S3's signatures stay valid. Which request meets which fault is decided in
`fault_kinds.py`; here is what each fault does on the wire. A fault is counted once it has done something: an answer
without a body cannot be cut, and such a request goes through.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Final

from resources.simulated_platform.error_bodies import storage_page
from tests.chaos.canned_answers import Answer, canned
from tests.chaos.fault_kinds import CUTS, Choice, Fault, Faults, Place, Traffic
from tests.chaos.http_messages import LARGEST_HEAD, Request, answer_of, encoded_head, header, read_request

_LOOPBACK: Final = "127.0.0.1"
_SECONDS_TO_START: Final = 10.0
_LONGEST_DELAY: Final = 0.2
_LONGEST_STALL: Final = 20.0
_TRICKLED_PIECES: Final = 8
_TRICKLE_PAUSE: Final = 0.01
_RESET_WHEN_CLOSED: Final = struct.pack("ii", 1, 0)
_BEFORE_THE_SERVER: Final = frozenset({Fault.RESET_BEFORE, Fault.UPLOAD_CUT})
_LEAST_TO_CUT: Final = 2
_HOLDS_DATA: Final = frozenset({200, 206})


class _Broken(Exception):
    """The connection to the client is to be reset, or ended after what was sent."""

    def __init__(self, *, by_reset: bool) -> None:
        super().__init__()
        self.by_reset = by_reset


class FaultProxy:
    """One proxy before one server.

    Args:
        server: Host and port.
        traffic_of: Tells what a request is for, from its method and target.
        faults: Chooses and counts.
        now: The platform's clock.
        checks_uploads: Refuse an upload without the MD5 it was announced with, as S3 does. For a server that does not.
    """

    def __init__(
        self,
        server: tuple[str, int],
        traffic_of: Callable[[str, str], Traffic],
        faults: Faults,
        now: Callable[[], datetime],
        *,
        checks_uploads: bool = False,
    ) -> None:
        self._server = server
        self._traffic_of = traffic_of
        self._faults = faults
        self._now = now
        self._checks_uploads = checks_uploads
        self._is_gone = False
        self._clients: set[asyncio.Task[None] | None] = set()  # asyncio itself refers to them weakly
        self.listener = socket.create_server((_LOOPBACK, 0))

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{_LOOPBACK}:{self.listener.getsockname()[1]}"

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Reset every connection for a while, as if nobody listened."""
        self._is_gone = True
        try:
            yield
        finally:
            self._is_gone = False

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one client until it goes or is cut off."""
        task = asyncio.current_task()
        self._clients.add(task)
        try:
            while (request := await read_request(reader)) is not None:
                await self._exchange(request, reader, writer)
        except _Broken as broken:
            if broken.by_reset:
                _reset(writer)
        except (OSError, ValueError, asyncio.IncompleteReadError):
            _reset(writer)  # the client has gone, or the server does not answer
        finally:
            writer.close()
            self._clients.discard(task)

    async def _exchange(self, request: Request, reader: StreamReader, writer: StreamWriter) -> None:
        if self._is_gone:
            raise _Broken(by_reset=True)
        traffic = self._traffic_of(request.method, request.target)
        choice = self._faults.choose(traffic, f"{request.method} {request.path}")
        if choice is not None and choice.fault in _BEFORE_THE_SERVER:
            await self._break_before_the_server(choice, traffic, request, reader, writer)
        if request.waits_to_continue:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = replace(request, body=await reader.readexactly(request.length))
        answer = None
        if choice is not None:
            answer = canned(choice.fault, traffic.place, choice.random, self._now())
            if answer is not None:
                self._faults.injected(traffic.place, choice.fault)
        if answer is not None:
            await _send(answer, request.method, writer)
        else:
            answer = await self._asked(request, choice, traffic.place)
            await self._answer(answer, request, choice, traffic.place, (reader, writer))

    async def _break_before_the_server(
        self, choice: Choice, traffic: Traffic, request: Request, reader: StreamReader, writer: StreamWriter
    ) -> None:
        """Reset the connection before the server has the whole request; return if there is nothing to cut."""
        if choice.fault is Fault.UPLOAD_CUT:
            if request.length < _LEAST_TO_CUT:
                return
            if request.waits_to_continue:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            part = await reader.readexactly(choice.random.randrange(1, request.length))
            _, server = await asyncio.open_connection(*self._server)
            server.write(request.encoded(part))
            await server.drain()
            server.close()
        self._faults.injected(traffic.place, choice.fault)
        raise _Broken(by_reset=True)

    async def _asked(self, request: Request, choice: Choice | None, place: Place) -> Answer:
        """Let the server do its work, once or twice, perhaps on other bytes than the client sent."""
        fault, body = choice and choice.fault, request.body
        if choice is not None and fault is Fault.FLIPPED_UPLOAD and body:
            body = _flipped(body, choice.random)
            self._faults.injected(place, choice.fault)
        announced = header(request.headers, "content-md5")
        if self._checks_uploads and announced is not None and announced != _md5(body):
            return Answer(400, (("Content-Type", "application/xml"),), storage_page("BadDigest", "No."))
        encoded = request.encoded(body)
        if choice is not None and fault is Fault.REQUEST_TWICE:
            await answer_of(self._server, request.method, encoded)
            self._faults.injected(place, choice.fault)
        return await answer_of(self._server, request.method, encoded)

    async def _answer(
        self,
        answer: Answer,
        request: Request,
        choice: Choice | None,
        place: Place,
        client: tuple[StreamReader, StreamWriter],
    ) -> None:
        """Send the server's answer, with whatever is to happen to it."""
        reader, writer = client
        fault = choice and choice.fault
        cuttable = request.method != "HEAD" and len(answer.body) >= _LEAST_TO_CUT
        if choice is None or fault in {Fault.FLIPPED_UPLOAD, Fault.REQUEST_TWICE, Fault.UPLOAD_CUT}:
            await _send(answer, request.method, writer)
            return
        match fault:
            case Fault.ANSWER_LOST:
                self._faults.injected(place, fault)
                raise _Broken(by_reset=True)
            case Fault.STALL:
                self._faults.injected(place, fault)
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), _LONGEST_STALL)
                raise _Broken(by_reset=True)
            case Fault.DELAY:
                self._faults.injected(place, fault)
                await asyncio.sleep(choice.random.uniform(0, _LONGEST_DELAY))
            case Fault.TRICKLE if cuttable:
                self._faults.injected(place, fault)
                await _trickle(answer, writer)
                return
            case Fault.FLIPPED_ANSWER if cuttable and answer.status in _HOLDS_DATA:
                self._faults.injected(place, fault)
                answer = replace(answer, body=_flipped(answer.body, choice.random))
            case Fault.RESET_IN_ANSWER if cuttable:
                self._faults.injected(place, fault)
                await _send_part(answer, len(answer.body) // 2, writer)
                raise _Broken(by_reset=True)
            case _ if fault in CUTS and cuttable:
                self._faults.injected(place, choice.fault)
                sent = min(int(len(answer.body) * CUTS[choice.fault]), len(answer.body) - 1)
                await _send_part(answer, sent, writer)
                raise _Broken(by_reset=False)
        await _send(answer, request.method, writer)


@contextmanager
def serving(proxies: Sequence[FaultProxy]) -> Iterator[None]:
    """Serve the proxies from a thread of their own."""
    loop, started, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def until_ended() -> None:
        servers = [
            await asyncio.start_server(proxy.serve, sock=proxy.listener, limit=LARGEST_HEAD) for proxy in proxies
        ]
        started.set()
        await ended.wait()
        for server in servers:
            server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(until_ended(),), name="fault-proxies", daemon=True)
    thread.start()
    if not started.wait(_SECONDS_TO_START):
        raise RuntimeError("The fault proxies did not start.")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


async def _send(answer: Answer, method: str, writer: StreamWriter) -> None:
    writer.write(encoded_head(answer) + (b"" if method == "HEAD" else answer.body))
    await writer.drain()


async def _send_part(answer: Answer, length: int, writer: StreamWriter) -> None:
    writer.write(encoded_head(answer) + answer.body[:length])
    await writer.drain()
    await asyncio.sleep(_TRICKLE_PAUSE)  # a reset overtakes what was sent just before


async def _trickle(answer: Answer, writer: StreamWriter) -> None:
    writer.write(encoded_head(answer))
    step = -(-len(answer.body) // _TRICKLED_PIECES)
    for start in range(0, len(answer.body), step):
        await asyncio.sleep(_TRICKLE_PAUSE)
        writer.write(answer.body[start : start + step])
        await writer.drain()


def _reset(writer: StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)
        writer.transport.abort()


def _flipped(body: bytes, random: Random) -> bytes:
    place = random.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << random.randrange(8))]) + body[place + 1 :]


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
