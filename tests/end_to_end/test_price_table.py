"""Every published rate: what the plan reckons, what the server quotes, and what it settles are one sum."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from kling_render.catalog import MediaFacts, MediaKind, ModelSpec, bundled_catalog
from kling_render.planning import Plan, PlannedTake, plan
from kling_render.pricing import QuotedPrice, quote_plan
from kling_render.project import load
from kling_render.runapi import RunApi, Task
from mock_server import Config, Simulator, SimulatorTransport

CATALOG = bundled_catalog()
KEY = "mock-key-of-the-tests"
MEDIA: dict[MediaKind, str] = {
    "image": "https://media.example/mira.png",
    "video": "https://media.example/steps.mp4",
    "audio": "https://media.example/voice.wav",
}
MEDIA_SECONDS = 7
SHORTEST = 3
VALUES: dict[str, dict[str, Any]] = {"enable_sound": {"true": True, "false": False}}


@dataclass(frozen=True)
class Row:
    """One published rate as a shot.

    Attributes:
        name: the shot's.
        seconds: what is billed.
        cents: the published rate.
        stated: whether the clip follows a file elsewhere, whose length the shot has to state.
    """

    name: str
    action: str
    model: str
    fields: Mapping[str, Any]
    seconds: int
    cents: Decimal
    stated: bool

    @property
    def micro_usd(self) -> int:
        """Rate times seconds, a cent being 10,000 micro-USD; every published rate comes out whole."""
        exact = self.cents * self.seconds * 10_000
        assert exact == int(exact)
        return int(exact)


def rows() -> Iterator[Row]:
    """Every rate of the card, with the defaults left out and written."""
    numbers = itertools.count()
    for schedule in CATALOG.rates.price_schedules:
        model = CATALOG.model(schedule.action, schedule.model)
        assert model is not None
        for values, cents in schedule.rates().items():
            keyed = {key: VALUES.get(key, {}).get(word, word) for key, word in zip(schedule.keys, values, strict=True)}
            for seconds in lengths(model):
                billed = seconds or (model.length and model.length.seconds) or MEDIA_SECONDS
                for fields in spellings(model, {**keyed, **({"duration_seconds": seconds} if seconds else {})}):
                    if is_sendable(schedule.action, schedule.model, fields):
                        shot = f"s{next(numbers)}"
                        yield Row(shot, model.action, model.name, fields, billed, cents, bool(model.length_follows))


def spellings(model: ModelSpec, keyed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The request with everything written and, where that is another, with what is a default left out."""
    whole = {**required(model), **keyed}
    short = {name: value for name, value in whole.items() if value != model.defaults().get(name)}
    return [whole, short] if short != whole else [whole]


def lengths(model: ModelSpec) -> tuple[int | None, ...]:
    """The default length and one other; None where no field says it."""
    spec = model.fields.get("duration_seconds")
    if spec is None:
        return (None,)
    assert isinstance(spec.default, int)
    others = [value for value in spec.values or (SHORTEST,) if value != spec.default]
    return (spec.default, *others[:1])


def required(model: ModelSpec) -> dict[str, Any]:
    """A value for each field that a request must have, the prices' own keys apart."""
    made: dict[str, Any] = {"prompt": "She waits"} if "prompt" in model.fields else {}
    for name in model.required:
        spec = model.fields[name]
        if spec.media:
            made[name] = MEDIA[spec.media]
        elif spec.values:
            made[name] = spec.values[0]
    return {**made, **({"source_task_id": source_of(model.name)} if "source_task_id" in model.required else {})}


def source_of(model: str) -> str:
    """What stands for the id of a task that can be extended, until there is one."""
    return f"source-of-{model}"


def is_sendable(action: str, model: str, fields: Mapping[str, Any]) -> bool:
    """Whether the contract takes it: v2.6 makes no sound in mode std."""
    found = CATALOG.judge(action, {"model": model, **fields})
    return not any(finding.severity == "error" for finding in found)


