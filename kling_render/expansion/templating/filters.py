"""The filters that templates may use, bounded: each is a step, takes no huge numbers and returns nothing huge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from jinja2 import Environment, pass_environment
from jinja2.filters import FILTERS, make_attrgetter

from kling_render.expansion.templating.limits import (
    MAX_CHARS,
    MAX_NUMBER,
    Meter,
    TemplateLimitError,
    check_format,
    check_size,
)
from kling_render.expansion.templating.printing import printed, printed_arguments

_TEXT_FILTERS = (
    "capitalize", "center", "format", "indent", "lower", "replace", "string", "title", "trim", "truncate", "upper",
    "wordcount", "wordwrap",
)  # fmt: skip
_OTHER_FILTERS = (
    "abs", "count", "d", "default", "dictsort", "first", "float", "int", "items", "last", "length", "list", "map",
    "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "sum", "unique",
)  # fmt: skip
_COSTS = {
    "dictsort": 12, "list": 2, "map": 6, "max": 12, "min": 12, "reject": 5, "rejectattr": 5, "select": 5,
    "selectattr": 5, "sort": 12, "sum": 5, "title": 2, "unique": 12, "wordwrap": 3,
}  # fmt: skip
"""How many times dearer than others a filter is; measured at the largest texts and lists that it may be given."""
_MAX_GROWTH = 50 * MAX_CHARS
"""What a text filter may build at worst: an estimate from above, so it lies above what a text may have."""


def bounded_filters(meter: Meter) -> dict[str, Callable[..., Any]]:
    """All filters by name; each call is counted on this meter."""
    texts = {name: _text_filter(name, FILTERS[name]) for name in _TEXT_FILTERS}
    others = {name: FILTERS[name] for name in _OTHER_FILTERS}
    return {name: _bounded(name, each, meter) for name, each in {**texts, **others, "join": _join}.items()}


def bounded_tests(tests: Mapping[str, Callable[..., Any]], meter: Meter) -> dict[str, Callable[..., Any]]:
    """The tests (`is in`, `is upper`); what they look at is weighed on this meter."""
    return {name: _weighed_test(function, meter) for name, function in tests.items()}


def _weighed_test(function: Callable[..., Any], meter: Meter) -> Callable[..., Any]:
    first = _first_own(function)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for argument in (*args[first:], *kwargs.values()):
            meter.weigh(argument)
        return function(*args, **kwargs)

    return call


def _bounded(name: str, function: Callable[..., Any], meter: Meter) -> Callable[..., Any]:
    first = _first_own(function)
    times = _COSTS.get(name, 1)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        meter.step(*args[first:], *kwargs.values(), times=times)
        for argument in (*args[first + 1 :], *kwargs.values()):
            if isinstance(argument, int) and abs(argument) > MAX_NUMBER:
                raise TemplateLimitError(f"the number {argument:.3g} as an argument of {name}")
        return check_size(function(*args, **kwargs))

    return call


def _text_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter for what can be printed alone: it sees an element as its text, and no list or object at all."""
    first = _first_own(function)
    given = f"{name} is given"
    growth = _GROWTH.get(name)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        text = printed(args[first], given)
        rest = [_argument(each, given) for each in args[first + 1 :]]
        named = {key: _argument(each, given) for key, each in kwargs.items()}
        if growth:
            _check_growth(growth(text, *rest, **named))
        return function(*args[:first], text, *rest, **named)

    return call


def _first_own(function: Callable[..., Any]) -> int:
    """Where a filter's value stands among its arguments: after what Jinja passes, if it passes something."""
    return 1 if hasattr(function, "jinja_pass_arg") else 0


def _argument(value: Any, given: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    text = printed(value, given)
    return value if isinstance(value, (int, float)) else text


def _check_growth(count: int) -> None:
    if count > _MAX_GROWTH:
        raise TemplateLimitError(f"a text of more than {MAX_CHARS:,} characters")


def check_percent(pattern: str, arguments: Any) -> None:
    """Refuses `pattern % arguments` with wide formats, and with arguments that could not be printed."""
    _check_growth(_percent_growth(pattern, arguments))


@pass_environment
def _join(environment: Environment, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    entries = value if attribute is None else map(make_attrgetter(environment, attribute), value)
    texts = [printed(entry, "join is given") for entry in entries]
    between = printed(d, "join is given")
    _check_growth(sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


def _formatted(text: str, *args: Any, **kwargs: Any) -> int:
    return _percent_growth(text, kwargs or args)


def _percent_growth(pattern: str, arguments: Any) -> int:
    check_format(pattern)
    return pattern.count("%") * max(map(len, printed_arguments(pattern, arguments)), default=0)


def _indented(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> int:
    return (len(text.splitlines()) + 1) * (len(width) if isinstance(width, str) else width)


def _replaced(text: str, old: Any, new: Any, count: int | None = None) -> int:
    return text.count(printed(old, "replace is given")) * len(printed(new, "replace is given"))


def _wrapped(
    text: str,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> int:
    return len(text) * len(wrapstring or "")


_GROWTH: dict[str, Callable[..., int]] = {
    "format": _formatted,
    "indent": _indented,
    "replace": _replaced,
    "wordwrap": _wrapped,
}
