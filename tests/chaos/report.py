"""The figures of campaigns as Markdown, as JSON, and as one word: whether everything that has to be 0 is 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.campaign import CampaignResult
from tests.chaos.fault_kinds import Fault, Place


def verdicts(result: CampaignResult) -> dict[str, int]:
    """Return every figure that has to be 0."""
    audit = result.audit
    return {
        "messages lost": audit.lost,
        "messages doubled": audit.doubled,
        "messages altered": audit.altered,
        "conservation violations": len(audit.conservation),
        "half-visible hours": len(result.half_visible),
        "days that differ from their hours": len(audit.daily),
        "hours in a wrong state": len(audit.wrong_states),
        "hours still due": audit.still_due,
        "secrets in logs and records": len(result.secrets_told),
        "files left by runs that were not killed": len(result.left_behind),
        "undeclared errors and hung runs": len(result.surprises),
    }


def is_clean(result: CampaignResult) -> bool:
    """Tell whether nothing was found that may not be."""
    return not any(verdicts(result).values())


def as_json(result: CampaignResult) -> dict[str, Any]:
    """Return all figures as plain data."""
    return {
        "seed": result.seed,
        "s3": result.s3,
        "faults": {f"{place}: {fault}": count for (place, fault), count in sorted(result.faults.items())},
        "faults_total": sum(result.faults.values()),
        "campaign": _campaign_figures(result),
        "must_be_zero": verdicts(result),
        "failed_steps": dict(sorted(result.failures.items())),
        "findings": findings(result),
    }


def findings(result: CampaignResult) -> list[str]:
    """Return everything that may not be, in words."""
    audit = result.audit
    named = {
        "conservation": audit.conservation,
        "half-visible": result.half_visible,
        "daily": audit.daily,
        "state": audit.wrong_states,
        "secret": result.secrets_told,
        "left behind": result.left_behind,
        "undeclared": result.surprises,
    }
    return [f"{name}: {each}" for name, entries in named.items() for each in entries]


def as_markdown(results: Sequence[CampaignResult], faults: int) -> str:
    """Return a row for each campaign, and the first of them in full: `docs/reliability.md` has it as it is.

    Args:
        results: What each campaign found.
        faults: How many were asked for in each.
    """
    seeds = " ".join(str(result.seed) for result in results)
    command = f'`make chaos SEED="{seeds}" FAULTS={faults}` has printed this:'
    return "\n\n".join([command, _summary(results), *_in_full(results[0])])


def _summary(results: Sequence[CampaignResult]) -> str:
    rows = [_summarized(result) for result in results]
    return _table(list(rows[0]), [list(row.values()) for row in rows])


def _summarized(result: CampaignResult) -> dict[str, str]:
    audit = result.audit
    not_zero = [f"{name}: {count:,}" for name, count in verdicts(result).items() if count]
    figures = {
        "faults": sum(result.faults.values()),
        "runs": result.runs,
        "killed": result.killed,
        "steps that failed and were made good later": result.failures.total(),
        "hours": audit.hours.total(),
        "days compacted": audit.days,
        "messages": audit.messages,
        "seconds": round(result.seconds),
    }
    shown = {name: f"{figure:,}" for name, figure in figures.items()}
    return {"seed": str(result.seed), **shown, "has to be 0": ", ".join(not_zero) or "all 0"}


def _in_full(result: CampaignResult) -> list[str]:
    places = list(Place)
    head = ["fault", *places, "all"]
    rows = [
        [fault, *(_shown(result.faults.get((place, fault), 0)) for place in places), _shown(total)]
        for fault in Fault
        if (total := sum(result.faults.get((place, fault), 0) for place in places))
    ]
    sums = [sum(count for (each, _), count in result.faults.items() if each == place) for place in places]
    rows.append(["all", *(_shown(count) for count in sums), _shown(sum(sums))])
    return [
        f"Seed {result.seed} in full, S3: {result.s3}.",
        _table(head, rows),
        _table(["campaign", ""], [[name, f"{value:,}"] for name, value in _campaign_figures(result).items()]),
        _table(["has to be 0", ""], [[name, f"{value:,}"] for name, value in verdicts(result).items()]),
    ]


def _campaign_figures(result: CampaignResult) -> Mapping[str, int | float]:
    audit = result.audit
    return {
        "rounds": result.rounds,
        "days by the clock": round(result.days, 1),
        "runs": result.runs,
        "runs killed": result.killed,
        "files sent by parts, by runs that were not killed": result.sent_by_parts,
        "compactions begun while faults were on": result.compactions,
        "days compacted while faults were on": result.days_compacted,
        "rebuilds of coverage begun while faults were on": result.coverages,
        "looks of a reader while runs were alive": result.looks_beside,
        "steps that failed and were made good later": result.failures.total(),
        "hours": audit.hours.total(),
        "hours archived": audit.hours["archived"],
        "hours empty": audit.hours["empty"],
        "hours deleted before the campaign began, recorded as expired": audit.expired_before,
        "silent hours left open by a damaged file that is kept": audit.unconfirmed_silence,
        "days compacted": audit.days,
        "of them open again, their hours to be read": audit.open_days,
        "messages": audit.messages,
        "bytes in temporary folders of killed runs": result.left_by_killed,
        "seconds": round(result.seconds),
    }


def _shown(count: int) -> str:
    return f"{count:,}" if count else ""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
