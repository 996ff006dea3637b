"""The words that generated messages are made of, as they stand inside a JSON text: escaped, ready to be joined.

A list holds a frequent word several times, so that a plain draw from it is uneven, as in a real language.
"""
# ruff: noqa: RUF001 - these words are meant to hold every kind of character

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

_ENGLISH = (
    "the of and to in is you that it he was for on are as with his they at be this have from or one had by word but"
    " not what all were we when your can said there use an each which she do how their if will up other about out many"
    " then them these so some her would make like him into time has look two more write go see number no way could"
    " people my than first water been call who oil its now find long down day did get come made may part order parcel"
    " meeting update login screen photo thanks please tomorrow tonight yesterday morning price refund support ticket"
)
_CHINESE = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"
    "法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外"
)
_ARABIC = (
    "من في على إلى هذا التي الذي عن مع كان بعد قبل يوم شكرا مرحبا نعم لا الطلب رقم الصورة رسالة غدا اليوم صباح الخير"
    " مساء النور أهلا وسهلا كيف حالك بخير الحمد لله إن شاء موعد الساعة البيت العمل المدرسة السوق السعر كم هل متى أين"
)
_EMOJI = "😂 👍 ❤️ 🙏 😍 🎉 😭 🔥 👌 🤣 😊 💪 🌹 🍜 👩‍👩‍👧‍👦 👍🏿 🏳️‍🌈 🇯🇵 ✨ 😅"
_ESCAPED = (
    r"\"really?\"",
    r"C:\\temp\\report.txt",
    r"first\nsecond\nthird",
    r"a\tb",
    r"<b>&amp;<\/b>",
    r"caf\u00e9",
    r"it's {\"a\": [1, 2]}",
    r"no\r\nmore",
)
_SYLLABLES = ("ba", "co", "di", "fen", "gra", "hol", "in", "ju", "ker", "lo", "mi", "nor", "pa", "qui", "ro", "sta")
_MADE_UP_WORDS = 6_000
_LENGTHS = (1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 34, 40, 56, 90)


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language.

    Attributes:
        words: What texts are drawn from, frequent words several times.
        separator: What stands between two words.
        lengths: How many words a text has, likewise.
    """

    words: tuple[str, ...]
    separator: str
    lengths: tuple[int, ...]


def languages(rng: Random) -> tuple[Language, ...]:
    """Return the languages, each as often as it is spoken."""
    made_up = ["".join(parts) for parts in product(_SYLLABLES, repeat=4)]
    rare = rng.sample(made_up, _MADE_UP_WORDS)
    english = Language((*_frequent(_ENGLISH.split()), *rare, *_asides(rng, 160)), " ", _LENGTHS)
    pairs = ["".join(pair) for pair in product(_CHINESE, repeat=2)]
    chinese_words = (*_frequent(pairs[:400]), *rng.sample(pairs, _MADE_UP_WORDS), *"，，。？！", *_asides(rng, 160))
    chinese = Language(chinese_words, "", _LENGTHS)
    arabic_stems = _ARABIC.split()
    arabic_pairs = [f"{first}{second}" for first, second in product(arabic_stems, repeat=2)]
    arabic = Language((*_frequent(arabic_stems), *arabic_pairs, *_asides(rng, 60)), " ", _LENGTHS)
    emoji = Language(tuple(_EMOJI.split()), "", (1, 1, 1, 2, 3, 5))
    return (*[english] * 9, *[chinese] * 6, *[arabic] * 2, emoji)


def _frequent(words: list[str]) -> list[str]:
    """Repeat words as Zipf's law has it: the first most often."""
    return [word for rank, word in enumerate(words) for _ in range(max(1, 1_200 // (rank + 4)))]


def _asides(rng: Random, count: int) -> list[str]:
    """Return what stands in texts beside words: emoji, escapes, numbers and addresses with their colons."""
    emoji = _EMOJI.split()
    asides = [rng.choice(emoji) for _ in range(count // 2)]
    asides += [rng.choice(_ESCAPED) for _ in range(count // 8)]
    asides += [f" https://shop.example.com/items/{rng.randrange(10**8)}?from=chat&t={n}:00 " for n in range(count // 8)]
    asides += [f"{rng.randrange(24):02}:{rng.randrange(60):02}" for _ in range(count // 8)]
    asides += [str(rng.randrange(10**6)) for _ in range(count // 8)]
    return asides
