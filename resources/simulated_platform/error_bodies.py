"""Every error that the token request, the history request and the signed file can answer with, as status and body.

The words are those of the platform's error index and of its documentation's samples. Where no sample shows the Java
exception's name, it is made up. When which error is given is decided in `server.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import orjson

JSON = "application/json;charset=UTF-8"
HTML = "text/html"
XML = "application/xml"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An answer that is an error, in the platform's JSON shape.

    Attributes:
        status: The HTTP status.
        error: What programs are told to branch on.
        description: `error_description`; None leaves it out, as some answers do.
        exception: The Java exception's name; None gives the short body without exception, timestamp and duration.
    """

    status: int
    error: str
    description: str | None
    exception: str | None

    def body(self, now: datetime) -> bytes:
        """Return the JSON body, its `timestamp` in Unix milliseconds."""
        fields: dict[str, object] = {"error": self.error}
        if self.exception is not None:
            fields |= {"exception": self.exception, "timestamp": int(now.timestamp() * 1000), "duration": 0}
        if self.description is not None:
            fields["error_description"] = self.description
        return orjson.dumps(fields)


_ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException"
_SECURITY = "org.apache.usergrid.rest.exceptions.SecurityException"
_UNAUTHORIZED = "org.apache.shiro.authz.UnauthorizedException"
_WEB_APPLICATION = "javax.ws.rs.WebApplicationException"

WRONG_CLIENT_ID = ErrorAnswer(400, "invalid_grant", "client_id does not match", None)
WRONG_CLIENT_SECRET = ErrorAnswer(400, "invalid_grant", "client_secret does not match", None)
WRONG_PASSWORD = ErrorAnswer(400, "invalid_grant", "invalid username or password", None)
CLIENT_ID_MISSING = ErrorAnswer(400, "illegal_argument", "client_id must be provided.", _ILLEGAL_ARGUMENT)
CLIENT_SECRET_MISSING = ErrorAnswer(400, "illegal_argument", "client_secret must be provided", _ILLEGAL_ARGUMENT)
INVALID_REQUEST = ErrorAnswer(400, "illegal_argument", "this is an invalid request.", _ILLEGAL_ARGUMENT)
NOT_JSON = ErrorAnswer(
    400,
    "json_parse",
    "Unexpected character ('=' (code 61)): was expecting a colon to separate field name and value\n"
    " at [Source: java.io.BufferedInputStream@170e3f35; line: 1, column: 23]",
    "com.fasterxml.jackson.core.JsonParseException",
)
TIME_NOT_SUPPORTED = ErrorAnswer(
    400, "illegal_argument", "This chatmessage request is not supported", _ILLEGAL_ARGUMENT
)
TOKEN_EXPIRED = ErrorAnswer(401, "unauthorized", "Unable to authenticate due to expired access token", _UNAUTHORIZED)
UNAUTHORIZED_WITHOUT_WORDS = ErrorAnswer(401, "unauthorized", None, _UNAUTHORIZED)
TOKEN_CORRUPT = ErrorAnswer(
    401, "auth_bad_access_token", "Unable to authenticate due to corrupt access token", _SECURITY
)
TOKEN_UNKNOWN = ErrorAnswer(401, "auth_bad_access_token", "Unable to authenticate", _SECURITY)
APP_BANNED = ErrorAnswer(
    403, "forbidden_service_operation", "Service operation not allowed", "EasemobForbiddenServiceOperationException"
)
FORBIDDEN = ErrorAnswer(403, "forbidden_op", "message history service is unopened", "EasemobForbiddenOpException")
NO_SUCH_RESOURCE = ErrorAnswer(
    404,
    "service_resource_not_found",
    "Service resource not found",
    "org.apache.usergrid.services.exceptions.ServiceResourceNotFoundException",
)
REQUEST_TOO_LARGE = ErrorAnswer(413, "Request Entity Too Large", "Request Entity Too Large", _WEB_APPLICATION)
NOT_SENT_AS_JSON = ErrorAnswer(415, "web_application", "Unsupported Media Type", _WEB_APPLICATION)
RATE_LIMIT = ErrorAnswer(
    429, "reach_limit", "This request has reached api limit", "com.easemob.ratelimit.ReachLimitException"
)
COMMUNITY_LIMIT = ErrorAnswer(
    429,
    "resource_limited",
    "You have exceeded the limit of the community edition. Please upgrade to the enterprise edition.",
    "com.easemob.ratelimit.ResourceLimitedException",
)
FREE_PLAN_LIMIT = ErrorAnswer(
    429,
    "resource_limited",
    "You have exceeded the limit of the Free edition. Please upgrade to higher edition.",
    "com.easemob.ratelimit.ResourceLimitedException",
)
METHOD_NOT_SUPPORTED = ErrorAnswer(
    500,
    "unsupported_service_operation",
    "Service operation not supported",
    "org.apache.usergrid.services.exceptions.UnsupportedServiceOperationException",
)
NO_SUCH_API = ErrorAnswer(500, "web_application", _WEB_APPLICATION, _WEB_APPLICATION)


def no_such_app(org: str, app: str, uri: str) -> ErrorAnswer:
    """Return the 404 for an org and app that this cluster does not know; `uri` is the path without its first slash."""
    return ErrorAnswer(
        404,
        "organization_application_not_found",
        f"Could not find application for {org}/{app} from URI: {uri}",
        "org.apache.usergrid.rest.exceptions.OrganizationApplicationNotFoundException",
    )


def expired_or_unstored(app_key: str, time: str) -> ErrorAnswer:
    """Return the ambiguous 400: the hour is not written yet, or is deleted already."""
    words = f"illegal arguments: appkey: {app_key}, time: {time}, maybe chat message history is expired or unstored"
    return ErrorAnswer(400, "illegal_argument", words, _ILLEGAL_ARGUMENT)


def illegal_time(app_key: str, time: str) -> ErrorAnswer:
    """Return the newer documentation's 400 for a malformed time: the former without its tail."""
    words = f"illegal arguments: appkey: {app_key}, time: {time}"
    return ErrorAnswer(400, "illegal_argument", words, _ILLEGAL_ARGUMENT)


def no_file(app_key: str, time: str) -> ErrorAnswer:
    """Return the 404 for an hour in which nobody spoke."""
    return ErrorAnswer(
        404,
        "storage_object_not_found",
        f"Failed to find chat message history download url for appkey: {app_key}, time: {time}",
        "com.easemob.history.StorageObjectNotFoundException",
    )


def every_error(org: str, app: str, time: str) -> tuple[ErrorAnswer, ...]:
    """Return every error in this module, so that a test can show each to a client."""
    constants = tuple(value for value in globals().values() if isinstance(value, ErrorAnswer))
    key = f"{org}#{app}"
    return (
        *constants,
        no_such_app(org, app, f"{org}/{app}/token"),
        expired_or_unstored(key, time),
        illegal_time(key, time),
        no_file(key, time),
    )


def gateway_page(status: int) -> bytes:
    """Return the HTML that a gateway before the platform answers with, for statuses such as 502, 503 and 504."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def storage_page(code: str, message: str) -> bytes:
    """Return the XML in which the object storage tells its errors."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error>\n  <Code>{code}</Code>\n  <Message>{message}</Message>\n"
        "  <RequestId>5C3D9175B6FC201293AD0000</RequestId>\n  <HostId>simulated-storage</HostId>\n</Error>\n"
    ).encode()
