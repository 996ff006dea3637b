"""A walk through the platform's whole error index, row by row, and the rules that hold for every answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resources.chat_platform.error_catalogue import (
    CATALOGUE,
    CatalogueEntry,
    HourAnswer,
    as_markdown,
    exception_for,
    look_up,
)
from resources.chat_platform.errors import (
    ErrorKind,
    PlanLimitReached,
    PlatformError,
    RateLimited,
    RequestBug,
    RequestRefused,
    TemporaryFailure,
    TokenRefused,
    UnexpectedAnswer,
    WrongConfiguration,
)

PAGE = Path(__file__).parents[3] / "docs" / "platform-errors.md"
HTML = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
REQUEST = "GET chatmessages/2026110123 of acme/support"

RETRY = ErrorKind.RETRY
RENEW = ErrorKind.RENEW_TOKEN
WAIT = ErrorKind.WAIT_FOR_RATE_WINDOW
HOUR = ErrorKind.HOUR_STATE
CONFIGURATION = ErrorKind.WRONG_CONFIGURATION
PLAN = ErrorKind.PLAN_LIMIT
REFUSED = ErrorKind.REFUSED
BUG = ErrorKind.OUR_BUG

Case = tuple[int, str | None, str | None, ErrorKind | None, str]

# One case reads as one row: status, error, description as the platform prints it, kind, and words that no other entry
# holds. The formatter would make it eight lines.
# fmt: off
STATUS_INDEX: list[Case] = [
    (400, None, None, BUG, "does not understand the request"),
    (401, None, None, RENEW, "needs a valid token"),
    (403, None, None, REFUSED, "The platform refuses the request"),
    (404, None, None, CONFIGURATION, "has no such interface"),
    (405, None, None, BUG, "GET or POST"),
    (408, None, None, RETRY, "did not reach the platform in time"),
    (413, None, None, BUG, "larger than 5 kB"),
    (415, None, None, BUG, "cannot read a body of this type."),
    (429, None, None, WAIT, "Requests come too fast"),
    (500, None, None, RETRY, "failed while it served"),
    (501, None, None, BUG, "cannot do what the request asks for"),
    (502, None, None, RETRY, "no usable answer"),
    (503, None, None, RETRY, "slows requests down"),
    (504, None, None, RETRY, "waited too long"),
]

ERROR_INDEX: list[Case] = [
    (400, "invalid_grant", "invalid username or password", CONFIGURATION, "as an app, not as a user"),
    (400, "invalid_grant", "client_id does not match", CONFIGURATION, "client id is not this app's"),
    (400, "json_parse",
        ("Unexpected character ('=' (code 61)): was expecting a colon to separate field name and value\n"
         " at [Source: java.io.BufferedInputStream@170e3f35; line: 1, column: 23]"),
        BUG, "is not JSON"),
    (400, "illegal_argument", "Entity user requires a property named username", BUG, "created without a name"),
    (400, "illegal_argument", "password or pin must provided", BUG, "created without a password"),
    (400, "illegal_argument", "newpassword is required", BUG, "the new one is missing"),
    (400, "illegal_argument", "oldPassword is required", BUG, "without an administrator's token"),
    (400, "illegal_argument", "group member username1 doesn't exist", BUG, "does not exist was to be added"),
    (400, "illegal_argument", "this is an invalid request.", BUG, "Path, headers or body"),
    (400, "illegal_argument", "from can't be empty", BUG, "empty sender"),
    (400, "illegal_argument",
        "target_type can only be 'users' or 'chatgroups' or 'chatrooms'", BUG, "unknown kind of recipient"),
    (400, "illegal_argument", "username [hxtest1@chat.com] is not legal", BUG, "name that is not allowed"),
    (400, "illegal_argument", "This chatmessage request is not supported", BUG, "recognise the path as an hour's"),
    (400, "illegal_argument",
        ("illegal arguments: appkey: chat-demo#chatdemoui, time: 2021063012,"
         " maybe chat message history is expired or unstored"),
        HOUR, "not written yet, or is already deleted"),
    (400, "invalid_parameter", "some of [groupid] are not valid fields", BUG, "property of a group"),
    (400, "required_property_not_found", "Entity user requires a property named username", BUG, "was to be reset"),
    (400, "duplicate_unique_property_exists",
        "Application null Entity user requires that property named username be unique, value of hxtest1 exists",
        BUG, "name that is taken"),
    (401, "unauthorized", "registration is not open, please contact the app admin", RENEW, "Only an administrator's"),
    (401, "unauthorized", "Unable to authenticate due to expired access token", RENEW, "expired, or none was sent"),
    (401, "auth_bad_access_token", "Unable to authenticate due to corrupt access token", RENEW, "token is damaged"),
    (401, "auth_bad_access_token", "Unable to authenticate", RENEW, "this server did not issue it"),
    (403, "forbidden_op",
        "can not join this group, reason:user: hxtest1 already in group: 40659491815425\n",
        BUG, "who is in it already"),
    (403, "forbidden_op", "users [hxtest100] are not members of this group!", BUG, "removed from a group"),
    (403, "forbidden_op", "user: username1 doesn't exist in group: 40659491815425", BUG, "handed to somebody"),
    (403, "forbidden_op", "new owner and old owner are the same", BUG, "handed to its own owner"),
    (403, "forbidden_op", "forbidden operation on group owner!", BUG, "was to be blocked"),
    (403, None,
        "can not join this group, reason:user %s has joined too many groups/chatroom!", BUG, "who is in too many"),
    (403, None, "this appKey has create too many groups/chatrooms!", BUG, "in an app that has too many"),
    (403, None,
        "Failure to call interface, because you didn't open audio and video value-added service", PLAN, "costs extra"),
    (404, "organization_application_not_found",
        "Could not find application for hx/hxdeo2 from URI: hx/hxdeo2/token", CONFIGURATION, "one cluster only"),
    (404, "service_resource_not_found", "Service resource not found", CONFIGURATION, "leads to nothing on this host"),
    (404, "service_resource_not_found", "Service resource not found", CONFIGURATION, "or to a user"),
    (404, None, "The deleted username does not exist", BUG, "was to be deleted"),
    (404, "storage_object_not_found",
        "Failed to find chat message history download url for appkey: hx#hxdemo2, time: 2021063012",
        HOUR, "has no message in it"),
    (413, "Request Entity Too Large", "Request Entity Too Large", BUG, "a message may have 5 kB"),
    (415, "web_application", "Unsupported Media Type", BUG, "a header of the request is out of place"),
    (429, "resource_limited",
        "You have exceeded the limit of the community edition. Please upgrade to the enterprise edition.",
        PLAN, "such as the community edition"),
    (429, "reach_limit", "This request has reached api limit", WAIT, "this minute are used up."),
    (500, "no_full_text_index",
        ("Entity 'user' with property named 'username' is not full text indexed."
         " You cannot use the 'contains' operand on this field"),
        BUG, "cannot be searched"),
    (500, "unsupported_service_operation", "Service operation not supported", BUG, "does not take this method"),
    (500, "web_application", "javax.ws.rs.WebApplicationException", BUG, "offers no such interface"),
]

BEYOND_THE_INDEX: list[Case] = [
    # answers that later documentation and clients show
    (400, "invalid_grant", "client_secret does not match", CONFIGURATION, "belongs to the client id"),
    (400, "invalid_grant", None, CONFIGURATION, "accept these credentials."),
    (400, "illegal_argument", "client_id must be provided.", CONFIGURATION, "carried no client id"),
    (400, "illegal_argument", "client_secret must be provided", CONFIGURATION, "carried no client secret"),
    (400, "illegal_argument",
        "illegal arguments: appkey: easemob-demo#testapp, time: 20181127", BUG, "cannot read the hour in the path"),
    (400, "illegal_argument", None, BUG, "does not accept a value"),
    (401, "unauthorized", None, RENEW, "does not say why"),
    (401, "auth_bad_access_token", None, RENEW, "not one the platform knows."),
    (403, "forbidden_op", "message recall service is unopened", PLAN, "behind this request is not opened"),
    (403, "forbidden_op", None, REFUSED, "does not allow this operation"),
    (403, "forbidden_service_operation", "Service operation not allowed", REFUSED, "is banned."),
    (429, "resource_limited",
        "You have exceeded the limit of the free edition. Please upgrade to higher edition.",
        PLAN, "such as the community edition"),
    # spelled differently between editions
    (404, "storage_object_not_found",
        "Failed to find chat message history download URL for appkey: acme#support, time: 2026110123.",
        HOUR, "has no message in it"),
    (404, "storage_object_not_found", None, HOUR, "has no message in it"),
    (400, "illegal_argument",
        "Illegal arguments: appkey: acme#support, time: 2026110123, maybe chat message history is Expired or Unstored.",
        HOUR, "not written yet, or is already deleted"),
    (400, "illegal_argument", "This `chatmessage` request is not supported.", BUG, "recognise the path as an hour's"),
    (429, "reach_limit", "This request has reached api limit.", WAIT, "this minute are used up."),
    # a code that means one thing is believed under any status
    (503, "reach_limit", None, WAIT, "minute are used up, under an unusual status"),
    (403, "resource_limited", None, PLAN, "its plan allows, under an unusual status"),
    (403, "unauthorized", None, RENEW, "accept the token, under an unusual status"),
    (500, "auth_bad_access_token", None, RENEW, "the platform knows, under an unusual status"),
    (401, "invalid_grant", "client_id does not match", CONFIGURATION, "credentials, under an unusual status"),
    (400, "organization_application_not_found", None, CONFIGURATION, "org and app, under an unusual status"),
    (401, "forbidden_service_operation", None, REFUSED, "is banned, under an unusual status"),
    (403, "resource_limited", "this appKey has create too many groups/chatrooms!", PLAN, "its plan allows, under"),
    # otherwise the status decides
    (401, "something_new", "Something new", RENEW, "needs a valid token"),
    (429, "something_new", None, WAIT, "Requests come too fast"),
    (500, "storage_object_not_found", None, RETRY, "failed while it served"),
    (503, "illegal_argument", "expired or unstored", RETRY, "slows requests down"),
    (200, "storage_object_not_found", None, None, "page from a proxy"),
    # the families, and what is not the platform's
    (302, None, None, CONFIGURATION, "sends the archive elsewhere"),
    (418, None, None, REFUSED, "refuses the request with a status"),
    (599, None, None, RETRY, "failed with a status"),
    (200, None, HTML, None, "page from a proxy"),
    (502, None, HTML, RETRY, "no usable answer"),
    (404, None, HTML, CONFIGURATION, "has no such interface"),
    (200, None, None, None, "page from a proxy"),
    (999, None, None, None, "page from a proxy"),
]
# fmt: on

CASES = STATUS_INDEX + ERROR_INDEX + BEYOND_THE_INDEX

STATUSES = st.sampled_from([200, 302, 400, 401, 403, 404, 429, 500, 502]) | st.integers()
ERRORS = st.none() | st.sampled_from([entry.error for entry in CATALOGUE if entry.error]) | st.text()
DESCRIPTIONS = st.none() | st.sampled_from([case[2] for case in CASES if case[2]]) | st.text()


@pytest.mark.parametrize(("status", "error", "description", "kind", "words"), CASES)
def test_every_documented_answer_finds_its_entry(
    status: int, error: str | None, description: str | None, kind: ErrorKind | None, words: str
) -> None:
    entry = look_up(status, error, description)

    assert entry.kind is kind
    assert [found for found in CATALOGUE if words in f"{found.meaning} {found.remedy}"] == [entry]


@pytest.mark.parametrize(("status", "error", "description"), [case[:3] for case in CASES])
def test_upper_and_lower_case_do_not_matter(status: int, error: str | None, description: str | None) -> None:
    entry = look_up(status, error and error.upper(), description and description.upper())

    assert entry is look_up(status, error, description)


def test_every_entry_is_reached_by_some_answer() -> None:
    reached = {look_up(status, error, description) for status, error, description, _, _ in CASES}

    assert set(CATALOGUE) - reached == set()


def test_the_two_answers_about_an_hour_are_told_apart() -> None:
    assert look_up(404, "storage_object_not_found", None).hour_answer is HourAnswer.NO_FILE
    assert look_up(400, "illegal_argument", "expired or unstored").hour_answer is HourAnswer.EXPIRED_OR_UNSTORED


@pytest.mark.parametrize("entry", CATALOGUE)
def test_an_entry_names_an_hour_answer_exactly_when_it_is_an_hour_state(entry: CatalogueEntry) -> None:
    assert (entry.hour_answer is not None) is (entry.kind is HOUR)


@given(status=STATUSES, error=ERRORS, description=DESCRIPTIONS)
@example(status=404, error=None, description="Failed to find chat message history download url")
@example(status=404, error="service_resource_not_found", description="storage_object_not_found")
@example(status=400, error="storage_object_not_found", description=None)
@example(status=400, error="illegal_argument", description=None)
@example(status=404, error="illegal_argument", description="expired or unstored")
def test_any_answer_has_an_entry_and_is_an_hour_state_only_if_the_answer_says_so(
    status: int, error: str | None, description: str | None
) -> None:
    entry = look_up(status, error, description)

    code = (error or "").lower()
    says_no_file = (status, code) == (404, "storage_object_not_found")
    says_expired = (status, code) == (400, "illegal_argument") and "expired or unstored" in (description or "").lower()
    assert entry in CATALOGUE
    assert (entry.hour_answer is HourAnswer.NO_FILE) is says_no_file
    assert (entry.hour_answer is HourAnswer.EXPIRED_OR_UNSTORED) is says_expired
    assert (entry.kind is HOUR) is (says_no_file or says_expired)


@given(before=st.text(), after=st.text())
def test_a_description_is_recognised_inside_other_text(before: str, after: str) -> None:
    description = f"{before} maybe chat message history is expired or unstored{after}"

    assert look_up(400, "illegal_argument", description).hour_answer is HourAnswer.EXPIRED_OR_UNSTORED


@pytest.mark.parametrize(
    ("status", "error", "exception"),
    [
        (503, None, TemporaryFailure),
        (401, "unauthorized", TokenRefused),
        (429, "reach_limit", RateLimited),
        (400, "invalid_grant", WrongConfiguration),
        (429, "resource_limited", PlanLimitReached),
        (403, "forbidden_op", RequestRefused),
        (400, "json_parse", RequestBug),
        (200, None, UnexpectedAnswer),
    ],
)
def test_each_kind_raises_its_own_exception_with_the_entry_s_remedy(
    status: int, error: str | None, exception: type[PlatformError]
) -> None:
    entry = look_up(status, error, None)
    raised = exception_for(entry, request=REQUEST)

    assert type(raised) is exception
    assert raised.remedy == entry.remedy


def test_an_exception_says_what_was_asked_and_what_came_back() -> None:
    raised = exception_for(look_up(429, "reach_limit", None), request=REQUEST)

    assert raised.what_happened == (
        "GET chatmessages/2026110123 of acme/support was answered with status 429, error reach_limit. "
        "The app's requests for this minute are used up."
    )


def test_an_exception_names_the_status_and_code_that_came_where_the_entry_stands_for_many() -> None:
    raised = exception_for(look_up(418, "i_am_a_teapot", None), request=REQUEST, status=418, error="i_am_a_teapot")

    assert "answered with status 418, error i_am_a_teapot." in raised.what_happened


def test_an_exception_for_a_nameless_answer_says_so() -> None:
    assert "answered with something unknown." in exception_for(look_up(200, None, HTML), request=REQUEST).what_happened


@pytest.mark.parametrize(
    "error",
    [
        pytest.param("YWMte3bGuOukEeiTkNP4grL7iwAAAAAAAAAA", id="a token"),
        pytest.param("d3b07384d113edec49eaa6238ad5ff00", id="a hexadecimal secret"),
        pytest.param("Ada said hello", id="text"),
        pytest.param("reach_limit\n", id="a code with a line break"),
        pytest.param("a" * 41, id="too long for a code"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_does_not_look_like_a_code_is_not_repeated(error: str) -> None:
    raised = exception_for(look_up(418, None, None), request=REQUEST, status=418, error=error)

    assert "answered with status 418. " in raised.what_happened


@pytest.mark.parametrize("answer", HourAnswer)
def test_an_hour_state_is_no_exception(answer: HourAnswer) -> None:
    entry = next(entry for entry in CATALOGUE if entry.hour_answer is answer)

    with pytest.raises(ValueError, match="not an error"):
        exception_for(entry, request=REQUEST)


def test_the_page_for_operators_is_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown()
