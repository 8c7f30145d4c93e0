"""Quotes: the server is asked once per distinct price, and its answer stands beside ours."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from kling_render import load
from kling_render.errors import ServerError
from kling_render.planning import plan
from kling_render.pricing import QuotedPrice, quote_plan
from kling_render.report.quotes import print_quotes, quotes_json

from .conftest import WALK, Server, priced

HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n[defaults]\nmodel = "kling-3.0"\n'
ONE = '[shot.walk]\nprompt = "She walks"\n'
UNPUBLISHED = (
    '[shot.lips]\nmodel = "kling-v3-omni-reference"\nprompt = "She talks"\naspect_ratio = "1:1"\n'
    'reference_image_urls = ["https://media.example/mira.png"]\n'
)
FRACTION = '[shot.o1]\nmodel = "kling-o1"\nprompt = "She rests"\n'  # 5 s for 37.5 cents


def quoted(folder: Path, shots: str, server: Server | None = None) -> tuple[Server, tuple[QuotedPrice, ...]]:
    """The quotes for a project with these shots, and the server that gave them."""
    (folder / "project.toml").write_text(HEAD + shots, "utf-8")
    server = server or Server()
    planned = plan(load(folder))
    return server, server.ask(lambda api: quote_plan(planned, api))


def asked(server: Server) -> list[dict[str, object]]:
    return [json.loads(request.content) for request in server.requests]


def a_refusal() -> httpx.Response:
    return httpx.Response(422, json={"error": {"code": "validation_failed", "message": "no quote for this"}})


def test_every_distinct_price_is_asked_for_once(tmp_path: Path) -> None:
    shots = f'{ONE}takes = 3\n[shot.run]\nprompt = "She runs"\n[shot.loud]\nprompt = "She sings"\nenable_sound = true\n'
    server, quotes = quoted(tmp_path, shots)
    assert len(asked(server)) == len(quotes) == 2
    addresses = [[str(planned.take.address) for planned in each.takes] for each in quotes]
    assert addresses == [["walk#1", "walk#2", "walk#3", "run#1"], ["loud#1"]]


def test_take_that_is_not_to_be_bought_is_not_asked_for(tmp_path: Path) -> None:
    _, (quote,) = quoted(tmp_path, f'{ONE}[shot.twin]\nprompt = "She walks"\n')
    assert [str(planned.take.address) for planned in quote.takes] == ["walk#1"]


def test_question_has_what_the_price_depends_on_and_no_texts(tmp_path: Path) -> None:
    server, _ = quoted(tmp_path, f'{ONE}aspect_ratio = "1:1"\n')
    assert asked(server) == [
        {
            "service": "kling",
            "action": "text_to_video",
            "model": "kling-3.0",
            "params": {"enable_sound": False, "output_resolution": "720p", "duration_seconds": 5},
        }
    ]


def test_default_left_out_is_the_same_price_as_the_default_written(tmp_path: Path) -> None:
    server, _ = quoted(tmp_path, f'{ONE}[shot.run]\nprompt = "She runs"\noutput_resolution = "720p"\n')
    assert len(asked(server)) == 1


def test_no_key_is_needed_and_none_is_sent(tmp_path: Path) -> None:
    server, _ = quoted(tmp_path, ONE)
    assert all("authorization" not in request.headers for request in server.requests)


def test_same_price_agrees(tmp_path: Path) -> None:
    _, (quote,) = quoted(tmp_path, ONE)
    assert (quote.agrees, quote.estimate_micro_usd, quote.quoted_micro_usd) == (True, 700_000, 700_000)
    assert quote.quote is not None
    assert (quote.quote.pricing_status, quote.quote.as_of) == ("published", "2026-07-28")


def test_price_with_a_fraction_of_a_cent_agrees_with_its_quote_in_whole_cents(tmp_path: Path) -> None:
    _, (quote,) = quoted(tmp_path, FRACTION)
    assert (quote.agrees, quote.estimate_micro_usd, quote.quoted_micro_usd) == (True, 375_000, 380_000)


def test_other_price_differs(tmp_path: Path) -> None:
    _, (quote,) = quoted(tmp_path, ONE, Server(priced("2026-08-02", WALK)))
    assert (quote.agrees, quote.estimate_micro_usd, quote.quoted_micro_usd) == (False, 700_000, 800_000)


def test_question_that_is_refused_is_noted_and_does_not_end_the_others(tmp_path: Path) -> None:
    server = Server()
    server.answers = [a_refusal()]
    _, (refused, other) = quoted(tmp_path, f"{ONE}{FRACTION}", server)
    assert (refused.quote, refused.agrees) == (None, False)
    assert refused.refusal.endswith("no quote for this")
    assert other.agrees


def test_server_that_fails_ends_all_of_it(tmp_path: Path) -> None:
    server = Server()
    server.answers = [httpx.Response(503, content=b"{}")]
    with pytest.raises(ServerError, match="503"):
        quoted(tmp_path, ONE, server)


def test_rate_that_nobody_publishes_has_a_quote_and_no_estimate(tmp_path: Path) -> None:
    _, (quote,) = quoted(tmp_path, UNPUBLISHED)
    assert (quote.estimate_micro_usd, quote.quoted_micro_usd, quote.agrees) == (None, 1_000_000, False)
    assert quote.quote is not None
    assert quote.quote.pricing_status == "unpublished"


def test_assumed_price_is_the_estimate_of_the_plan_and_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "[budget]\nunknown_price = { assume_usd_per_take = 1.50 }\n"
    _, (quote,) = quoted(tmp_path, head + UNPUBLISHED)
    assert (quote.estimate_micro_usd, quote.is_assumed, quote.agrees) == (1_500_000, True, False)
    print_quotes([quote])
    assert "$1.50 assumed $1.00 they differ" in " ".join(capsys.readouterr().out.split())


def test_clips_of_other_lengths_by_their_files_are_other_prices_and_one_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shots = "".join(
        f'[shot.s{at}]\nprompt = "She reads {at}"\nmodel = "kling-ai-avatar-pro"\nestimate_seconds = {seconds}\n'
        'source_image_url = "https://media.example/mira.png"\nsource_audio_url = "https://media.example/voice.mp3"\n'
        for at, seconds in enumerate((7, 9, 7))
    )
    server, quotes = quoted(tmp_path, shots)
    assert [(each.estimate_micro_usd, len(each.takes)) for each in quotes] == [(1_120_000, 2), (1_440_000, 1)]
    assert len(asked(server)) == 1
    assert [(each.follows_file, each.agrees) for each in quotes] == [(True, False), (True, False)]
    print_quotes(quotes)
    text = " ".join(capsys.readouterr().out.split())
    assert "they differ" not in text
    assert "not comparable" in text


def test_quote_without_an_amount_is_unknown_and_not_zero(tmp_path: Path) -> None:
    server = Server()
    silent = {"pricing_status": "unpublished", "currency": "USD", "as_of": "2026-08-02", "estimate_basis": ""}
    server.answers = [httpx.Response(200, json={"price_quote": {**silent, "reservation_amount_cents": None}})]
    _, (quote,) = quoted(tmp_path, UNPUBLISHED, server)
    assert quote.quoted_micro_usd is None
    assert quotes_json([quote])[0]["quoted_usd"] is None


def test_machines_read_estimate_quote_and_verdict(tmp_path: Path) -> None:
    _, quotes = quoted(tmp_path, FRACTION)
    assert quotes_json(quotes) == [
        {
            "action": "text_to_video",
            "model": "kling-o1",
            "params": {"mode": "std", "duration_seconds": 5},
            "takes": ["o1#1"],
            "estimated_usd": "0.375",
            "quoted_usd": "0.38",
            "assumed": False,
            "comparable": True,
            "agrees": True,
            "basis": "5 s at 7.5 cents per second",
            "pricing_status": "published",
            "as_of": "2026-07-28",
            "refusal": None,
        }
    ]
