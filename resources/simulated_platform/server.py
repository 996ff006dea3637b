"""The requests that the simulated platform understands, and its answers to them, as a Starlette application.

What an answer depends on lies elsewhere: earlier requests in `platform_state.py`, hours in `hour_files.py`, signatures
in `signed_urls.py`, the words of errors in `error_bodies.py`. Listening on a port is `serving.py`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resources.hours.hour import KEY_FORMAT, Hour
from resources.simulated_platform import error_bodies, signed_urls
from resources.simulated_platform.error_bodies import ErrorAnswer
from resources.simulated_platform.hour_files import Version, gzip_files, lines_of, version_at
from resources.simulated_platform.platform_state import SimulatedPlatform
from resources.simulated_platform.scripting import ReceivedRequest, RequestKind, TroubledResponse
from resources.simulated_platform.signed_urls import Signature
from resources.simulated_platform.simulated_app import EmptyHourAnswer, SimulatedApp

_TIME = re.compile(r"[12]\d{9}", re.ASCII)
_FILE_NAME = re.compile(r"(?P<time>\d{10})(?:-(?P<part>\d+))?\.gz", re.ASCII)
_LARGEST_REQUEST_BODY = 5 * 1024
_LONGEST_TTL = 10 * 365 * 86_400
_MISSING_CREDENTIALS = {
    "client_id": error_bodies.CLIENT_ID_MISSING,
    "client_secret": error_bodies.CLIENT_SECRET_MISSING,
}

Answer = Callable[[Request], Awaitable[Response]]


def web_application(platform: SimulatedPlatform) -> Starlette:
    """Return the ASGI application that answers for the platform."""
    answers = _Answers(platform)
    unknown = _endpoint(platform, RequestKind.OTHER, answers.no_such_resource)
    wrong_method = _endpoint(platform, RequestKind.OTHER, answers.method_not_supported)
    return Starlette(
        routes=[
            _route(platform, RequestKind.TOKEN, "/{org}/{app}/token", "POST", answers.token),
            _route(platform, RequestKind.HISTORY, "/{org}/{app}/chatmessages/{time}", "GET", answers.history),
            _route(platform, RequestKind.FILE, "/history/{tier}/{org}/{app}/{name}", "GET", answers.file),
        ],
        exception_handlers={404: _as_handler(unknown), 405: _as_handler(wrong_method)},
    )


class _Refused(Exception):
    """The platform answers with one of its errors."""

    def __init__(self, error: ErrorAnswer) -> None:
        super().__init__(error.error)
        self.error = error


class _Answers:
    """What the platform answers of its own accord, one method for each kind of request."""

    def __init__(self, platform: SimulatedPlatform) -> None:
        self._platform = platform

    async def token(self, request: Request) -> Response:
        app = self._app(request)
        asked = await _json_object(request)
        match asked.get("grant_type"):
            case "client_credentials":
                return self._token_for_credentials(app, asked)
            case "agora":
                return self._token_for_access_token(app, request)
            case "password":
                raise _Refused(error_bodies.WRONG_PASSWORD)
            case _:
                raise _Refused(error_bodies.INVALID_REQUEST)

    async def history(self, request: Request) -> Response:
        app, time = self._app(request), request.path_params["time"]
        refusal = self._platform.token_refusal(app, _bearer(request)) or self._platform.rate_refusal(app)
        if refusal is not None:
            raise _Refused(refusal)
        hour = _hour_named(time, app)
        if hour is None:
            raise _Refused(error_bodies.TIME_NOT_SUPPORTED)
        version = version_at(app, hour, self._platform.clock.now())
        if version in {Version.NOT_WRITTEN, Version.DELETED}:
            raise _Refused(error_bodies.expired_or_unstored(app.key, time))
        if not lines_of(app, hour, version):
            if app.empty_hour_answer is EmptyHourAnswer.NOT_FOUND:
                raise _Refused(error_bodies.no_file(app.key, time))
            if app.empty_hour_answer is EmptyHourAnswer.NO_URL:
                return self._urls(request, app, [])
        return self._urls(request, app, [f"{time}.gz", *(f"{time}-{part}.gz" for part in range(1, app.urls_per_hour))])

    async def file(self, request: Request) -> Response:
        now = self._platform.clock.now()
        if "authorization" in request.headers:
            return _storage_error(400, "InvalidArgument", "Only one auth mechanism is allowed.")
        match signed_urls.check(request.url.path, request.query_params, now):
            case Signature.WRONG:
                return _storage_error(403, "SignatureDoesNotMatch", "The signature of the request is not ours.")
            case Signature.EXPIRED:
                return _storage_error(403, "AccessDenied", "Request has expired.")
            case Signature.VALID:
                content = self._file_content(request, now)
        if content is None:
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return Response(content, media_type="application/octet-stream")

    async def no_such_resource(self, _request: Request) -> Response:
        raise _Refused(error_bodies.NO_SUCH_RESOURCE)

    async def method_not_supported(self, _request: Request) -> Response:
        raise _Refused(error_bodies.METHOD_NOT_SUPPORTED)

    def _token_for_credentials(self, app: SimulatedApp, asked: dict[str, object]) -> Response:
        for name, missing in _MISSING_CREDENTIALS.items():
            if not isinstance(asked.get(name), str):
                raise _Refused(missing)
        if asked["client_id"] != app.client_id:
            raise _Refused(error_bodies.WRONG_CLIENT_ID)
        if asked["client_secret"] != app.client_secret:
            raise _Refused(error_bodies.WRONG_CLIENT_SECRET)
        lifetime = _lifetime_asked_for(asked, self._platform.token_lifetime)
        token = self._platform.give_token(app, lifetime or None)
        seconds = int(lifetime.total_seconds())
        return _json({"access_token": token, "expires_in": seconds, "application": _application_id(app)})

    def _token_for_access_token(self, app: SimulatedApp, request: Request) -> Response:
        refusal = self._platform.token_refusal(app, _bearer(request))
        if refusal is not None:
            raise _Refused(refusal)
        lifetime = self._platform.token_lifetime
        token = self._platform.give_token(app, lifetime)
        expires = self._platform.clock.now() + lifetime
        return _json({"access_token": token, "expire_timestamp": int(expires.timestamp() * 1000)})

    def _urls(self, request: Request, app: SimulatedApp, names: list[str]) -> Response:
        now = self._platform.clock.now()
        storage = self._platform.storage_url or str(request.base_url).rstrip("/")
        folder = f"/history/{app.retention.days}D/{app.org}/{app.app}"
        paths = [f"{folder}/{name}" for name in names]
        return _json(
            {
                "action": "get",
                "application": _application_id(app),
                "uri": str(request.url),
                "data": [{"url": f"{storage}{path}?{signed_urls.signed_query(path, now)}"} for path in paths],
                "timestamp": int(now.timestamp() * 1000),
                "duration": 0,
                "organization": app.org,
                "applicationName": app.app,
            }
        )

    def _file_content(self, request: Request, now: datetime) -> bytes | None:
        app, name = self._app(request), _FILE_NAME.fullmatch(request.path_params["name"])
        hour = None if name is None else _hour_named(name["time"], app)
        if name is None or hour is None:
            return None
        version = version_at(app, hour, now)
        if version in {Version.NOT_WRITTEN, Version.DELETED}:
            return None
        return gzip_files(app, hour, version)[int(name["part"] or 0)]

    def _app(self, request: Request) -> SimulatedApp:
        org, name = request.path_params["org"], request.path_params["app"]
        app = self._platform.app_named(org, name)
        if app is None:
            raise _Refused(error_bodies.no_such_app(org, name, request.url.path.removeprefix("/")))
        return app


def _route(platform: SimulatedPlatform, kind: RequestKind, path: str, method: str, answer: Answer) -> Route:
    return Route(path, _endpoint(platform, kind, answer), methods=[method])


def _endpoint(platform: SimulatedPlatform, kind: RequestKind, answer: Answer) -> Answer:
    """Record each request, let a script replace or alter the answer, and date it by the platform's clock."""

    async def own_answer(request: Request) -> Response:
        try:
            return await answer(request)
        except _Refused as refused:
            body = refused.error.body(platform.clock.now())
            return Response(body, refused.error.status, media_type=error_bodies.JSON)

    async def endpoint(request: Request) -> Response:
        now = platform.clock.now()
        script = platform.received(
            ReceivedRequest(kind, request.method, request.url.path, frozenset(request.headers), now)
        )
        if script is None:
            response = await own_answer(request)
        else:
            whole = script.response() if script.status is not None else await own_answer(request)
            response = TroubledResponse(whole, script)
        response.headers.setdefault("date", format_datetime(now, usegmt=True))
        return response

    return endpoint


