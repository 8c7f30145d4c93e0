"""Settings of one run: the API key, where RunAPI is, and how patiently to talk to it.

They come from the environment (`RUNAPI_API_KEY`, `RUNAPI_BASE_URL`, `KLING_RENDER_*`); the key may also stand in
the file that RunAPI's own command line writes. Nothing is read before `load_settings` is called.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from kling_render.errors import UsageError

DEFAULT_BASE_URL = "https://runapi.ai"
_KEY_VARIABLE = "RUNAPI_API_KEY"
_PREFIX = "KLING_RENDER_"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSENDABLE_KEY = "the key has characters that cannot go into a header (only visible ASCII can)"


def _sendable_key(key: SecretStr | None) -> SecretStr | None:
    text = key.get_secret_value().strip() if key is not None else ""
    if not text:
        return None
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise PydanticCustomError("unsendable_key", _UNSENDABLE_KEY)
    return SecretStr(text)


def _normalised_url(text: str) -> str:
    """Lower-case scheme and host, no default port, no trailing slash; the faulty URL itself is never repeated."""
    if "?" in text or "#" in text:
        raise PydanticCustomError("base_url", "the URL has a query or a fragment")
    try:
        url = TypeAdapter(HttpUrl).validate_python(text.strip())
    except ValidationError:
        raise PydanticCustomError("base_url", "this is not an http or https URL") from None
    if url.username is not None or url.password is not None:
        raise PydanticCustomError("base_url", "the URL contains credentials")
    port = "" if url.port in (None, _DEFAULT_PORTS[url.scheme]) else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{(url.path or '').rstrip('/')}"


def _name_or_none(text: object) -> object:
    return text.strip() or None if isinstance(text, str) else text


class Settings(BaseSettings):
    """What the environment says; frozen, and never showing the key.

    Attributes:
        api_key: None when no key was found anywhere; commands that stay offline need none.
        base_url: where RunAPI is, with an optional path, without a trailing slash.
        concurrency: tasks in flight at a time; None leaves the choice to the project.
        uploads: local files on their way at a time.
        downloads: clips on their way at a time.
        polls_per_second: looks at tasks in a second, over all of them.
        poll_interval_seconds: the first pause between two looks at a task of which no duration is known yet.
        poll_timeout_seconds: how long a run waits for one task; the task itself stays open.
        request_timeout_seconds: for connecting, and for each silence within an answer.
        retries: attempts per request, the first included; a 429 is none.
        requests_per_second: at most so many to the API on average; None for no limit of our own.
        rate_limit_patience_seconds: how long a rate limit (429) is waited out before it is an error.
        catalog: a file with models and prices of one's own, laid over the bundled ones.
        person: who renders, for the books; None leaves it to the caller to find a name.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix=_PREFIX, populate_by_name=True, hide_input_in_errors=True
    )

    api_key: Annotated[SecretStr | None, AfterValidator(_sendable_key)] = Field(
        default=None, validation_alias=_KEY_VARIABLE, description="the key exactly as RunAPI shows it"
    )
    base_url: Annotated[str, AfterValidator(_normalised_url)] = Field(
        default=DEFAULT_BASE_URL,
        validation_alias="RUNAPI_BASE_URL",
        description=f"a plain address such as {DEFAULT_BASE_URL}",
    )
    concurrency: int | None = Field(default=None, ge=1, le=64, description="a whole number from 1 to 64")
    uploads: int = Field(default=4, ge=1, le=64, description="a whole number from 1 to 64")
    downloads: int = Field(default=4, ge=1, le=64, description="a whole number from 1 to 64")
    polls_per_second: float = Field(
        default=10.0, gt=0, allow_inf_nan=False, description="looks per second, more than 0"
    )
    poll_interval_seconds: float = Field(default=2.0, gt=0, allow_inf_nan=False, description="seconds, more than 0")
    poll_timeout_seconds: float = Field(default=1800.0, gt=0, allow_inf_nan=False, description="seconds, more than 0")
    request_timeout_seconds: float = Field(default=60.0, gt=0, allow_inf_nan=False, description="seconds, more than 0")
    retries: int = Field(default=4, ge=1, le=20, description="a whole number from 1 to 20")
    requests_per_second: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="requests per second, more than 0"
    )
    rate_limit_patience_seconds: float = Field(
        default=600.0, ge=0, allow_inf_nan=False, description="seconds, 0 or more"
    )
    catalog: Annotated[Path | None, BeforeValidator(_name_or_none)] = Field(
        default=None, description="the path of a TOML file with models and prices of your own"
    )
    person: Annotated[str | None, BeforeValidator(_name_or_none)] = Field(default=None, description="a name")

    @property
    def origin(self) -> str:
        """`scheme://host[:port]` of the base URL: what ledger rows belong to."""
        return "/".join(self.base_url.split("/")[:3])

    @property
    def is_default_origin(self) -> bool:
        """Whether this is RunAPI itself, rather than a mock server or a proxy."""
        return self.origin == DEFAULT_BASE_URL

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then RunAPI's own configuration file."""
        return init_settings, _Environment(settings_cls), _RunApiConfigFile(settings_cls)


class _Environment(EnvSettingsSource):
    """The environment, in which a blank variable counts as absent."""

    def __call__(self) -> dict[str, Any]:
        return {name: text for name, text in super().__call__().items() if not isinstance(text, str) or text.strip()}


class _RunApiConfigFile(PydanticBaseSettingsSource):
    """The key of `runapi/config.json`; not even opened when the environment has one."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # this source answers as a whole, not field by field

    def __call__(self) -> dict[str, Any]:
        file = _config_file()
        if file is None or {"api_key", _KEY_VARIABLE} & self.current_state.keys():
            return {}
        key = _key_in(file)
        return {} if key is None else {_KEY_VARIABLE: key}


def _config_file() -> Path | None:
    folder = os.environ.get("XDG_CONFIG_HOME", "").strip()
    try:
        return (Path(folder) if folder else Path.home() / ".config") / "runapi" / "config.json"
    except RuntimeError:  # a container user without a home
        return None


def _key_in(file: Path) -> SecretStr | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _bad_file(file, f"cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):  # its text may hold the key, so nothing of it is repeated
        raise _bad_file(file, "is not valid JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("apiKey", ""), str | None):
        raise _bad_file(file, 'is not an object with the text "apiKey"')
    try:
        return _sendable_key(SecretStr(content.get("apiKey") or ""))
    except PydanticCustomError:
        raise _bad_file(file, f"cannot be used: {_UNSENDABLE_KEY}") from None


def _bad_file(file: Path, trouble: str) -> UsageError:
    return UsageError(f"{file} {trouble}", hint=f"Mend or remove the file, or set {_KEY_VARIABLE}.")


def load_settings() -> Settings:
    """Read the settings of this process.

    Raises:
        UsageError: a variable or RunAPI's configuration file is wrong; all wrong variables are named at once.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = {str(fault["loc"][0]): fault["msg"] for fault in error.errors(include_input=False, include_url=False)}
    variables = {_variable(name): (name, message) for name, message in faults.items()}
    raise UsageError(
        "; ".join(f"{variable}: {message}" for variable, (_, message) in variables.items()),
        hint=" ".join(f"Set {variable} to {_wanted(name)}, or unset it." for variable, (name, _) in variables.items()),
    )


def _variable(location: str) -> str:
    return location if location.startswith("RUNAPI_") else _PREFIX + location.upper()


def _wanted(location: str) -> str:
    fields = Settings.model_fields.items()
    return next(field.description or "" for name, field in fields if location in (name, field.validation_alias))
