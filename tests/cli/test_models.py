from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kling_render.catalog import bundled_catalog
from kling_render.catalog.prices import RateCard

from .conftest import Cli

CATALOG = bundled_catalog()
WIDE = 120


def lines(cli: Cli, *arguments: str) -> list[str]:
    ran = cli("models", *arguments)
    assert (ran.exit_code, ran.err) == (0, "")
    return [line.rstrip().replace("\N{EN DASH}", "-") for line in ran.out.splitlines()]


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Cli:
    monkeypatch.setenv("COLUMNS", str(WIDE))
    return cli


def test_overview_has_a_row_for_each_model_under_its_endpoint(wide: Cli) -> None:
    shown = lines(wide)
    assert "kling-3.0                3-15 s   720p 1080p 4k  16:9 9:16 1:1  optional               14-67" in shown
    assert "kling-v2.6               5, 10 s  mode std pro   16:9 9:16 1:1  with mode pro          12-40" in shown
    assert "kling-v3-omni-reference  3-15 s   720p 1080p 4k  16:9 9:16 1:1  optional       not published" in shown
    assert "kling-ai-avatar-standard  as its audio    8" in shown
    assert "kling-3.0   as its video  720p 1080p          20-27" in shown
    assert "kling-v2.5-turbo-text-to-video-pro   5 s assumed  mode std pro  4.2-8.4" in shown
    assert [line for line in shown if line in CATALOG.actions] == list(CATALOG.actions)


def test_overview_says_what_family_names_stand_for(wide: Cli) -> None:
    shown = lines(wide)
    assert "kling-v3-turbo *         3-15 s   720p 1080p     16:9 9:16 1:1  no                   18-22.5" in shown
    assert "   kling-v3-turbo     kling-v3-turbo-text-to-video" in shown
    assert "                      kling-v3-turbo-image-to-video" in shown


@pytest.mark.parametrize("arguments", [(), ("kling-3.0",), ("kling-o1",), ("kling-v2.6",), ("kling-v3-omni-edit",)])
def test_nothing_is_wider_than_the_terminal(cli: Cli, arguments: tuple[str, ...]) -> None:
    shown = lines(cli, *arguments)
    assert max(map(len, shown)) <= 80
    assert not [line for line in shown if "…" in line]


def test_one_model_is_shown_on_each_of_its_endpoints(cli: Cli) -> None:
    heads = [line for line in lines(cli, "kling-3.0") if line.startswith("kling-3.0 · ")]
    assert heads == [
        "kling-3.0 · text_to_video [sdk]",
        "kling-3.0 · image_to_video [guide]",
        "kling-3.0 · motion_control [sdk]",
    ]


def test_default_that_nobody_published_is_marked(wide: Cli) -> None:
    shown = lines(wide, "kling-3.0")
    row = next(line for line in shown if line.startswith("duration_seconds "))
    assert row.split(maxsplit=1)[1].startswith("3 to 15 s [guide] ")
    assert row.endswith(" 5 *")
    assert "* an assumption of this project: the default is not published" in shown


def test_fields_rules_rates_and_sources_of_a_model_are_shown(wide: Cli) -> None:
    shown = "\n".join(lines(wide, "kling-v2.6"))
    for part in (
        '"std", "pro" [sdk]',
        '"std" [mcp]',
        "required",
        "takes none of: output_resolution, negative_prompt, cfg_scale, multi_shots",
        "  · enable_sound: sound needs mode pro [sdk]",
        "pro    true                     40",
        "clips: as long as reference_video_url [mcp]",
        "rates: not published",
        "RunAPI's MCP server for Kling: contract and price snapshot, 2026-07-28",
    ):
        assert part in shown


def test_checks_are_said_in_words(wide: Cli) -> None:
    assert "  · Every reference is named in the prompt" in "\n".join(lines(wide, "kling-o1"))


def test_family_name_shows_its_members(cli: Cli) -> None:
    shown = lines(cli, "kling-v3-turbo")
    assert shown[0].startswith("kling-v3-turbo is a family name")
    assert [line for line in shown if " · " in line and "_video [" in line] == [
        "kling-v3-turbo-text-to-video · text_to_video [sdk]",
        "kling-v3-turbo-image-to-video · image_to_video [sdk]",
    ]


def test_member_of_a_family_says_so(cli: Cli) -> None:
    assert "of the family kling-v2.1-master" in lines(cli, "kling-v2.1-master-text-to-video")


@pytest.mark.parametrize(("name", "meant"), [("kling-v3-turb", "kling-v3-turbo"), ("kling3", "kling-3.0")])
def test_unknown_name_gets_a_suggestion(cli: Cli, name: str, meant: str) -> None:
    ran = cli("models", name)
    assert (ran.exit_code, ran.out) == (2, "")
    assert f'no model is called "{name}"; did you mean "{meant}"?' in ran.err
    assert "kling-render models" in ran.err


