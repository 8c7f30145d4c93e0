"""The validator: judges a rendered request body against one model's fields and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog import checks
from kling_render.catalog.models import Condition, FieldSpec, ModelSpec, Rule, Severity
from kling_render.catalog.values import is_absent, judge_value, show


@dataclass(frozen=True)
class Finding:
    """One thing the API would refuse (or might not like): field path, value, rule in words, source of the rule."""

    field: str
    value: Any
    message: str
    source: str
    severity: Severity = "error"


def judge_request(model: ModelSpec, body: Mapping[str, Any]) -> Iterator[Finding]:
    """Everything wrong or doubtful in `body`, in the order fields, requirements, rules, checks.

    Absent means missing, null, an empty string or an empty list; `false` is present.
    """
    present = {name: value for name, value in body.items() if not is_absent(value)}
    for name, value in present.items():
        yield from _judge_field(model, name, value)
    for name in ("model", *model.required):
        if name not in present:
            yield Finding(name, None, f"{name} is required by {_spot(model)}", model.source)
    for rule in model.rules:
        if _holds(rule.when, present, model) and not (rule.unless and _holds(rule.unless, present, model)):
            yield from _judge_rule(rule, present)
    for check in model.checks:
        for path, value, message, source, severity in checks.CHECKS[check](model, present):
            yield Finding(path, value, message, source, severity)


def _judge_field(model: ModelSpec, name: str, value: Any) -> Iterator[Finding]:
    spec = model.fields.get(name)
    if spec is not None:
        yield from (
            Finding(path, bad, f"{text}, for {_spot(model)}", source, severity)
            for path, bad, text, source, severity in judge_value(spec, name, value)
        )
    elif name in model.forbidden:
        yield Finding(name, value, f"{name} is not allowed for {_spot(model)}, not even {show(value)}", model.source)
    else:
        yield Finding(name, value, f"{name} is not a field of {_spot(model)}", model.source)


def _judge_rule(rule: Rule, present: Mapping[str, Any]) -> Iterator[Finding]:
    for name in rule.require:
        if name not in present:
            yield Finding(name, None, f"{name} is missing: {rule.why}", rule.source)
    for name in rule.forbid:
        if name in present:
            yield Finding(name, present[name], f"{name} is not allowed here: {rule.why}", rule.source)
    for name, allowed in rule.values.items():
        if name in present and present[name] not in allowed:
            yield Finding(name, present[name], f"{name} = {show(present[name])}: {rule.why}", rule.source)
    for name in rule.advise:
        yield Finding(name, present.get(name), f"{name}: {rule.why}", rule.source, "warning")


def _holds(conditions: Mapping[str, Condition], present: Mapping[str, Any], model: ModelSpec) -> bool:
    return all(
        condition.holds(present.get(name, _default(model, name)), name in present)
        for name, condition in conditions.items()
    )


def _default(model: ModelSpec, name: str) -> Any:
    spec: FieldSpec | None = model.fields.get(name)
    return spec.default if spec else None


def _spot(model: ModelSpec) -> str:
    return f"{model.name} ({model.action})"
