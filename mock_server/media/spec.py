"""What a clip is made from: its shots, its slate's words and its frame."""

from dataclasses import dataclass
from typing import Final, TypeVar

_T = TypeVar("_T")
_SHORT_SIDE: Final = {"720p": 720, "1080p": 1080, "4k": 2160}
_SHAPE: Final = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}


@dataclass(frozen=True, slots=True)
class Cut:
    """One shot of a clip.

    Attributes:
        text: The prompt, any Unicode.
        seconds: Its length, at least 1.
    """

    text: str
    seconds: int

    def __post_init__(self) -> None:
        if self.seconds < 1:
            raise ValueError(f"a cut lasts at least one second, not {self.seconds}")


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """Everything an encoded clip depends on. The words may be any Unicode, also empty; they are drawn, never parsed.

    Attributes:
        title: The shot's address, or the model's name where there is none.
        take: Such as `take 2`, or empty.
        task_id: The mock server's task.
        model: The model as requested.
        price: The price as it is to be read, with its currency.
        cuts: The shots in order; a plain clip has one.
        width: Pixels, even (4:2:0 chroma).
        height: Pixels, even.
        sound: Whether there is an audio track.
        seed: Picks colours, pattern and tone, so that takes of one shot look different.
        fps: Frames a second.
        first_frame: An image file shown on the first cut's slate; unreadable bytes are shown as such.
        last_frame: The same on the last cut's slate.
        badge: The word at the top: what kind of clip this is.
    """

    title: str
    take: str
    task_id: str
    model: str
    price: str
    cuts: tuple[Cut, ...]
    width: int
    height: int
    sound: bool
    seed: int
    fps: int = 12
    first_frame: bytes | None = None
    last_frame: bytes | None = None
    badge: str = "PLACEHOLDER"

    def __post_init__(self) -> None:
        if not self.cuts:
            raise ValueError("a clip has at least one cut")
        if self.fps < 1:
            raise ValueError(f"a clip has at least one frame a second, not {self.fps}")
        if min(self.width, self.height) < 2 or self.width % 2 or self.height % 2:
            raise ValueError(f"width and height are even and positive, not {self.width}x{self.height}")

    @property
    def seconds(self) -> int:
        """Length of the clip."""
        return sum(cut.seconds for cut in self.cuts)

    @property
    def starts(self) -> tuple[int, ...]:
        """The second at which each cut begins; the first is 0."""
        return tuple(sum(cut.seconds for cut in self.cuts[:index]) for index in range(len(self.cuts)))


def frame_size(output_resolution: str | None, aspect_ratio: str | None) -> tuple[int, int]:
    """Width and height in pixels of a clip, by the words of the API.

    Args:
        output_resolution: `720p`, `1080p` or `4k`; absent or `auto` means `720p`.
        aspect_ratio: `16:9`, `9:16` or `1:1`; absent or `auto` means `16:9`.

    Raises:
        ValueError: For any other word.
    """
    short = _lookup(_SHORT_SIDE, output_resolution, "720p", "output_resolution")
    across, down = _lookup(_SHAPE, aspect_ratio, "16:9", "aspect_ratio")
    return short * across // min(across, down), short * down // min(across, down)


def _lookup(table: dict[str, _T], word: str | None, default: str, field: str) -> _T:
    chosen = default if word is None or word == "auto" else word
    try:
        return table[chosen]
    except KeyError:
        raise ValueError(f"{field} is one of {', '.join(table)}, not {word!r}") from None
