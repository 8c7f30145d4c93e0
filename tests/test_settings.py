"""The settings: where each comes from, what is refused, and that the key never shows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kling_render.errors import UsageError
from kling_render.settings import Settings, load_settings

KEY = "rk-live-5ecret"
FIELDS = (
    "concurrency",
    "poll_interval_seconds",
    "poll_timeout_seconds",
    "request_timeout_seconds",
    "retries",
    "requests_per_second",
    "rate_limit_patience_seconds",
    "person",
)


@pytest.fixture(autouse=True)
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL", *(f"KLING_RENDER_{field.upper()}" for field in FIELDS)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def write_config(config_home: Path, text: str) -> Path:
    file = config_home / "runapi" / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


def key_of(settings: Settings) -> str | None:
    return settings.api_key.get_secret_value() if settings.api_key else None


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load_settings()

    assert settings.model_dump() == {
        "api_key": None,
        "base_url": "https://runapi.ai",
        "concurrency": None,
        "uploads": 4,
        "downloads": 4,
        "polls_per_second": 10.0,
        "poll_interval_seconds": 2.0,
        "poll_timeout_seconds": 1800.0,
        "request_timeout_seconds": 60.0,
        "retries": 4,
        "requests_per_second": None,
        "rate_limit_patience_seconds": 600.0,
        "catalog": None,
        "person": None,
    }


def test_every_variable_set_reaches_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ("8", "0.5", "90", "7.5", "2", "2.5", "30", " Ida ")
    for field, text in zip(FIELDS, texts, strict=True):
        monkeypatch.setenv(f"KLING_RENDER_{field.upper()}", text)

    settings = load_settings()

    assert tuple(getattr(settings, field) for field in FIELDS) == (8, 0.5, 90.0, 7.5, 2, 2.5, 30.0, "Ida")


def test_an_unknown_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLING_RENDER_COLOUR", "teal")

    assert load_settings() == Settings()


@pytest.mark.parametrize("field", FIELDS)
def test_a_blank_variable_counts_as_absent(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"KLING_RENDER_{field.upper()}", "  ")

    assert getattr(load_settings(), field) == Settings.model_fields[field].default


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().retries = 1


# The key


def test_a_key_in_the_environment_is_taken_without_its_white_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", f" {KEY}\n")

    assert key_of(load_settings()) == KEY


def test_a_key_in_runapis_own_file_is_found(config_home: Path) -> None:
    write_config(config_home, json.dumps({"apiKey": f" {KEY} ", "theme": "dark"}))

    assert key_of(load_settings()) == KEY


def test_without_xdg_config_home_the_file_is_looked_for_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "ida"))
    write_config(tmp_path / "ida" / ".config", json.dumps({"apiKey": KEY}))

    assert key_of(load_settings()) == KEY


def test_a_user_without_a_home_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", no_home)

    assert load_settings().api_key is None


def test_a_key_in_the_environment_wins_over_the_file(config_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(config_home, json.dumps({"apiKey": "other"}))
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)

    assert key_of(load_settings()) == KEY


def test_a_blank_key_in_the_environment_leaves_the_files(config_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(config_home, json.dumps({"apiKey": KEY}))
    monkeypatch.setenv("RUNAPI_API_KEY", " ")

    assert key_of(load_settings()) == KEY


@pytest.mark.parametrize("content", [{}, {"apiKey": ""}, {"apiKey": "  "}, {"apiKey": None}])
def test_a_file_without_a_key_gives_none(content: object, config_home: Path) -> None:
    write_config(config_home, json.dumps(content))

    assert load_settings().api_key is None


def test_a_broken_file_is_not_opened_where_the_environment_has_the_key(
    config_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(config_home, "{")
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)

    assert key_of(load_settings()) == KEY


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ('{"apiKey": "' + KEY, "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ('["' + KEY + '"]', "is not an object"),
        ('{"apiKey": 7}', 'is not an object with the text "apiKey"'),
        ('{"apiKey": "' + KEY + 'é"}', "cannot be used: the key has characters"),
    ],
)
def test_an_unusable_file_is_named_without_its_content(text: str, trouble: str, config_home: Path) -> None:
    file = write_config(config_home, text)

    with pytest.raises(UsageError, match=trouble) as caught:
        load_settings()

    assert caught.value.message.startswith(str(file))
    assert caught.value.hint == "Mend or remove the file, or set RUNAPI_API_KEY."
    assert KEY not in caught.value.message


def test_a_file_that_cannot_be_read_is_named(config_home: Path) -> None:
    (config_home / "runapi" / "config.json").mkdir(parents=True)

    with pytest.raises(UsageError, match=r"config\.json cannot be read \(Is a directory\)"):
        load_settings()


@pytest.mark.parametrize("key", [f"{KEY}é", f"{KEY}\nX: 1", f"{KEY} {KEY}", f"{KEY}\x7f"])
def test_a_key_unfit_for_a_header_is_refused_without_printing_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", key)

    with pytest.raises(
        UsageError, match=r"^RUNAPI_API_KEY: the key has characters that cannot go into a header"
    ) as caught:
        load_settings()

    assert KEY not in f"{caught.value.message}{caught.value.hint}"


def test_no_rendering_of_the_settings_shows_the_key() -> None:
    settings = Settings(api_key=SecretStr(KEY))

    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"

    assert KEY not in shown


def test_the_key_is_not_in_pydantics_own_error() -> None:
    with pytest.raises(ValidationError, match="cannot go into a header") as caught:
        Settings(api_key=SecretStr(f"{KEY}é"))

    assert KEY not in str(caught.value)


# The base URL


@pytest.mark.parametrize(
    ("given", "base_url", "origin"),
    [
        ("https://runapi.ai/", "https://runapi.ai", "https://runapi.ai"),
        (" HTTPS://RunAPI.ai:443 ", "https://runapi.ai", "https://runapi.ai"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:80/Kling//", "http://localhost/Kling", "http://localhost"),
        ("http://[::1]:9000/x", "http://[::1]:9000/x", "http://[::1]:9000"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_base_url_is_normalised(given: str, base_url: str, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", given)

    settings = load_settings()

    assert (settings.base_url, settings.origin) == (base_url, origin)


@pytest.mark.parametrize(
    ("given", "trouble"),
    [
        ("runapi.ai", "this is not an http or https URL"),
        ("ftp://runapi.ai", "this is not an http or https URL"),
        ("http://", "this is not an http or https URL"),
        ("http://runapi.ai:99999", "this is not an http or https URL"),
        ("https://ida:hush@runapi.ai", "the URL contains credentials"),
        ("https://hush@runapi.ai", "the URL contains credentials"),
        ("https://runapi.ai?token=hush", "the URL has a query or a fragment"),
        ("https://runapi.ai/#hush", "the URL has a query or a fragment"),
    ],
)
def test_an_unfit_base_url_is_refused_without_repeating_it(
    given: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", given)

    with pytest.raises(UsageError, match=f"^RUNAPI_BASE_URL: {trouble}$") as caught:
        load_settings()

    assert "hush" not in caught.value.message
    assert caught.value.hint == "Set RUNAPI_BASE_URL to a plain address such as https://runapi.ai, or unset it."


@pytest.mark.parametrize(
    ("base_url", "default"),
    [("https://RUNAPI.ai/v2", True), ("http://runapi.ai", False), ("https://runapi.ai:8443", False)],
)
def test_only_runapi_itself_is_the_default_origin(base_url: str, default: bool) -> None:
    assert Settings(base_url=base_url).is_default_origin is default


# Numbers


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("concurrency", "0"),
        ("concurrency", "65"),
        ("concurrency", "many"),
        ("poll_interval_seconds", "0"),
        ("poll_interval_seconds", "nan"),
        ("poll_timeout_seconds", "inf"),
        ("poll_timeout_seconds", "-1"),
        ("request_timeout_seconds", "0"),
        ("requests_per_second", "0"),
        ("requests_per_second", "inf"),
        ("rate_limit_patience_seconds", "-1"),
        ("retries", "0"),
        ("retries", "2.5"),
    ],
)
def test_a_number_out_of_range_is_refused_by_its_variable(
    field: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"KLING_RENDER_{field.upper()}"
    monkeypatch.setenv(variable, text)

    with pytest.raises(UsageError, match=f"^{variable}: ") as caught:
        load_settings()

    assert caught.value.hint.startswith(f"Set {variable} to ")


def test_several_wrong_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", "runapi.ai")
    monkeypatch.setenv("KLING_RENDER_RETRIES", "0")

    with pytest.raises(UsageError, match=r"RUNAPI_BASE_URL: .*; KLING_RENDER_RETRIES: ") as caught:
        load_settings()

    assert caught.value.hint == (
        "Set RUNAPI_BASE_URL to a plain address such as https://runapi.ai, or unset it. "
        "Set KLING_RENDER_RETRIES to a whole number from 1 to 20, or unset it."
    )


def test_importing_the_module_reads_no_environment() -> None:
    code = """
import os, pydantic_settings
reads = []
inside = type(os.environ).__getitem__
type(os.environ).__getitem__ = lambda self, name: (reads.append(name), inside(self, name))[1]
import kling_render.settings
print([name for name in reads if name.startswith(("RUNAPI", "KLING", "XDG", "HOME"))])
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert shown.stdout == "[]\n"
