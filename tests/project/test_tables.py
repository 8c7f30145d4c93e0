"""The tool's own tables: what each key takes, and the words in which it refuses the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kling_render.project import Project

Loaded = Callable[..., Project]
Faults = Callable[..., list[str]]
CAPS = ["max_usd", "max_usd_per_run", "max_usd_per_day", "max_usd_per_take"]


@pytest.mark.parametrize("cap", CAPS)
@pytest.mark.parametrize(
    ("amount", "micro"), [("6.00", 6_000_000), ("6", 6_000_000), ("0", 0), ("0.1", 100_000), ("1e3", 10**9)]
)
def test_amount_is_kept_in_micro_usd(loaded: Loaded, cap: str, amount: str, micro: int) -> None:
    assert getattr(loaded(f"[budget]\n{cap} = {amount}").budget, cap) == micro


@pytest.mark.parametrize("cap", CAPS)
@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ('"6"', ", such as 60.00"), ("true", ", such as 60.00"), ("[6]", ", such as 60.00"), ("{}", ", such as 60.00"),
        ("-1", ", not negative"), ("-0.01", ", not negative"), ("nan", ", not negative"), ("inf", ", not negative"),
        ("-inf", ", not negative"), ("1e300", ", at most 1,000,000,000"), ("1000000001", ", at most 1,000,000,000"),
    ],
)  # fmt: skip
def test_amount_that_is_none_is_a_fault(faults: Faults, cap: str, amount: str, words: str) -> None:
    found = faults(f"[budget]\n{cap} = {amount}")
    assert found == [f"project.toml: budget.{cap}: {cap} must be an amount in US dollars{words}"]


def test_project_without_budget_has_no_caps_and_denies_unknown_prices(loaded: Loaded) -> None:
    budget = loaded().budget
    assert [getattr(budget, cap) for cap in CAPS] == [None] * 4
    assert budget.unknown_price is None


def test_unknown_price_may_be_denied_in_words(loaded: Loaded) -> None:
    assert loaded('[budget]\nunknown_price = "deny"').budget.unknown_price is None


@pytest.mark.parametrize(("amount", "micro"), [("1.50", 1_500_000), ("2", 2_000_000)])
def test_unknown_price_may_be_assumed(loaded: Loaded, amount: str, micro: int) -> None:
    assumed = loaded(f"[budget]\nunknown_price = {{ assume_usd_per_take = {amount} }}").budget.unknown_price
    assert assumed is not None
    assert assumed.assume_usd_per_take == micro


@pytest.mark.parametrize(
    "value", ['"allow"', '""', "1.5", "true", "{}", "{ assume = 1 }", "{ assume_usd_per_take = 1, x = 1 }", "[]"]
)
def test_unknown_price_in_another_form_is_a_fault(faults: Faults, value: str) -> None:
    assert faults(f"[budget]\nunknown_price = {value}") == [
        'project.toml: budget.unknown_price: unknown_price must be "deny" or { assume_usd_per_take = 1.50 }'
    ]


@pytest.mark.parametrize("amount", ["-1", "nan", '"1"', "true", "[1]"])
def test_assumed_price_that_is_no_amount_is_a_fault_of_one_line(faults: Faults, amount: str) -> None:
    (found,) = faults(f"[budget]\nunknown_price = {{ assume_usd_per_take = {amount} }}")
    assert "must be an amount in US dollars" in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("24h", timedelta(hours=24)), ("90m", timedelta(minutes=90)), ("2d", timedelta(days=2)),
        ("30s", timedelta(seconds=30)), ("0h", timedelta()), ("12 h", timedelta(hours=12)),
    ],
)  # fmt: skip
def test_replay_window_is_a_span_with_its_unit(loaded: Loaded, text: str, span: timedelta) -> None:
    assert loaded(f'[render]\nreplay_window = "{text}"').render.replay_window == span


@pytest.mark.parametrize(
    "value",
    [
        '"24"',
        '"h"',
        '"-1h"',
        '"1.5h"',
        '"1h30m"',
        '"24 hours"',
        '""',
        "24",
        "true",
        "12:00:00",
        '"9999999999d"',
        '"٣h"',
    ],
)
def test_replay_window_in_another_form_is_a_fault(faults: Faults, value: str) -> None:
    (found,) = faults(f"[render]\nreplay_window = {value}")
    assert found.endswith('replay_window must be a span of time such as "24h", "90m" or "2d"')


def test_render_table_has_its_defaults(loaded: Loaded) -> None:
    render = loaded().render
    assert (render.concurrency, render.replay_window, render.send_address) == (4, timedelta(hours=24), True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("concurrency = 0", "concurrency = 0 must be at least 1"),
        ("concurrency = 65", "concurrency = 65 must be at most 64"),
        ("concurrency = true", "concurrency must be a whole number"),
        ("concurrency = 4.0", "concurrency must be a whole number"),
        ('concurrency = "4"', "concurrency must be a whole number"),
        ("send_address = 1", "send_address must be true or false"),
        ('send_address = "no"', "send_address must be true or false"),
    ],
)
def test_render_setting_out_of_its_limits_is_a_fault(faults: Faults, line: str, message: str) -> None:
    assert faults(f"[render]\n{line}") == [f"project.toml: render.{line.split()[0]}: {message}"]


@pytest.mark.parametrize(
    ("text", "key", "guess"),
    [
        ("[budget]\nmax_us = 1", "budget.max_us", "max_usd"),
        ("[render]\nconcurency = 1", "render.concurency", "concurrency"),
        ("[film]\norders = []", "film.orders", "order"),
        ('[element.mira]\ndescription = "x"\nimage = []', "element.mira.image", "images"),
        ("[defaults]\nduration = 5", "defaults.duration", "duration_seconds"),
        ("[defaults]\noutput_resoluton = 5", "defaults.output_resoluton", "output_resolution"),
        ('[shot.b]\nprompt = "x"\ntake = 2', "shot.b.take", "takes"),
        ('[shot.b]\nprompt = "x"\nenable_sounds = true', "shot.b.enable_sounds", "enable_sound"),
        (
            '[[shot.b.sequence]]\nprompt = "x"\nduration_second = 3',
            "shot.b.sequence[0].duration_second",
            "duration_seconds",
        ),
    ],
)
def test_unknown_key_is_a_fault_with_a_suggestion(faults: Faults, text: str, key: str, guess: str) -> None:
    name = key.rpartition(".")[2]
    assert faults(text) == [f'project.toml: {key}: unknown key "{name}"; did you mean "{guess}"?']


@pytest.mark.parametrize("key", ["function-x", "literal[x", "constrained-x", "", "a b", "a.b"])
def test_unknown_key_with_an_odd_name_is_a_fault(faults: Faults, key: str) -> None:
    (found,) = faults(f'[render]\n"{key}" = 1')
    assert f'unknown key "{key}"' in found


def test_unknown_key_of_the_project_table_is_a_fault(faults: Faults) -> None:
    found = faults('titel = "x"')
    assert found == ['project.toml: project.titel: unknown key "titel"']


@pytest.mark.parametrize("name", ["name", "id"])
def test_project_without_name_or_id_is_a_fault(faults: Faults, name: str) -> None:
    head = f'schema = 1\n[project]\n{"name" if name == "id" else "id"} = "ferry"\n'
    assert faults(head=head) == [f"project.toml: project.{name}: {name} is missing"]


@pytest.mark.parametrize("identity", ["", "ab", "x" * 65, "a b c", "-abc", ".abc", "nf/7c", "nf-7c\\n", "фильм"])
def test_id_that_could_not_be_a_key_is_a_fault(faults: Faults, identity: str) -> None:
    (found,) = faults(head=f'schema = 1\n[project]\nname = "ferry"\nid = "{identity}"\n')
    assert found == "project.toml: project.id: id must be 3 to 64 letters, digits, dots, dashes or underscores"


@pytest.mark.parametrize("identity", ["abc", "x" * 64, "nf-7c.1_e", "007"])
def test_id_of_allowed_characters_is_accepted(loaded: Loaded, identity: str) -> None:
    assert loaded(head=f'schema = 1\n[project]\nname = "ferry"\nid = "{identity}"\n').table.id == identity


@pytest.mark.parametrize(
    "line", ["client = 5", "name = true", 'templates = "a"', "templates = [1]", 'prompt_whitespace = "trim"']
)
def test_project_setting_of_a_wrong_type_is_a_fault(faults: Faults, line: str) -> None:
    head = f'schema = 1\n[project]\nid = "nf-7c1e"\n{line}\n' + ("" if line.startswith("name") else 'name = "x"\n')
    (found,) = faults(head=head)
    assert found.startswith(f"project.toml: project.{line.split()[0]}")


@pytest.mark.parametrize("table", ["project", "budget", "render", "film", "defaults", "vars", "element", "shot"])
@pytest.mark.parametrize("value", ["5", '"x"', "[]", "[[1]]"])
def test_table_that_is_no_table_is_a_fault(faults: Faults, table: str, value: str) -> None:
    project = "" if table == "project" else '[project]\nname = "ferry"\nid = "nf-7c1e"\n'
    found = faults(f"{table} = {value}\nschema = 1\n{project}".encode())
    assert any(each.startswith(f"project.toml: {table}: ") for each in found)
