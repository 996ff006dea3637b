"""What compacting knows of one closed day: a record beside those of its hours, written last. Data only."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from resources.archive.messages_record import PublishedObject


class DailyRecord(BaseModel):
    """A closed day as one object.

    Attributes:
        app: The app, `org/app`.
        date: The day, `YYYY-MM-DD`.
        schema_version: Of the object's columns.
        hours: The SHA-256 of each hourly object that went into it, by the hour's key.
        messages: Rows in the object.
        duplicates: Rows that were dropped, since an earlier hour of the day has the same in every column.
        object: The object.
        built_at: When it was built.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    record_version: Literal[1] = 1
    app: str
    date: str
    schema_version: int
    hours: dict[str, str]
    messages: int
    duplicates: int
    object: PublishedObject
    built_at: AwareDatetime
