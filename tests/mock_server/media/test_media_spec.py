"""What a clip is made from: sizes by the API's words, lengths, and loading nothing heavy."""

import subprocess
import sys

import pytest

from mock_server.media import ClipSpec, Cut, frame_size


def a_spec(*cuts: Cut, width: int = 160, height: int = 90, fps: int = 12) -> ClipSpec:
    return ClipSpec(
        title="walk",
        take="take 1",
        task_id="task_1",
        model="kling-v3",
        price="$0.56",
        cuts=cuts,
        width=width,
        height=height,
        sound=False,
        seed=1,
        fps=fps,
    )


@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [
        ("720p", "16:9", (1280, 720)),
        ("720p", "9:16", (720, 1280)),
        ("720p", "1:1", (720, 720)),
        ("1080p", "16:9", (1920, 1080)),
        ("1080p", "9:16", (1080, 1920)),
        ("1080p", "1:1", (1080, 1080)),
        ("4k", "16:9", (3840, 2160)),
        ("4k", "9:16", (2160, 3840)),
        ("4k", "1:1", (2160, 2160)),
        (None, None, (1280, 720)),
        ("auto", "auto", (1280, 720)),
        (None, "1:1", (720, 720)),
        ("1080p", "auto", (1920, 1080)),
    ],
)
def test_resolution_and_ratio_give_the_size_in_pixels(
    resolution: str | None, ratio: str | None, size: tuple[int, int]
) -> None:
    assert frame_size(resolution, ratio) == size


def test_unknown_resolution_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="output_resolution is one of 720p, 1080p, 4k, not '8k'"):
        frame_size("8k", "16:9")


def test_unknown_ratio_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="aspect_ratio is one of 16:9, 9:16, 1:1, not '21:9'"):
        frame_size("720p", "21:9")


def test_several_cuts_add_up_to_the_length() -> None:
    assert a_spec(Cut("a", 2), Cut("b", 3), Cut("c", 4)).seconds == 9


def test_several_cuts_start_where_the_one_before_ends() -> None:
    assert a_spec(Cut("a", 2), Cut("b", 3), Cut("c", 4)).starts == (0, 2, 5)


def test_no_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one cut"):
        a_spec()


def test_cut_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one second, not 0"):
        Cut("a", 0)


def test_odd_width_is_refused() -> None:
    with pytest.raises(ValueError, match="even and positive, not 161x90"):
        a_spec(Cut("a", 1), width=161)


def test_no_frames_a_second_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one frame a second, not 0"):
        a_spec(Cut("a", 1), fps=0)


def test_importing_the_package_loads_neither_pyav_nor_pillow() -> None:
    code = "import sys, mock_server.media; print(sorted({'av', 'PIL'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 our own interpreter
    assert run.stdout == "[]\n"
