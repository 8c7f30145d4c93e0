"""The slates' colours: a fixed set of schemes, picked by a digest so that a shot keeps its own."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

Colour = tuple[int, int, int]

PAPER: Final[Colour] = (247, 244, 237)
NEUTRAL_DARK: Final[Colour] = (18, 18, 18)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A dark ground and the accent that stands out on it."""

    ground: Colour
    accent: Colour

    @property
    def muted(self) -> Colour:
        """For labels: paper that lets some ground through."""
        return blend(PAPER, self.ground, 0.35)


# Neighbours differ in hue and lightness: consecutive cuts take consecutive schemes.
SCHEMES: Final = (
    Scheme((22, 42, 66), (245, 184, 82)),
    Scheme((112, 38, 44), (255, 214, 170)),
    Scheme((18, 60, 50), (243, 205, 140)),
    Scheme((66, 44, 122), (152, 228, 208)),
    Scheme((74, 24, 44), (248, 178, 172)),
    Scheme((12, 84, 100), (255, 212, 110)),
    Scheme((44, 46, 50), (255, 148, 104)),
    Scheme((36, 62, 146), (255, 214, 92)),
    Scheme((98, 52, 22), (255, 200, 140)),
    Scheme((58, 32, 62), (244, 164, 194)),
    Scheme((60, 70, 30), (238, 228, 130)),
    Scheme((8, 66, 72), (255, 176, 150)),
)


def digest(*parts: object) -> bytes:
    """Thirty-two bytes that depend on the parts and on nothing else; surrogates are allowed."""
    return sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()


def scheme(title: str, seed: int, cut: int) -> Scheme:
    """The colours of one cut of a clip; cuts next to each other never share them."""
    return SCHEMES[(digest(title, seed)[0] + cut) % len(SCHEMES)]


def blend(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with `share` (0 to 1) of `other` mixed in."""
    red, green, blue = (round(one * (1 - share) + two * share) for one, two in zip(colour, other, strict=True))
    return red, green, blue