def _as_handler(endpoint: Answer) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, _error: Exception) -> Response:
        return await endpoint(request)

    return handler


def _hour_named(time: str, app: SimulatedApp) -> Hour | None:
    """Read `{time}`, which names an hour of the app's zone; None when it is malformed."""
    if not _TIME.fullmatch(time):
        return None
    try:
        return Hour.containing(datetime.strptime(time, KEY_FORMAT).replace(tzinfo=app.hour_zone).astimezone(UTC))
    except ValueError:
        return None


async def _json_object(request: Request) -> dict[str, object]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise _Refused(error_bodies.NOT_SENT_AS_JSON)
    body = await request.body()
    if len(body) > _LARGEST_REQUEST_BODY:
        raise _Refused(error_bodies.REQUEST_TOO_LARGE)
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _Refused(error_bodies.NOT_JSON) from None
    if not isinstance(asked, dict):
        raise _Refused(error_bodies.INVALID_REQUEST)
    return asked


def _lifetime_asked_for(asked: dict[str, object], default: timedelta) -> timedelta:
    """Return the `ttl`, in seconds; zero stands for a token without end."""
    match asked.get("ttl"):
        case None:
            return default
        case int(seconds) if 0 <= seconds <= _LONGEST_TTL:
            return timedelta(seconds=seconds)
        case _:
            raise _Refused(error_bodies.INVALID_REQUEST)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _application_id(app: SimulatedApp) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, app.key))


def _json(content: dict[str, object]) -> Response:
    return Response(orjson.dumps(content), media_type=error_bodies.JSON)


def _storage_error(status: int, code: str, message: str) -> Response:
    return Response(error_bodies.storage_page(code, message), status, media_type=error_bodies.XML)
