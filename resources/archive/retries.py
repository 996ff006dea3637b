"""What is tried again beyond what boto3 tries by itself, how often, and after which pauses."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from urllib3.exceptions import HTTPError

from resources.archive.s3_errors import CHANGED_ON_THE_WAY, code_of, status_of
from resources.clock import Clock

TRIES = 5
"""A request is made at most so often, by boto3 and again by what stands here."""


def worth_another_try(error: BaseException) -> bool:
    """Tell what boto3 leaves to its caller, or gives up too soon.

    Bodies cut or changed on the way, two writers at the same instant, and a server that asks for fewer requests.
    """
    if isinstance(error, ClientError):
        overloaded = status_of(error) == HTTPStatus.SERVICE_UNAVAILABLE
        return overloaded or code_of(error) in CHANGED_ON_THE_WAY or was_a_conflict(error)
    # The last one is urllib3's own: botocore lets it through where the body of a refusal breaks off.
    return isinstance(error, ResponseStreamingError | IncompleteReadError | ReadTimeoutError | HTTPError)


def was_a_conflict(error: BaseException) -> bool:
    """Tell whether S3 saw two writers at the same instant and refused this one."""
    return isinstance(error, ClientError) and code_of(error) == "ConditionalRequestConflict"


def retrying(
    clock: Clock, worth: Callable[[BaseException], bool] = worth_another_try, *, tries: int = TRIES
) -> Retrying:
    """Return the attempts at something; the last error is raised as it came."""
    return Retrying(
        retry=retry_if_exception(worth),
        stop=stop_after_attempt(tries),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        sleep=clock.sleep,
        reraise=True,
    )
