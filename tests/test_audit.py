"""What pip-audit says becomes an exit code: a vulnerability fails, silence is called silence."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from tests import audit
from tests.audit import verdict

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
SKIPPED = {"name": "ours", "skip_reason": "not found"}
VULNERABLE = {
    "name": "urllib3",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.7"], "description": "..."}],
}


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([CLEAN, CLEAN], 0, "no known vulnerability in 2 packages."),
        ([CLEAN, SKIPPED], 0, "no known vulnerability in 1 packages, 1 unknown"),
        ([CLEAN, VULNERABLE], 1, "urllib3 2.0: PYSEC-1, mended in 2.7"),
        ([SKIPPED, VULNERABLE], 1, "PYSEC-1"),
        ([SKIPPED], 0, "NOT AUDITED"),
        ([], 0, "NOT AUDITED"),
    ],
)
def test_a_report_is_judged(dependencies: list[object], code: int, said: str) -> None:
    answer = verdict(json.dumps({"dependencies": dependencies, "fixes": []}), "Found something")
    assert answer[0] == code
    assert said in answer[1]


def http_error(status: str) -> str:
    """Return how pip-audit's last words end after an answer with that status."""
    return (
        f"requests.exceptions.HTTPError: {status} for url: https://pypi.org/pypi/httpx/0.28.1/json\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\npip_audit._service.interface.ServiceError\n"
    )


@pytest.mark.parametrize(
    ("report", "trouble", "code", "said"),
    [
        ("", "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed", 0, "NOT AUDITED"),
        ("", "requests.exceptions.ConnectionError: HTTPSConnectionPool", 0, "NOT AUDITED"),
        ("", http_error("500 Server Error: Internal Server Error"), 0, "NOT AUDITED"),
        ("", http_error("503 Server Error: Service Unavailable"), 0, "NOT AUDITED"),
        ("", http_error("429 Client Error: Too Many Requests"), 0, "NOT AUDITED"),
        ("", http_error("400 Client Error: Bad Request"), 1, "did not work"),
        ("", http_error("403 Client Error: Forbidden"), 1, "did not work"),
        ("", http_error("404 Client Error: Not Found"), 1, "did not work"),
        ("", "timed out", 0, "NOT AUDITED"),
        ("", "No module named pip_audit", 1, "No module named pip_audit"),
        ("{}", "", 1, "did not work"),
        ("[1]", "", 1, "did not work"),
    ],
)
def test_without_a_report_only_a_service_that_does_not_answer_is_no_failure(
    report: str, trouble: str, code: int, said: str
) -> None:
    answer = verdict(report, trouble)
    assert answer[0] == code
    assert said in answer[1]


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-2026-1"])
def test_what_is_accepted_with_a_reason_does_not_fail(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(audit, "ACCEPTED", MappingProxyType({name: "we do not call it"}))
    assert verdict(json.dumps({"dependencies": [VULNERABLE]}), "")[0] == 0
