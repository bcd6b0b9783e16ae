"""In how many parts a text message travels, as carriers count and charge. Pure.

GSM 03.38: 160 characters, 153 in each of several parts; some characters count twice. With any other character the whole
message travels as UCS-2: 70, or 67 in each of several parts. No character is cut in two.
"""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are what the carrier counts, `room` how many fit into `count` parts; `wide`: the message travels as UCS-2."""

    units: int
    count: int
    room: int
    wide: bool


def segments(words: str) -> Segments:
    """Count the parts of a message as it goes out; an empty one has none."""
    wide = not all(each in _BASIC or each in _DOUBLE for each in words)
    widths = [_width(each, wide) for each in words]
    alone, together = (70, 67) if wide else (160, 153)
    if sum(widths) <= alone:
        return Segments(sum(widths), min(len(words), 1), alone, wide)
    count, left = 1, together
    for width in widths:
        if width > left:
            count, left = count + 1, together
        left -= width
    return Segments(sum(widths), count, count * together, wide)


def _width(character: str, wide: bool) -> int:
    if wide:
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in _DOUBLE else 1
