"""What an attachment's secret is within one text: for the reference converter, one sign after the other.

A text is read as the list of what it spells: each character, and how it is written there.
"""

from __future__ import annotations

Spelled = list[tuple[str, str]]

BLANKS = " \t\n\r\f\v"
HEX = "0123456789abcdef"
NAMES = {"amp": "&", "quot": '"', "apos": "'", "quest": "?", "equals": "=", "semi": ";", "num": "#", "colon": ":"}


def speaks_of_secret(text: str) -> bool:
    return "secret" in plain(spelled(text))


def has_secret_key(text: str) -> bool:
    """Tell whether the word, anything but quotes, a quote and a colon follow each other."""
    for rest in plain(spelled(text)).split("secret")[1:]:
        quotes = [place for place in (rest.find('"'), rest.find("'")) if place >= 0]
        if quotes and rest[min(quotes) + 1 :].lstrip(BLANKS).startswith(":"):
            return True
    return False


def without_share_secret(url: str) -> str:
    """Return a URL without the parameters that are secrets.

    A parameter stands behind one of ?&;# in any spelling. One whose name ends in a word with `secret` in it goes, and
    so does all up to the next & or # that is written as such. A ? or # before it stays if an & follows, which goes.
    """
    head, *parameters = parted(spelled(url))
    kept = [*head]
    before: str | None = None
    for sign, *rest in parameters:
        written = sign[1]
        if before is not None and written.lower() not in ("&", "&amp;", "#"):
            continue
        if before in ("?", "#") and written != "#":
            written = before
        if is_secret(rest):
            before = written
        else:
            before = None
            kept += [(sign[0], written), *rest]
    return "".join(written for _, written in kept)


def parted(characters: Spelled) -> list[Spelled]:
    """Return what stands before the first sign, and every sign with what follows it."""
    parts: list[Spelled] = [[]]
    for character in characters:
        if character[0] in "?&;#":
            parts.append([])
        parts[-1].append(character)
    return parts


def is_secret(parameter: Spelled) -> bool:
    """Tell whether the word stands before some `=`, with blanks only just before that."""
    for rest in plain(parameter).split("secret")[1:]:
        name, equals, _ = rest.partition("=")
        if equals and not any(blank in name.rstrip(BLANKS) for blank in BLANKS):
            return True
    return False


def plain(characters: Spelled) -> str:
    """Return characters, those of the Latin alphabet as small letters."""
    return "".join(character.lower() if character.isascii() else character for character, _ in characters)


def spelled(text: str) -> Spelled:
    characters: Spelled = []
    place = 0
    while place < len(text):
        character, length = next_of(text, place)
        characters.append((character, text[place : place + length]))
        place += length
    return characters


def next_of(text: str, place: int) -> tuple[str, int]:
    """Return the character that is spelled there, and how many characters that takes."""
    found = None
    if text[place] == "%":
        found = after_percent(text, place)
    elif text[place] == "&":
        found = of_html(text, place)
    elif text[place] == "\\":
        found = after_backslashes(text, place)
    return found or (text[place], 1)


def after_percent(text: str, place: int) -> tuple[str, int] | None:
    end = place + 1
    while text[end : end + 2] == "25":
        end += 2
    if (character := of_hex(text[end : end + 2])) is not None:
        return character, end + 2 - place
    return ("%", end - place) if end > place + 1 else None


def after_backslashes(text: str, place: int) -> tuple[str, int]:
    end = place
    while text[end : end + 1] == "\\":
        end += 1
    for begin in ("u00", "x"):
        code = end + len(begin)
        if text[end:code].lower() == begin and (character := of_hex(text[code : code + 2])) is not None:
            return character, code + 2 - place
    following = text[end : end + 1]
    if following and following in "nrtNRT":
        return " ", end + 1 - place
    if following and following in "\"'/":
        return following, end + 1 - place
    return "\\", end - place


def of_html(text: str, place: int) -> tuple[str, int] | None:
    end = place + 1
    while text[end : end + 4].lower() == "amp;":
        end += 4
    stop = text.find(";", end)
    entity = text[end:stop].lower() if stop >= 0 else ""
    character = None
    if entity.startswith("#x") and len(entity) > 3:
        character = of_hex(entity[2:].lstrip("0").rjust(2, "0"))
    elif entity.startswith("#") and entity[1:].isascii() and entity[1:].isdigit() and len(entity) > 2:
        number = int(entity[1:])
        character = chr(number) if number <= 999 else None
    elif entity in NAMES:
        character = NAMES[entity]
    if character is not None:
        return character, stop + 1 - place
    return ("&", end - place) if end > place + 1 else None


def of_hex(digits: str) -> str | None:
    """Return the character of ASCII with a code of two digits."""
    digits = digits.lower()
    if len(digits) != 2 or digits[0] not in HEX[:8] or digits[1] not in HEX:
        return None
    return chr(int(digits, 16))
