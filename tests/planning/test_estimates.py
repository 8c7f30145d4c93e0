"""What a clip will cost whose length no field of the request says, and how wide the plan's sums are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kling_render.errors import InvalidProjectError
from kling_render.ledger import Attempt, Identity, Snapshot, State
from kling_render.planning import Plan, PlannedTake, plan
from kling_render.project import load
from kling_render.rehearsal import rehearse
from kling_render.report.plan import plan_json, print_plan

from ..mock_server.samples import a_png, a_wav, an_mp4
from .conftest import an_attempt

DANCE = """\
[shot.dance]
model = "kling-3.0"
output_resolution = "720p"
source_image_url = "mira.png"
reference_video_url = "steps.mp4"
"""
DANCE_26 = DANCE.replace("kling-3.0", "kling-v2.6")
SONG = """\
[shot.song]
model = "kling-ai-avatar-pro"
prompt = "She sings"
source_image_url = "mira.png"
source_audio_url = "voice.wav"
"""
REMOTE_SONG = SONG.replace("voice.wav", "https://media.example/voice.wav")
REMOTE_DANCE = DANCE.replace("steps.mp4", "https://media.example/steps.mp4")
EXTENSION = '[shot.more]\nmodel = "kling-v2.5-turbo-text-to-video-pro"\nsource_task_id = "t-1"\n'
WALK = '[shot.walk]\nmodel = "kling-3.0"\nprompt = "She walks"\n'  # 5 s, silent, 720p: 0.70 USD


def a_plan(folder: Path, shots: str, *, head: str = "", **known: Any) -> Plan:
    """The plan of these shots, beside a picture, a video of 4 s and a sound of 2.3 s."""
    for name, content in (("mira.png", a_png()), ("steps.mp4", an_mp4(4)), ("voice.wav", a_wav(2.3))):
        file = folder / name
        if not file.exists():
            file.write_bytes(content)
    text = f'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n{head}\n{shots}'
    (folder / "project.toml").write_text(text, "utf-8")
    return plan(load(folder), **known)


def the_take(folder: Path, shots: str, **known: Any) -> PlannedTake:
    (planned,) = a_plan(folder, shots, **known).takes
    return planned


def estimated(planned: PlannedTake) -> tuple[int | None, str, int | None]:
    """Seconds, how they are known, and the estimate in micro-USD."""
    return planned.take.seconds, planned.take.length.basis, planned.estimate_micro_usd


def printed(shown: Plan, capsys: pytest.CaptureFixture[str]) -> str:
    print_plan(shown)
    return " ".join(capsys.readouterr().out.split())


# Measured


def test_clip_of_a_local_video_is_priced_by_the_videos_length(tmp_path: Path) -> None:
    assert estimated(the_take(tmp_path, DANCE)) == (4, "measured", 4 * 200_000)


@pytest.mark.parametrize(
    ("length", "seconds"), [(0.4, 1), (1.0, 1), (2.0, 2), (2.0004, 2), (2.01, 3), (2.3, 3), (2.999, 3)]
)
def test_clip_of_a_local_sound_is_priced_by_its_length_rounded_up(tmp_path: Path, length: float, seconds: int) -> None:
    (tmp_path / "voice.wav").write_bytes(a_wav(length))
    assert estimated(the_take(tmp_path, SONG)) == (seconds, "measured", seconds * 160_000)


def test_measured_length_is_told_to_machines(tmp_path: Path) -> None:
    (take,) = plan_json(a_plan(tmp_path, SONG))["takes"]
    assert (take["seconds"], take["length_basis"], take["estimated_usd"], take["assumed"]) == (
        3, "measured", "0.48", False,
    )  # fmt: skip


def test_measured_length_has_a_tilde(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(a_plan(tmp_path, SONG), capsys)
    assert "kling-ai-avatar-pro ~3 s new ~$0.48 $0.48" in text
    assert "~ is an estimate: the finished clip's length, or the server, decides" in text


def test_requested_length_has_no_tilde(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "~" not in printed(a_plan(tmp_path, WALK), capsys)


# Stated


@pytest.mark.parametrize(("stated", "seconds"), [("8", 8), ("7.2", 8)])
def test_stated_length_counts_rounded_up_and_before_a_shorter_measured_one(
    tmp_path: Path, stated: str, seconds: int
) -> None:
    planned = the_take(tmp_path, f"{SONG}estimate_seconds = {stated}\n")
    assert estimated(planned) == (seconds, "stated", seconds * 160_000)
    assert planned.is_estimate


def test_stated_length_below_the_measured_one_does_not_count(tmp_path: Path) -> None:
    planned = the_take(tmp_path, f"{SONG}estimate_seconds = 0.5\n")
    assert estimated(planned) == (3, "measured", 480_000)


def test_stated_length_is_not_sent_and_does_not_make_another_take(tmp_path: Path) -> None:
    measured, stated = the_take(tmp_path, SONG), the_take(tmp_path, f"{SONG}estimate_seconds = 8\n")
    assert stated.fingerprint == measured.fingerprint
    assert "duration_seconds" not in stated.take.body


def test_stated_length_prices_a_file_elsewhere(tmp_path: Path) -> None:
    planned = a_plan(tmp_path, f"{REMOTE_SONG}estimate_seconds = 12\n")
    assert (planned.due_micro_usd, planned.refusals) == (12 * 160_000, ())


def test_stated_length_of_a_clip_that_has_one_is_warned_of(tmp_path: Path) -> None:
    planned = a_plan(tmp_path, f"{WALK}estimate_seconds = 9\n")
    (warning,) = planned.warnings
    assert (warning.place.key, warning.severity) == ("shot.walk.estimate_seconds", "warning")
    assert warning.message == "estimate_seconds changes nothing: the clip lasts 5 s by its request"
    assert planned.due_micro_usd == 700_000


@pytest.mark.parametrize("wrong", ["0", "-1", "nan", "inf", "3601", '"long"', "[8]"])
def test_stated_length_that_is_none_is_a_fault(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(InvalidProjectError, match=r"shot\.song\.estimate_seconds"):
        a_plan(tmp_path, f"{SONG}estimate_seconds = {wrong}\n")


# Unknown and assumed


def test_file_elsewhere_without_a_length_is_refused_with_what_to_write(tmp_path: Path) -> None:
    planned = a_plan(tmp_path, REMOTE_SONG)
    (refusal,) = planned.refusals
    assert refusal.startswith("nobody knows how long the clip of song#1 will be: write estimate_seconds in the shot")
    assert "unknown_price = { assume_usd_per_take" in refusal
    assert estimated(planned.takes[0]) == (None, "unknown", None)


def test_file_elsewhere_without_a_length_goes_ahead_with_an_assumed_price(tmp_path: Path) -> None:
    head = "[budget]\nunknown_price = { assume_usd_per_take = 2.5 }"
    planned = a_plan(tmp_path, REMOTE_SONG, head=head)
    assert (planned.due_micro_usd, planned.refusals) == (2_500_000, ())
    assert plan_json(planned)["takes"][0]["assumed"] is True


def test_extension_is_assumed_to_last_five_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned = a_plan(tmp_path, EXTENSION)
    assert estimated(planned.takes[0]) == (5, "assumed", 5 * 42_000)
    assert "~5 s new ~$0.21" in printed(planned, capsys)


def test_stated_length_goes_before_the_assumed_one(tmp_path: Path) -> None:
    planned = the_take(tmp_path, f'{EXTENSION}mode = "pro"\nestimate_seconds = 10\n')
    assert estimated(planned) == (10, "stated", 10 * 84_000)


def test_unpublished_rate_stays_unknown_although_the_length_is_known(tmp_path: Path) -> None:
    planned = a_plan(tmp_path, f'{DANCE_26}character_orientation = "video"\n')
    assert estimated(planned.takes[0]) == (4, "measured", None)
    assert planned.refusals[0].startswith("no price is published for dance#1; set [budget] unknown_price")


# Too long


@pytest.mark.parametrize(
    ("orientation", "seconds", "most"), [("image", 11, 10), ("image", 2, 10), ("video", 31, 30), ("video", 2, 30)]
)
def test_reference_video_outside_its_length_is_a_fault_at_its_field(
    tmp_path: Path, orientation: str, seconds: int, most: int
) -> None:
    (tmp_path / "steps.mp4").write_bytes(an_mp4(seconds))
    with pytest.raises(InvalidProjectError, match="1 fault in the project") as caught:
        a_plan(tmp_path, f'{DANCE_26}character_orientation = "{orientation}"\n')
    (fault,) = caught.value.faults
    assert fault.place.key == "shot.dance.reference_video_url"
    rule = f"with character_orientation {orientation} the reference video lasts 3 to {most} s"
    assert fault.message.startswith(f"reference_video_url lasts {seconds} s: {rule}")


@pytest.mark.parametrize(("orientation", "seconds"), [("image", 3), ("image", 10), ("video", 11)])
def test_reference_video_within_its_length_is_none(tmp_path: Path, orientation: str, seconds: int) -> None:
    (tmp_path / "steps.mp4").write_bytes(an_mp4(seconds))
    assert the_take(tmp_path, f'{DANCE_26}character_orientation = "{orientation}"\n').take.seconds == seconds


# Rehearsed


@pytest.mark.parametrize(
    ("shots", "micro_usd"),
    [
        (SONG, 3 * 160_000),
        (DANCE, 4 * 200_000),
        (f"{REMOTE_SONG}estimate_seconds = 11.5\n", 12 * 160_000),
        (f"{REMOTE_DANCE}estimate_seconds = 6\n", 6 * 200_000),
    ],
    ids=["sound", "video", "stated-sound", "stated-video"],
)
def test_rehearsal_charges_what_was_estimated(tmp_path: Path, shots: str, micro_usd: int) -> None:
    project = a_plan(tmp_path, shots).project
    rehearsal = rehearse(project)
    assert (rehearsal.outcome.exit_code, rehearsal.charged_micro_usd) == (0, micro_usd)
    assert [attempt.drift for attempt in rehearsal.outcome.own_attempts] == [None]


# Low, planned, worst

TWO_SHOTS = f'{WALK}takes = 3\n[shot.run]\nmodel = "kling-3.0"\nprompt = "She runs"\ntakes = 2\n'


def bought(planned: PlannedTake, state: State = State.DOWNLOADED, **changes: Any) -> Attempt:
    return an_attempt(planned, state, **changes)


def known(*attempts: Attempt) -> Snapshot:
    return Snapshot(Identity("https://runapi.ai", "7"), attempts)


def test_low_is_one_take_of_each_shot(tmp_path: Path) -> None:
    planned = a_plan(tmp_path, TWO_SHOTS)
    assert (planned.low_micro_usd, planned.due_micro_usd) == (2 * 700_000, 5 * 700_000)


@pytest.mark.parametrize("state", [State.DOWNLOADED, State.COMPLETED, State.SUBMITTED, State.INTENT])
def test_low_leaves_out_shots_that_have_a_take_or_get_one(tmp_path: Path, state: State) -> None:
    snapshot = known(bought(a_plan(tmp_path, TWO_SHOTS).takes[1], state))
    assert a_plan(tmp_path, TWO_SHOTS, snapshot=snapshot).low_micro_usd == 700_000


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN, State.RELEASED])
def test_low_counts_shots_whose_take_brought_no_clip(tmp_path: Path, state: State) -> None:
    snapshot = known(bought(a_plan(tmp_path, TWO_SHOTS).takes[0], state))
    assert a_plan(tmp_path, TWO_SHOTS, snapshot=snapshot).low_micro_usd == 2 * 700_000


def test_worst_is_every_take_with_all_its_retries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned = a_plan(tmp_path, TWO_SHOTS, head="[render]\nretries = 2")
    assert (planned.due_micro_usd, planned.worst_micro_usd) == (3_500_000, 10_500_000)
    text = printed(planned, capsys)
    assert "one take of each shot: $1.40 worst case, each failing 2 times: $10.50" in text


def test_sums_that_are_all_the_same_are_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned = a_plan(tmp_path, WALK)
    assert planned.low_micro_usd == planned.due_micro_usd == planned.worst_micro_usd
    text = printed(planned, capsys)
    assert "one take" not in text
    assert "worst case" not in text


def test_sums_are_told_to_machines(tmp_path: Path) -> None:
    shown = plan_json(a_plan(tmp_path, TWO_SHOTS, head="[render]\nretries = 1"))
    assert [shown[name] for name in ("low_usd", "to_pay_usd", "worst_usd", "total_usd")] == ["1.4", "3.5", "7", "3.5"]
