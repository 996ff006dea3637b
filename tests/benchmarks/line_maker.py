"""Generated lines in the documented usual form of every type of body, keys in the order the platform writes them.

Built from templates, because two million of them have to be made in a minute. Which lines are repeated, and how lines
become a file, is `generator.py`; lines that are not usual are `odd_lines.py`.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from random import Random
from typing import Final

from resources.hours.hour import Hour
from resources.simulated_platform.identifiers import MESSAGE_ID_EPOCH
from tests.benchmarks.population import Population
from tests.benchmarks.vocabulary import Language, languages

SHARES: Final = {"txt": 78, "img": 10, "audio": 4, "video": 2, "file": 2, "loc": 1, "cmd": 1, "custom": 2}
"""The types of bodies, each with its share in percent."""

EXT_SHARES: Final = {"nested": 30, "empty": 60, "none": 10}
"""What stands in `payload.ext`, in percent."""

_HOUR_MS = 3_600_000
_JITTER_MS = 1_500
_WORDS_DRAWN = 1 << 15
_SCATTER = 2_654_435_761
"""Odd, so that numbers times this, modulo 2^32, are all different, and look drawn."""

_ATTACHMENTS = "https://a61.chat.agora.io/acme/support/chatfiles/"
_GIFTS = ("flower", "rocket", "cake", "star", "蛋糕", "火箭")
_ACTIONS = ("typing", "refresh", "run", "read_all", "hang_up")
_STREETS = ("西城区西便门桥 ", "Rua Augusta 100, Lisboa", "شارع التحرير، القاهرة", "", "42 Wallaby Way, Sydney")


class LineMaker:
    """Makes an hour's lines.

    Args:
        seed: Decides everything.
        hour: The hour in which the messages were sent.
        lines: How many there will be in the hour; timestamps are spread over it accordingly.
    """

    def __init__(self, seed: str, hour: Hour, lines: int) -> None:
        self._start_ms = int(hour.start.timestamp()) * 1000
        self._lines = lines
        self._rng = Random(f"{seed}/lines")
        self._population, self._languages = _app()
        self._words: dict[Language, Iterator[str]] = {language: iter(()) for language in self._languages}
        self._bodies: dict[str, Callable[[int], str]] = {
            "txt": self._text,
            "img": self._image,
            "audio": self._audio,
            "video": self._video,
            "file": self._file,
            "loc": self._location,
            "cmd": self._command,
            "custom": self._custom,
        }
        self._exts: dict[str, Callable[[], str]] = {
            "nested": self._nested_ext,
            "empty": lambda: ',"ext":{}',
            "none": lambda: "",
        }

    def block(self, first: int, count: int) -> list[str]:
        """Return so many lines, each with its line feed.

        Args:
            first: The place of the first of them in the hour, from 0.
            count: How many.
        """
        rng, random, hour_start, in_all = self._rng, self._rng.random, self._start_ms, self._lines
        bodies = rng.choices(list(self._bodies.values()), weights=list(SHARES.values()), k=count)
        exts = rng.choices(list(self._exts.values()), weights=list(EXT_SHARES.values()), k=count)
        speakers = self._population.speakers(rng, count)
        lines = []
        for number, speaker, body, ext in zip(range(first, first + count), speakers, bodies, exts, strict=True):
            moment = hour_start + min(number * _HOUR_MS // in_all + int(random() * _JITTER_MS), _HOUR_MS - 1)
            message_id = (moment // 1000 - MESSAGE_ID_EPOCH) << 32 | number * _SCATTER & 0xFFFF_FFFF
            place = speaker.places[int(random() * 16)]
            name, recipient = speaker.name, place.recipient
            lines.append(
                f'{{"chat_type":"{place.chat_type}","direction":"outgoing","from":"{name}","msg_id":"{message_id}",'
                f'"payload":{{"bodies":[{body(moment)}]{ext()},"from":"{name}","to":"{recipient}"}},'
                f'"timestamp":{moment},"to":"{recipient}"}}\n'
            )
        return lines

    def _phrase(self, language: Language, count: int) -> str:
        words = list(islice(self._words[language], count))
        if len(words) < count:
            self._words[language] = iter(self._rng.choices(language.words, k=_WORDS_DRAWN))
            words += islice(self._words[language], count - len(words))
        return language.separator.join(words)

    def _text(self, _moment: int) -> str:
        random = self._rng.random
        language = self._languages[int(random() * len(self._languages))]
        count = language.lengths[int(random() * len(language.lengths))]
        return f'{{"msg":"{self._phrase(language, count)}","type":"txt"}}'

    def _image(self, moment: int) -> str:
        height, width = self._below(3800) + 240, self._below(2800) + 240
        return (
            f"{{{self._length_and_name(moment, 'jpg', 4_000_000)}{self._secret('secret')}"
            f',"size":{{"height":{height},"width":{width}}},"type":"img","url":"{self._url()}"}}'
        )

    def _audio(self, moment: int) -> str:
        return (
            f'{{{self._length_and_name(moment, "amr", 60_000)},"length":{self._below(60) + 1}'
            f'{self._secret("secret")},"type":"audio","url":"{self._url()}"}}'
        )

    def _video(self, moment: int) -> str:
        length_and_name = self._length_and_name(moment, "mp4", 9_000_000)
        secret = self._secret("secret")
        thumbnail = f',"thumb":"{self._url()}"' + (self._secret("thumb_secret", always=True) if secret else "")
        return (
            f'{{{length_and_name},"length":{self._below(180) + 1}{secret},"size":{{"height":480,"width":360}}'
            f'{thumbnail},"type":"video","url":"{self._url()}"}}'
        )

    def _file(self, moment: int) -> str:
        return (
            f"{{{self._length_and_name(moment, 'pdf', 9_000_000)}{self._secret('secret')}"
            f',"type":"file","url":"{self._url()}"}}'
        )

    def _location(self, _moment: int) -> str:
        street = _STREETS[self._below(len(_STREETS))]
        latitude, longitude = self._below(1_800_000) / 10_000 - 90, self._below(3_600_000) / 10_000 - 180
        return f'{{"addr":"{street}","lat":{latitude:.4f},"lng":{longitude:.5f},"type":"loc"}}'

    def _command(self, _moment: int) -> str:
        return f'{{"action":"{_ACTIONS[self._below(len(_ACTIONS))]}","type":"cmd"}}'

    def _custom(self, _moment: int) -> str:
        gift, price, size = _GIFTS[self._below(len(_GIFTS))], self._below(500), self._below(20)
        return (
            f'{{"customEvent":"gift_{self._below(9)}",'
            f'"customExts":[{{"name":"{gift}"}},{{"price":"{price}"}},{{"size":"{size}"}}],"type":"custom",'
            f'"v2:customExts":{{"name":"{gift}","price":"{price}","size":"{size}"}}}}'
        )

    def _nested_ext(self) -> str:
        number = self._below(10_000_000)
        match number % 4:
            case 0:
                return f',"ext":{{"avatar":"https://cdn.example.com/a/{number}.png","level":{number % 60},"vip":true}}'
            case 1:
                nickname = self._phrase(self._languages[number % len(self._languages)], 2)
                return f',"ext":{{"user":{{"id":{number},"nick":"{nickname}","tags":["new","{number % 99}"]}},"v":2}}'
            case 2:
                title = self._phrase(self._languages[number % len(self._languages)], 5)
                return (
                    f',"ext":{{"em_apns_ext":{{"em_push_content":"{title}","extern":{{"order":"{number}","step":1.0}}}},'
                    f'"em_force_notification":false}}'
                )
            case _:
                return (
                    f',"ext":{{"weichat":{{"agent":null,"originType":"webim","queueName":"售后",'
                    f'"rating":{number % 6}.0,"visitor":{{"tags":["vip","返品"],"url":"https://shop.example.com/?item={number}&from=chat",'
                    f'"userNickname":"v{number % 20_000}"}}}}}}'
                )

    def _below(self, bound: int) -> int:
        return int(self._rng.random() * bound)

    def _length_and_name(self, moment: int, ending: str, most_bytes: int) -> str:
        return f'"file_length":{self._below(most_bytes) + 500},"filename":"{moment - 1000}.{ending}"'

    def _url(self) -> str:
        drawn = f"{self._rng.getrandbits(112):028x}"
        return f"{_ATTACHMENTS}{drawn[:8]}-{drawn[8:12]}-11f1-{drawn[12:16]}-{drawn[16:]}"

    def _secret(self, key: str, *, always: bool = False) -> str:
        """Half of all attachments have a secret."""
        if not always and self._rng.random() < 0.5:
            return ""
        return f',"{key}":"{urlsafe_b64encode(self._rng.randbytes(36)).decode()}"'


@cache
def _app() -> tuple[Population, tuple[Language, ...]]:
    """Return the app's people and their languages, which are the same in every hour."""
    rng = Random("people and languages")
    return Population(rng), languages(rng)


def ordinary_lines(seed: str, hour: Hour, lines: int, block: int = 8_192) -> Iterator[list[str]]:
    """Yield an hour's lines without end, in blocks."""
    maker = LineMaker(seed, hour, lines)
    first = 0
    while True:
        yield maker.block(first, block)
        first += block
