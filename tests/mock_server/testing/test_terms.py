"""The marker's keywords: read strictly, refused with what would be right."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mock_server.core.verdict import CODES
from mock_server.scenarios import open_scenario
from mock_server.testing.terms import TermsError, check_code, read_terms


def test_nothing_said_is_a_good_day_that_fails_on_any_finding() -> None:
    terms = read_terms({})
    assert (terms.scenario, terms.allow, terms.verdict, terms.max_spend_micro_usd) == (None, (), True, None)
    assert (terms.config().seed, terms.config().balance_micro_usd, terms.config().task_seconds) == (
        0,
        100_000_000,
        None,
    )


def test_keywords_become_settings_of_the_simulator() -> None:
    config = read_terms({"seed": 7, "balance_usd": 0.7, "latency": 3, "scenario": "bad-monday"}).config()
    assert (config.seed, config.balance_micro_usd, config.task_seconds) == (7, 700_000, 3)
    assert config.scenario == open_scenario("bad-monday")


def test_scenario_may_be_a_file_or_one_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('schema = 1\n[[rule]]\nfault = "drop_answer"\nendpoint = "create"\n', "utf-8")
    named = [read_terms({"scenario": each}).scenario for each in (path, str(path), open_scenario(str(path)))]
    assert [each.name for each in named if each] == ["mine"] * 3


def test_one_finding_or_several_may_be_allowed() -> None:
    assert read_terms({"allow": "retry_storm"}).allow == ("retry_storm",)
    assert read_terms({"allow": ["retry_storm", "double_billed"]}).allow == ("retry_storm", "double_billed")


@pytest.mark.parametrize("limit", [0.5, "0.50", Decimal("0.5")])
def test_limit_is_exact(limit: object) -> None:
    assert read_terms({"max_spend_usd": limit}).max_spend_micro_usd == 500_000


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"sede": 1}, 'unknown keyword sede; did you mean "seed"\\?; there are seed, scenario'),
        ({"allow": "never_download"}, "allow: 'never_download' is no finding; did you mean \"never_downloaded\"\\?"),
        ({"scenario": "bad-sunday"}, "scenario: no scenario 'bad-sunday'"),
        ({"scenario": "nowhere.toml"}, "scenario: nowhere.toml: cannot be read"),
        ({"speed": 0}, "speed: input should be greater than or equal to 0.001, not 0"),
        ({"latency": 0}, "latency: input should be greater than 0, not 0"),
        ({"balance_usd": "much"}, "balance_usd: .*not 'much'"),
        ({"max_spend_usd": -1}, "max_spend_usd: .*not -1"),
        ({"seed": "x", "speed": -1}, "seed: .*; speed: "),
    ],
)
def test_wrong_keyword_is_told_with_what_would_be_right(keywords: dict[str, object], told: str) -> None:
    with pytest.raises(TermsError, match=told):
        read_terms(keywords)


def test_codes_are_checked() -> None:
    for code in CODES:
        check_code(code)
    with pytest.raises(TermsError, match='did you mean "retry_storm"'):
        check_code("retry_strom")
