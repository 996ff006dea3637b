"""What is said, in several languages and scripts, and texts that programs stumble over.

Texts only; how a text becomes a message's body lies in `bodies.py`.
"""
# ruff: noqa: RUF001 - these texts are meant to hold every kind of character

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is said in one language: to open an exchange, and to go on with it."""

    openers: tuple[str, ...]
    replies: tuple[str, ...]


LANGUAGES: dict[str, Phrases] = {
    "english": Phrases(
        openers=(
            "Good morning! Did the parcel arrive?",
            "Hi, I cannot log in since the update.",
            "Are we still meeting at {number}?",
            "Could you look at order {number}, please?",
            "Look what I found on the way home 😄",
            "Has anybody seen the minutes of yesterday's call?",
        ),
        replies=(
            "Yes, thank you!",
            "One moment, I am looking into it.",
            "Sounds good 👍",
            "No, that was {number} days ago.",
            "Could you send me a picture?",
            "It's \"only\" a test, isn't it? \\o/",
            "I'll be there in {number} minutes.",
            "Ha! 😂😂",
        ),
    ),
    "chinese": Phrases(
        openers=(
            "你好，请问订单{number}什么时候发货？",
            "今天晚上一起吃饭吗？🍜",
            "更新以后登录不了了。",
            "大家早上好！",
            "会议改到{number}点，可以吗？",
        ),
        replies=(
            "好的，谢谢。",
            "稍等，我看一下。",
            "没问题👌",
            "已经收到了，非常满意！",
            "大概还要{number}分钟。",
            "哈哈哈😂",
            "请发一张照片给我。",
        ),
    ),
    "arabic": Phrases(
        openers=(
            "صباح الخير! هل وصل الطلب رقم {number}؟",
            "مرحباً، لا أستطيع تسجيل الدخول.",
            "هل نلتقي الساعة {number}؟",
            "السلام عليكم جميعاً 🌙",
        ),
        replies=(
            "نعم، شكراً جزيلاً.",
            "لحظة من فضلك.",
            "حسناً، أرسل لي صورة.",
            "بعد {number} دقيقة إن شاء الله.",
            "ههههه 😂",
        ),
    ),
    "spanish": Phrases(
        openers=(
            "¡Buenos días! ¿Llegó el paquete {number}?",
            "¿Quedamos a las {number}?",
            "¿Alguien sabe cómo se cambia la contraseña?",
        ),
        replies=(
            "Sí, muchas gracias.",
            "Un momentito…",
            "Mañana, quizá 🤷",
            "Tardo {number} minutos.",
            "¡Qué bueno! 🎉",
        ),
    ),
    "hindi": Phrases(
        openers=("नमस्ते, ऑर्डर {number} कब आएगा?", "क्या आज मिल सकते हैं?", "सुप्रभात सबको 🙏"),
        replies=("जी हाँ, धन्यवाद।", "एक मिनट रुकिए।", "ठीक है 👍", "{number} मिनट में आता हूँ।"),
    ),
}
"""The languages, each by its English name."""

LINE_SEPARATORS = "first\u2028second\u2029third\u0085fourth"
"""Characters that some programs take for the end of a line although JSON does not."""

COMBINING_CHARACTERS = "Cafe\u0301 a\u0308rgert Z\u0351\u0343\u0352\u0334a\u0321\u0353lgo\u0489, \u1112\u1161\u11ab"
"""Letters made of several code points: accents that follow their letter, and Hangul in parts."""

JOINED_EMOJI = "👩‍👩‍👧‍👦 👍🏿 🏳️‍🌈 🇯🇵 ❤️"
"""Emoji of several code points, most of them outside the Basic Multilingual Plane."""

MIXED_DIRECTIONS = "الطلب \u200eAB-12\u200f جاهز \u202bשלום\u202c ok"
"""Scripts of both directions, with the invisible marks that order them."""

ESCAPES = 'quote " backslash \\ slash / tab \t newline \n return \r nul \u0000 bell \u0007 <b>&amp;</b>'
"""Characters that JSON has to escape, and some that careless programs trip over."""

LONG_TEXT = "All work and no play makes for a very long message. 一直说个不停。" * 60
"""Close to the 5 KB that a message's body may hold."""


def phrase(rng: Random, language: str, *, opens: bool) -> str:
    """Return something to say.

    Args:
        rng: Chooses.
        language: A key of `LANGUAGES`.
        opens: Whether it opens an exchange.
    """
    phrases = LANGUAGES[language]
    return rng.choice(phrases.openers if opens else phrases.replies).replace("{number}", str(rng.randint(2, 59)))
