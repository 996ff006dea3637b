"""The rows of the error catalogue: every answer the platform documents, and what each means for this program.

Data only. How an answer finds its row, and which exception comes of it, is in `error_catalogue.py`. Status codes,
`error` codes and fragments of descriptions are facts from the platform's error index (2021) and from the Agora Chat and
Easemob REST documentation up to 2026; the sentences are this project's. The archive sends three requests only: GET
chatmessages/{time}, POST token, and GET of a signed URL. So a row about users or groups can come back only if the
archive sent something it never means to send, and is a defect.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from resources.chat_platform.errors import ErrorKind


class HourAnswer(StrEnum):
    """What the platform can say about an hour instead of giving its file."""

    NO_FILE = "no_file"
    """404 `storage_object_not_found`: no file exists, because nobody spoke."""

    EXPIRED_OR_UNSTORED = "expired_or_unstored"
    """400 `illegal_argument`, "... expired or unstored": not written yet, or deleted already. Only the age tells."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One answer of the platform.

    Attributes:
        status: The HTTP status, or None for any.
        error: The `error` field of the body, or None for any, also for none at all.
        recognised_by: Lower-case fragments that must all occur in the description; empty for any description.
        kind: What is done about it, or None where the answer is not the platform's and nobody can know.
        meaning: One sentence: what the answer says.
        remedy: One or two sentences: what an operator does now.
        hour_answer: What it says about the hour; given exactly where the kind is `hour_state`.
    """

    status: int | None
    error: str | None
    recognised_by: tuple[str, ...]
    kind: ErrorKind | None
    meaning: str
    remedy: str
    hour_answer: HourAnswer | None = None


_RETRY = ErrorKind.RETRY
_RENEW = ErrorKind.RENEW_TOKEN
_WAIT = ErrorKind.WAIT_FOR_RATE_WINDOW
_HOUR = ErrorKind.HOUR_STATE
_CONFIGURATION = ErrorKind.WRONG_CONFIGURATION
_PLAN = ErrorKind.PLAN_LIMIT
_REFUSED = ErrorKind.REFUSED
_BUG = ErrorKind.OUR_BUG

_REPORT = "Report this message as a defect of the archive."
_REPORT_FOREIGN = f"{_REPORT} It asks for tokens and hourly files only, never for users or groups."
_REPORT_TIME = f"{_REPORT} Hours are asked for as YYYYMMDDHH."
_CHECK_CREDENTIALS = "Compare client id and client secret in the settings with the platform's console."
_CHECK_APP = "Compare org, app and REST host in the settings with the platform's console."
_CHECK_HOST = "Compare the REST host in the settings with the platform's console."
_CHECK_TOKEN = "If a new token is refused as well, check that the credentials and the REST host belong to this app."  # noqa: S105 - a sentence
_CHECK_ISSUER = "If a new token is refused as well, check that the REST host is that of the app's own cluster."
_ASK_PLATFORM = "Ask the platform's support whether this app is blocked or may not export its history."
_BUY = "Ask the platform's sales for a larger plan; waiting does not help."
_OPEN_SERVICE = "Ask the platform's sales to open the service for this app."
_LOOK_AGAIN = "Nothing yet: the archive tries again. If this lasts for hours, see the platform's status page."
_SLOW_DOWN = (
    "Nothing yet: the archive tries again in a later minute. If this lasts, find who else uses this app's requests."
)

# One entry reads as one row: what is recognised, what it means, what to do. The formatter would make it eight lines.
# fmt: off
ROWS: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(400, "invalid_grant", ("invalid username or password",), _CONFIGURATION,
        "The platform does not accept this user name with this password.",
        "The archive signs in as an app, not as a user. " + _CHECK_CREDENTIALS),
    CatalogueEntry(400, "invalid_grant", ("client_id does not match",), _CONFIGURATION,
        "The client id is not this app's.", _CHECK_CREDENTIALS),
    CatalogueEntry(400, "invalid_grant", ("client_secret does not match",), _CONFIGURATION,
        "The client secret is not the one that belongs to the client id.", _CHECK_CREDENTIALS),
    CatalogueEntry(400, "invalid_grant", (), _CONFIGURATION,
        "The platform does not accept these credentials.", _CHECK_CREDENTIALS),
    CatalogueEntry(400, "json_parse", (), _BUG,
        "The body of the request is not JSON.", _REPORT),
    CatalogueEntry(400, "illegal_argument", ("expired or unstored",), _HOUR,
        "The hour is not written yet, or is already deleted.",
        "Nothing for a young hour: it is asked for again. After its deadline the hour is lost and recorded as expired.",
        HourAnswer.EXPIRED_OR_UNSTORED),
    CatalogueEntry(400, "illegal_argument", ("illegal arguments", "appkey", "time"), _BUG,
        "The platform cannot read the hour in the path.", _REPORT_TIME),
    CatalogueEntry(400, "illegal_argument", ("chatmessage", "request is not supported"), _BUG,
        "The platform does not recognise the path as an hour's history.", _REPORT_TIME),
    CatalogueEntry(400, "illegal_argument", ("client_id must be provided",), _CONFIGURATION,
        "The request for a token carried no client id.", _CHECK_CREDENTIALS),
    CatalogueEntry(400, "illegal_argument", ("client_secret must be provided",), _CONFIGURATION,
        "The request for a token carried no client secret.", _CHECK_CREDENTIALS),
    CatalogueEntry(400, "illegal_argument", ("requires a property named username",), _BUG,
        "A user was to be created without a name.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("password or pin must",), _BUG,
        "A user was to be created without a password.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("newpassword is required",), _BUG,
        "A password was to be changed and the new one is missing.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("oldpassword is required",), _BUG,
        "A password was to be changed without an administrator's token.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("group member", "exist"), _BUG,
        "Somebody who does not exist was to be added to a group.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("invalid request",), _BUG,
        "Path, headers or body do not fit what the platform expects.", _REPORT),
    CatalogueEntry(400, "illegal_argument", ("from can", "be empty"), _BUG,
        "A message was to be sent with an empty sender.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("target_type can only be",), _BUG,
        "A message was to be sent to an unknown kind of recipient.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", ("username", "is not legal"), _BUG,
        "A user was to be created under a name that is not allowed.", _REPORT_FOREIGN),
    CatalogueEntry(400, "illegal_argument", (), _BUG,
        "The platform does not accept a value in the request.", _REPORT),
    CatalogueEntry(400, "invalid_parameter", (), _BUG,
        "A property of a group was to be changed that cannot be changed.", _REPORT_FOREIGN),
    CatalogueEntry(400, "required_property_not_found", (), _BUG,
        "The password of somebody who does not exist was to be reset.", _REPORT_FOREIGN),
    CatalogueEntry(400, "duplicate_unique_property_exists", (), _BUG,
        "A user was to be created under a name that is taken.", _REPORT_FOREIGN),
    CatalogueEntry(400, None, (), _BUG,
        "The platform does not understand the request.", _REPORT),

    CatalogueEntry(401, "unauthorized", ("registration is not open",), _RENEW,
        "Only an administrator's token may do this, and this one may have become invalid.", _CHECK_TOKEN),
    CatalogueEntry(401, "unauthorized", ("expired access token",), _RENEW,
        "The token has expired, or none was sent.", _CHECK_TOKEN),
    CatalogueEntry(401, "unauthorized", (), _RENEW,
        "The platform does not accept the token and does not say why.", _CHECK_TOKEN),
    CatalogueEntry(401, "auth_bad_access_token", ("corrupt access token",), _RENEW,
        "The token is damaged.", _CHECK_TOKEN),
    CatalogueEntry(401, "auth_bad_access_token", ("unable to authenticate",), _RENEW,
        "The token is well formed, but this server did not issue it.", _CHECK_ISSUER),
    CatalogueEntry(401, "auth_bad_access_token", (), _RENEW,
        "The token is not one the platform knows.", _CHECK_TOKEN),
    CatalogueEntry(401, None, (), _RENEW,
        "The request needs a valid token.", _CHECK_TOKEN),

    CatalogueEntry(403, "forbidden_op", ("already in group",), _BUG,
        "Somebody was to be added to a group who is in it already.", _REPORT_FOREIGN),
    CatalogueEntry(403, "forbidden_op", ("are not members of this group",), _BUG,
        "Somebody was to be removed from a group who is not in it.", _REPORT_FOREIGN),
    CatalogueEntry(403, "forbidden_op", ("user", "exist in group"), _BUG,
        "A group was to be handed to somebody who is not in it.", _REPORT_FOREIGN),
    CatalogueEntry(403, "forbidden_op", ("new owner and old owner",), _BUG,
        "A group was to be handed to its own owner.", _REPORT_FOREIGN),
    CatalogueEntry(403, "forbidden_op", ("forbidden operation on group owner",), _BUG,
        "A group's owner was to be blocked from it.", _REPORT_FOREIGN),
    CatalogueEntry(403, "forbidden_op", ("unopened",), _PLAN,
        "The service behind this request is not opened for the app.", _OPEN_SERVICE),
    CatalogueEntry(403, "forbidden_op", (), _REFUSED,
        "The platform does not allow this operation.", _ASK_PLATFORM),
    CatalogueEntry(403, "forbidden_service_operation", (), _REFUSED,
        "The app, or the user of the token, is banned.", _ASK_PLATFORM),
    CatalogueEntry(403, None, ("has joined too many groups",), _BUG,
        "Somebody was to join a group who is in too many.", _REPORT_FOREIGN),
    CatalogueEntry(403, None, ("too many groups/chatrooms",), _BUG,
        "A group was to be created in an app that has too many.", _REPORT_FOREIGN),
    CatalogueEntry(403, None, ("value-added service",), _PLAN,
        "The request belongs to a service that costs extra and is not opened for the app.", _OPEN_SERVICE),
    CatalogueEntry(403, None, (), _REFUSED,
        "The platform refuses the request.", _ASK_PLATFORM),

    CatalogueEntry(404, "organization_application_not_found", (), _CONFIGURATION,
        "This host knows no such org and app; an app lives on one cluster only.", _CHECK_APP),
    # The index lists this pair twice, with one description: for any resource and for a user who was looked up.
    CatalogueEntry(404, "service_resource_not_found", (), _CONFIGURATION,
        "The path leads to nothing on this host, or to a user, group or chat room that does not exist.", _CHECK_APP),
    CatalogueEntry(404, "storage_object_not_found", (), _HOUR,
        "No file exists for this hour: the platform has no message in it.",
        "Nothing: a later look confirms it. If messages are known to exist, ask the platform's support.",
        HourAnswer.NO_FILE),
    CatalogueEntry(404, None, ("username does not exist",), _BUG,
        "A user was to be deleted who does not exist.", _REPORT_FOREIGN),
    CatalogueEntry(404, None, (), _CONFIGURATION,
        "This host has no such interface.", _CHECK_APP),
    CatalogueEntry(405, None, (), _BUG,
        "The path is right and the method, such as GET or POST, is not.", _REPORT),
    CatalogueEntry(408, None, (), _RETRY,
        "The request did not reach the platform in time.", _LOOK_AGAIN),
    CatalogueEntry(413, "Request Entity Too Large", (), _BUG,
        "The body of the request is too large: a message may have 5 kB.", _REPORT),
    CatalogueEntry(413, None, (), _BUG,
        "The body of the request is larger than 5 kB.", _REPORT),
    CatalogueEntry(415, "web_application", (), _BUG,
        "The platform cannot read a body of this type, or a header of the request is out of place.", _REPORT),
    CatalogueEntry(415, None, (), _BUG,
        "The platform cannot read a body of this type.", _REPORT),

    CatalogueEntry(429, "resource_limited", (), _PLAN,
        "The app has used up what its plan, such as the community edition, allows.", _BUY),
    CatalogueEntry(429, "reach_limit", (), _WAIT,
        "The app's requests for this minute are used up.", _SLOW_DOWN),
    CatalogueEntry(429, None, (), _WAIT,
        "Requests come too fast, or the plan's limit is reached.", _SLOW_DOWN),

    CatalogueEntry(500, "no_full_text_index", (), _BUG,
        "Users were to be searched by a field that cannot be searched.", _REPORT_FOREIGN),
    CatalogueEntry(500, "unsupported_service_operation", (), _BUG,
        "The path does not take this method.", _REPORT),
    CatalogueEntry(500, "web_application", (), _BUG,
        "The platform offers no such interface.", _REPORT),
    CatalogueEntry(500, None, (), _RETRY,
        "The platform failed while it served the request.", _LOOK_AGAIN),
    CatalogueEntry(501, None, (), _BUG,
        "The platform cannot do what the request asks for.", _REPORT),
    CatalogueEntry(502, None, (), _RETRY,
        "A gateway of the platform got no usable answer from the server behind it.", _LOOK_AGAIN),
    CatalogueEntry(503, None, (), _RETRY,
        "The platform is not available, or slows requests down.", _LOOK_AGAIN),
    CatalogueEntry(504, None, (), _RETRY,
        "A gateway of the platform waited too long for the server behind it.", _LOOK_AGAIN),

    # These codes mean one thing wherever they stand, so they are believed under a status they do not belong to.
    CatalogueEntry(None, "reach_limit", (), _WAIT,
        "The app's requests for this minute are used up, under an unusual status.", _SLOW_DOWN),
    CatalogueEntry(None, "resource_limited", (), _PLAN,
        "The app has used up what its plan allows, under an unusual status.", _BUY),
    CatalogueEntry(None, "unauthorized", (), _RENEW,
        "The platform does not accept the token, under an unusual status.", _CHECK_TOKEN),
    CatalogueEntry(None, "auth_bad_access_token", (), _RENEW,
        "The token is not one the platform knows, under an unusual status.", _CHECK_TOKEN),
    CatalogueEntry(None, "invalid_grant", (), _CONFIGURATION,
        "The platform does not accept these credentials, under an unusual status.", _CHECK_CREDENTIALS),
    CatalogueEntry(None, "organization_application_not_found", (), _CONFIGURATION,
        "This host knows no such org and app, under an unusual status.", _CHECK_APP),
    CatalogueEntry(None, "forbidden_service_operation", (), _REFUSED,
        "The app, or the user of the token, is banned, under an unusual status.", _ASK_PLATFORM),
)

FAMILIES: dict[int, CatalogueEntry] = {
    3: CatalogueEntry(None, None, (), _CONFIGURATION,
        "The host sends the archive elsewhere, which the platform's REST host does not do.", _CHECK_HOST),
    4: CatalogueEntry(None, None, (), _REFUSED,
        "The host refuses the request with a status the platform does not document.", _ASK_PLATFORM),
    5: CatalogueEntry(None, None, (), _RETRY,
        "The host failed with a status the platform does not document.", _LOOK_AGAIN),
}
"""What is left of each hundred of statuses once the rows are gone through, by its first digit."""

UNKNOWN = CatalogueEntry(None, None, (), None,
    "The answer is not one the platform gives; it may be a page from a proxy or gateway on the way.",
    "Check that the REST host in the settings is right and that no proxy stands between, then report this message.")
"""Everything else, such as an HTML page with status 200."""
# fmt: on
