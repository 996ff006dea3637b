"""What is wrong, in words that harm no terminal, table or record."""

from __future__ import annotations

from assets.verification.discrepancy import Discrepancy, Thing, Wrong


def test_a_strangers_words_are_kept_as_they_can_be_printed() -> None:
    found = Discrepancy(Wrong.EXTRA, Thing.OTHER, "", "a\x1b[31mb", "it is of \u202eacme")
    assert (found.key, found.detail) == ("a\ufffd[31mb", "it is of \ufffdacme")
    assert found.sentence.isprintable()
