"""What was noticed about an app's hours and told to people: losses, acknowledgements, alerts sent, old hours left open.

One record an app, beside its hours' records. It is kept apart from them because it has other writers: the watch, and a
person who acknowledges. Data only; noticing lies in `pipelines/findings.py`, telling in `pipelines/telling.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from resources.hours.state import Reason

_MENDED_AFTER: Final = timedelta(hours=22)
"""What was not found for so long is mended. Less than a day, since a catch-up once a day may come a little early."""


class Loss(BaseModel):
    """An hour that is lost.

    Attributes:
        reason: Why.
        found_at: When it was noticed.
        acknowledged_at: When a person has acknowledged it, or None.
        acknowledged_because: What the person wrote.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    reason: Reason
    found_at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None
    acknowledged_because: str | None = None


class SeenThrough(BaseModel):
    """How far the ledger was seen through, so that the records of old hours need not be read at every turn.

    Attributes:
        before: The key of an hour: all that are older are finished, unless they are named.
        unfinished: The keys of older hours for which something is still to be done.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    before: str
    unfinished: tuple[str, ...] = ()


class WatchRecord(BaseModel):
    """The watch over one app."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    record_version: Literal[1] = 1
    app: str
    losses: dict[str, Loss] = Field(default_factory=dict, description="by the hour's key")
    told: dict[str, AwareDatetime] = Field(
        default_factory=dict, description="what was told, and when; with @ and a service's name while others lack it"
    )
    gone: dict[str, AwareDatetime] = Field(
        default_factory=dict, description="what of that is found no more, since when"
    )
    seen_through: SeenThrough | None = Field(default=None, description="None: every record is still to be read")

    @property
    def unacknowledged(self) -> tuple[str, ...]:
        """The keys of lost hours that nobody has acknowledged, in order."""
        return tuple(sorted(hour for hour, loss in self.losses.items() if loss.acknowledged_at is None))

    def with_hours_seen(self, lost: Mapping[str, Reason], not_lost: Collection[str], now: datetime) -> Self:
        """Return the record after a look through the ledger.

        A loss stays in the record until its hour turns out not to be lost after all, as when a longer retention was
        bought in time and a look has brought it. What a person acknowledged stays acknowledged.
        """
        found = {hour: Loss(reason=reason, found_at=now) for hour, reason in lost.items() if hour not in self.losses}
        kept = {hour: loss for hour, loss in self.losses.items() if hour not in not_lost}
        return self.model_copy(update={"losses": dict(sorted({**kept, **found}.items()))})

    def with_seen_through(self, before: str, unfinished: Collection[str]) -> Self:
        """Return the record after every record of older hours was read that was not known to be finished."""
        return self.model_copy(
            update={"seen_through": SeenThrough(before=before, unfinished=tuple(sorted(unfinished)))}
        )

    def with_acknowledged(self, hours: Collection[str], because: str, now: datetime) -> Self:
        """Return the record after a person has acknowledged those of the hours that are lost and not acknowledged."""
        losses = dict(self.losses)
        for hour in set(hours).intersection(self.unacknowledged):
            stamp = {"acknowledged_at": now, "acknowledged_because": because}
            losses[hour] = losses[hour].model_copy(update=stamp)
        return self.model_copy(update={"losses": losses})

    def was_told(self, news: str, service: str) -> bool:
        """Tell whether a service has got this: alone, or with everybody else."""
        return news in self.told or f"{news}@{service}" in self.told

    def with_found(self, found: Collection[str], now: datetime) -> Self:
        """Return the record after a look: what was told, and was found no more for a day, is forgotten.

        So it is told once however long it lasts, and however long nobody looks; when it breaks again it is news.
        """
        told, gone = {}, {}
        for news, at in self.told.items():
            is_found = news.partition("@")[0] in found
            gone_since = self.gone.get(news, now)
            if now - gone_since < _MENDED_AFTER:
                told[news] = at
                if not is_found:
                    gone[news] = gone_since
        return self.model_copy(update={"told": told, "gone": gone})

    def with_told(self, news: Collection[str], now: datetime, service: str, everybody: Collection[str]) -> Self:
        """Return the record after a service was told those news.

        What everybody has got stands there without a name, which is all that older versions of this program know: they
        tell everybody again what only some have got, and keep the rest.
        """
        told = dict(self.told)
        for each in sorted(news):
            of_services = {f"{each}@{name}" for name in everybody}
            told[f"{each}@{service}"] = now
            if of_services <= told.keys():
                for known in of_services:
                    del told[known]
                told[each] = now
        return self.model_copy(update={"told": told})