class Clock:
    """A time that only moves when told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 8, 3, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


async def _no_clip(spec: object) -> bytes:
    raise AssertionError("no clip is fetched here")


def open_server() -> tuple[Simulator, Clock, SimulatorTransport]:
    simulator, clock = Simulator(Config(api_keys=(KEY,), balance_micro_usd=10**10)), Clock()
    for kind in ("video", "audio"):
        simulator.note_media(MEDIA[kind], MediaFacts(kind, "mp4", 0, seconds=MEDIA_SECONDS))
    return simulator, clock, SimulatorTransport(simulator, clock.now, _no_clip)


def connect(clock: Clock, transport: httpx.AsyncBaseTransport) -> RunApi:
    return RunApi("https://runapi.ai", SecretStr(KEY), transport=transport, attempts=1, now=clock.now)


async def make_sources(clock: Clock, transport: SimulatorTransport) -> dict[str, str]:
    """Completed tasks that can be extended: their ids, by what stands for them."""
    made: dict[str, str] = {}
    async with connect(clock, transport) as api:
        for action, model, extra in (
            ("text_to_video", "kling-v2.5-turbo-text-to-video-pro", {}),
            ("image_to_video", "kling-v2.5-turbo-image-to-video-pro", {"first_frame_image_url": MEDIA["image"]}),
        ):
            body = json.dumps({"model": model, "prompt": "She waits", **extra}).encode()
            task = await api.create(action, body, idempotency_key=f"source-{model}", client_request_id=None)
            made[source_of(model)] = task.id
    clock.time += timedelta(hours=1)
    return made


ROWS = tuple(rows())


def a_plan(folder: Path, sources: Mapping[str, str]) -> Plan:
    """All rows as the shots of one project."""
    shots = []
    for row in ROWS:
        fields = "".join(f"{name} = {json.dumps(sources.get(value, value))}\n" for name, value in row.fields.items())
        stated = f"estimate_seconds = {MEDIA_SECONDS}\n" if row.stated else ""
        shots.append(f'[shot.{row.name}]\nendpoint = "{row.action}"\nmodel = "{row.model}"\n{fields}{stated}')
    head = 'schema = 1\n[project]\nname = "prices"\nid = "prices-1"\n'
    (folder / "project.toml").write_text(head + "\n".join(shots), "utf-8")
    return plan(load(folder))


@dataclass(frozen=True)
class Bought:
    """What became of the plan: the tasks as a client reads them, the quotes, and the server's books."""

    planned: tuple[PlannedTake, ...]
    tasks: tuple[Task, ...]
    quotes: tuple[QuotedPrice, ...]
    booked: tuple[int, ...]
    settled: int


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Bought:
    """The whole table, bought once for all tests."""
    simulator, clock, transport = open_server()
    sources = anyio.run(make_sources, clock, transport)
    simulator.advance(clock.now())
    paid_before = simulator.books(KEY).settled
    shown = a_plan(tmp_path_factory.mktemp("prices"), sources)

    async def buy() -> tuple[tuple[Task, ...], tuple[QuotedPrice, ...]]:
        async with connect(clock, transport) as api:
            quotes = await quote_plan(shown, api)
            created = [await _create(api, planned) for planned in shown.takes]
            clock.time += timedelta(hours=1)
            pairs = zip(shown.takes, created, strict=True)
            return tuple([await api.task(planned.take.action, task.id) for planned, task in pairs]), quotes

    tasks, quotes = anyio.run(buy)
    booked = tuple(task.micro_usd for task in simulator.tasks[len(sources) :])
    return Bought(shown.takes, tasks, quotes, booked, simulator.books(KEY).settled - paid_before)


async def _create(api: RunApi, planned: PlannedTake) -> Task:
    address = str(planned.take.address)
    return await api.create(
        planned.take.action, planned.take.wire_body({}), idempotency_key=address, client_request_id=None
    )


def test_every_published_rate_stands_in_the_table() -> None:
    published = {
        (schedule.action, schedule.model, values)
        for schedule in CATALOG.rates.price_schedules
        for values in schedule.rates()
    }
    shown = set()
    for row in ROWS:
        schedule = CATALOG.rates.schedule(row.action, row.model)
        assert schedule is not None
        effective = CATALOG.effective(row.action, {"model": row.model, **row.fields})
        words = tuple(str(effective[key]).lower() for key in schedule.keys)
        shown.add((row.action, row.model, words))
    assert published == shown
    assert {row.action for row in ROWS} == {*CATALOG.actions} - {"edit_video"}


def test_table_has_fractions_of_a_cent() -> None:
    assert any(row.micro_usd % 10_000 for row in ROWS)


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[f"{row.model}-{row.action}-{row.name}" for row in ROWS])
def test_estimate_settled_cost_and_books_are_the_published_sum(bought: Bought, at: int) -> None:
    row = ROWS[at]
    assert bought.planned[at].estimate_micro_usd == row.micro_usd
    assert (bought.tasks[at].status, bought.tasks[at].cost_micro_usd) == ("completed", row.micro_usd)
    assert bought.booked[at] == row.micro_usd


def test_books_are_the_sum_of_the_plan(bought: Bought) -> None:
    assert bought.settled == sum(row.micro_usd for row in ROWS) == sum(
        planned.estimate_micro_usd or 0 for planned in bought.planned
    )  # fmt: skip


def test_quote_is_the_sum_rounded_half_up_to_cents(bought: Bought) -> None:
    rows_by_name = {row.name: row for row in ROWS}
    quoted = 0
    for quote in bought.quotes:
        for planned in quote.takes:
            row = rows_by_name[planned.take.address.shot]
            if row.stated:
                continue  # a quote knows nothing of the file that the clip follows
            cents = (Decimal(row.micro_usd) / 10_000).to_integral_value(ROUND_HALF_UP)
            assert (quote.quoted_micro_usd, quote.agrees) == (int(cents) * 10_000, True)
            quoted += 1
    assert quoted == sum(not row.stated for row in ROWS)
