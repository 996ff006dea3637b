"""What verifying found of an app's hours and nobody has mended: one record an app. Data only.

It is written by the daily sample and read by the checks and the watch, so that what was found stays found until a later
look at the same hour finds it whole. Finding lies in `assets/verification`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

MOST_HOURS_KEPT: Final = 1_000
"""Of an archive that is damaged all over, so many hours are remembered: they are looked at again at each sample."""

MOST_SENTENCES_KEPT: Final = 5
"""So many sentences are kept of an hour; `chat-archive verify` names the rest."""


class VerificationRecord(BaseModel):
    """What the samples of an app have found.

    Attributes:
        app: The app, `org/app`.
        verified_at: When the last sample was taken.
        damaged: What is wrong with an hour, a sentence each, by the hour's key.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    record_version: Literal[1] = 1
    app: str
    verified_at: AwareDatetime
    damaged: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def with_sample(self, looked_at: Collection[str], found: Mapping[str, Collection[str]], now: datetime) -> Self:
        """Return the record after a sample: of the hours it looked at, only what it found is wrong.

        Args:
            looked_at: The keys of the hours that were verified.
            found: What is wrong, by the hour's key.
            now: By this machine's clock.
        """
        kept = {hour: said for hour, said in self.damaged.items() if hour not in looked_at}
        new = {hour: tuple(said)[:MOST_SENTENCES_KEPT] for hour, said in found.items()}
        damaged = sorted({**kept, **new}.items())[:MOST_HOURS_KEPT]
        return self.model_copy(update={"damaged": dict(damaged), "verified_at": now})
