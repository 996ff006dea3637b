"""A service that people read, for tests of what is told."""

from __future__ import annotations

from resources.alerts import AlertNotSent


class Inbox:
    """Takes alerts; may be out of order."""

    def __init__(self, name: str = "inbox", *, works: bool = True) -> None:
        self.name, self.works = name, works
        self.letters: list[tuple[str, str]] = []

    def send(self, title: str, text: str) -> None:
        if not self.works:
            raise AlertNotSent(f"The {self.name} is down.")
        self.letters.append((title, text))

    @property
    def kinds(self) -> list[str]:
        """The kind of finding of each letter, in order."""
        return [title.rpartition(" ")[2] for title, _ in self.letters]
