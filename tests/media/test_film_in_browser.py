"""Chromium plays what is stitched: copied or encoded, it is as long as it should be and shows its last shot."""

from __future__ import annotations

import base64
from fractions import Fraction
from pathlib import Path

import pytest

from kling_render.media.stitching import FilmFormat, choose_format, stitch, survey

from ..browser import chromium, needs_chromium
from .clips import BLUE, GREEN, RED, a_clip, is_like

PLAY = """async source => {
    const video = document.createElement('video');
    const told = name => new Promise((good, bad) => {
        video.addEventListener(name, good, {once: true});
        video.addEventListener('error', () => bad(new Error(video.error.message)), {once: true});
    });
    let ready = told('loadeddata');
    video.muted = true;
    video.src = source;
    await ready;
    let played = told('ended');
    await video.play();
    await played;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const drawing = canvas.getContext('2d');
    drawing.drawImage(video, 0, 0);
    const pixel = drawing.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    return [video.duration, canvas.width, canvas.height, ...pixel];
}"""


@needs_chromium
@pytest.mark.parametrize("timecode", [False, True], ids=["copied", "encoded"])
def test_film_plays_to_its_end_in_chromium(tmp_path: Path, timecode: bool) -> None:
    clips = [
        a_clip(tmp_path / f"{n}.mp4", colour, size=(320, 180), fps=24, sound=48000, seconds=0.5)
        for n, colour in enumerate((RED, GREEN, BLUE))
    ]
    footages = [survey(clip) for clip in clips]
    form = choose_format(footages, FilmFormat(320, 180, Fraction(24)))
    film = stitch(footages, tmp_path / "film.mp4", form, timecode=timecode).path
    with chromium() as browser:
        page = browser.new_page()
        page.goto("about:blank")
        source = "data:video/mp4;base64," + base64.b64encode(film.read_bytes()).decode()
        duration, width, height, *pixel = page.evaluate(PLAY, source)
    assert duration == pytest.approx(1.5, abs=0.03)
    assert (width, height) == (320, 180)
    assert is_like((pixel[0], pixel[1], pixel[2]), BLUE, 40)