@pytest.mark.parametrize("name", ["kling", "klng"])
def test_what_all_names_begin_with_is_no_reason_to_suggest_one(cli: Cli, name: str) -> None:
    ran = cli("models", name)
    assert (ran.exit_code, "did you mean" in ran.err) == (2, False)


@pytest.mark.parametrize("name", CATALOG.model_names())
def test_every_name_can_be_looked_up(cli: Cli, name: str) -> None:
    assert name in lines(cli, name)[0]


def as_json(cli: Cli, *arguments: str) -> dict[str, Any]:
    ran = cli("models", *arguments, "--format", "json")
    assert (ran.exit_code, ran.err) == (0, "")
    shown: dict[str, Any] = json.loads(ran.out)
    return shown


def test_json_has_every_model_field_and_source(cli: Cli) -> None:
    shown = as_json(cli)
    assert list(shown) == ["schema", "price_card", "families", "sources", "models"]
    expected = {(model.action, model.name): [*model.fields] for model in CATALOG.contract.models}
    assert {(each["action"], each["name"]): [*each["fields"]] for each in shown["models"]} == expected
    assert shown["families"] == {name: dict(members) for name, members in CATALOG.contract.families.items()}
    assert set(shown["sources"]) == set(CATALOG.contract.sources)


def test_json_of_one_model_is_its_part_of_the_whole(cli: Cli) -> None:
    everything, one = as_json(cli), as_json(cli, "kling-v2.6")
    assert one == {**everything, "models": [each for each in everything["models"] if each["name"] == "kling-v2.6"]}


def test_json_of_a_model_has_its_parts(cli: Cli) -> None:
    shown = as_json(cli, "kling-v2.6")["models"][0]
    assert list(shown) == [
        "action", "name", "family", "source", "length", "fields", "forbidden", "rules", "checks", "rates",
    ]  # fmt: skip
    assert shown["fields"]["mode"] == {
        "type": "string",
        "source": "sdk",
        "about": "Quality mode of older models.",
        "values": ["std", "pro"],
        "default": "std",
        "default_source": "mcp",
        "required": False,
    }
    assert shown["rules"] == [
        {
            "unless": {"mode": {"equals": "pro"}},
            "values": {"enable_sound": [False]},
            "why": "sound needs mode pro",
            "source": "sdk",
        }
    ]
    assert shown["rates"][1] == {
        "values": {"mode": "pro", "enable_sound": "false"},
        "cents_per_second": "20",
        "refused": None,
    }


def test_json_rates_are_those_of_the_card(cli: Cli) -> None:
    card: RateCard = CATALOG.rates
    for shown in as_json(cli)["models"]:
        schedule = card.schedule(shown["action"], shown["name"])
        assert schedule is not None
        expected = {tuple(values): f"{cents.normalize():f}" for values, cents in schedule.rates().items()}
        assert {tuple(each["values"].values()): each["cents_per_second"] for each in shown["rates"]} == expected


def test_rate_that_cannot_be_asked_for_is_marked(wide: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = 'std = { "false" = 12, "true" = 13 }, pro = { "false" = 20, "true" = 40 }'
    config = f'{{ keys = ["mode", "enable_sound"], matrix = {{ {matrix} }} }}'
    schedule = f'action = "text_to_video"\nmodel = "kling-v2.6"\nunit_price_cents = 40\nbilling_config = {config}\n'
    (tmp_path / "mine.toml").write_text(f"[[price_schedules]]\n{schedule}")
    monkeypatch.setenv("KLING_RENDER_CATALOG", str(tmp_path / "mine.toml"))
    row = next(line for line in lines(wide, "kling-v2.6") if "not taken" in line)
    assert row.split() == ["std", "true", "13", "not", "taken:", "sound", "needs", "mode", "pro"]
    assert as_json(wide, "kling-v2.6")["models"][0]["rates"][1]["refused"] == "sound needs mode pro"


def test_family_shows_the_models_of_an_endpoint_where_its_name_means_none(cli: Cli) -> None:
    shown = lines(cli, "kling-v2.5-turbo")
    assert "On extend_video it stands for none: write the model itself." in shown
    assert [line for line in shown if " · extend_video [" in line] == [
        "kling-v2.5-turbo-text-to-video-pro · extend_video [sdk]",
        "kling-v2.5-turbo-image-to-video-pro · extend_video [sdk]",
    ]


def test_fields_of_which_one_is_needed_are_marked(cli: Cli) -> None:
    rows = [line for line in lines(cli, "kling-3.0") if line.startswith("  element_input_")]
    assert rows
    assert all("one of these" in line for line in rows)
