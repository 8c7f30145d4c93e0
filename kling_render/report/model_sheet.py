"""One model whole: its fields, rules and rates on every endpoint, and where each fact comes from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kling_render.catalog import Catalog, FieldSpec, ModelSpec
from kling_render.catalog.models import Rule
from kling_render.report.console import console, table
from kling_render.report.model_words import (
    NONE,
    NOT_PUBLISHED,
    advice,
    as_toml,
    cents_words,
    check_words,
    family_of,
    length_words,
    limits,
    rates_of,
)


def print_sheet(catalog: Catalog, models: Sequence[ModelSpec]) -> None:
    """Print some models whole, then the sources of what is said about them."""
    out = console()
    for model in models:
        _print_model(model, catalog, out)
    named = set(chain.from_iterable(model.sources() for model in models))
    out.print("sources", style="bold")
    legend = Table.grid(padding=(0, 2))
    for name, source in catalog.contract.sources.items():
        if name in named:
            legend.add_row(f"  {name}", f"{source.title}{f', {source.date}' if source.date else ''}")
    legend.add_row("  rates", f"{catalog.rates.source}, {catalog.rates.name}")
    out.print(legend)


def _print_model(model: ModelSpec, catalog: Catalog, out: Console) -> None:
    family = family_of(model, catalog)
    out.print(Text.assemble((model.name, "bold"), " · ", (model.action, "bold"), _from(model.source)))
    if family:
        out.print(f"of the family {family}")
    if model.length is not None:
        out.print(Text.assemble(f"clips: {_length(model)}", _from(model.length.source)))
    out.print()
    out.print(_fields(model, catalog))
    if any(spec.default_source == "project" for spec in model.fields.values()):
        out.print("* an assumption of this project: the default is not published")
    if model.forbidden:
        out.print()
        out.print(_hanging("takes none of: ", ", ".join(model.forbidden)))
    _print_rules(model, out)
    out.print()
    _print_rates(model, catalog, out)
    out.print()


def _fields(model: ModelSpec, catalog: Catalog) -> Table:
    rows = table("field", "takes", "default")
    rows.columns[0].no_wrap = True
    for name in catalog.fields:
        spec = model.fields.get(name)
        if spec is not None and name != "model":
            rows.add_row(name, _takes(spec), _default(spec, required=name in model.required))
            inner = spec.of if spec.of is not None else spec
            for part, own in inner.fields.items():
                is_choice = part in inner.require_one
                shown = Text("one of these", "bold") if is_choice else _default(own, required=part in inner.required)
                rows.add_row(f"  {part}", _takes(own), shown)
    return rows


def _takes(spec: FieldSpec) -> Text:
    takes = Text.assemble(limits(spec), _from(spec.source))
    for each in (spec, spec.of):
        if each is not None and advice(each):
            takes.append_text(Text.assemble(f"\nadvised: {advice(each)}", _from(each.advised_source)))
    return takes.append(f"\n{spec.about}", "dim")


def _default(spec: FieldSpec, *, required: bool) -> Text:
    if required:
        return Text("required", style="bold")
    if spec.default is None:
        return Text(NONE, style="dim")
    assumed = spec.default_source == "project"
    return Text.assemble(as_toml(spec.default), " *" if assumed else _from(spec.default_source or spec.source))


def _from(source: str) -> tuple[str, str]:
    return f" [{source}]", "dim"


def _length(model: ModelSpec) -> str:
    if model.length_follows:
        return f"as long as {model.length_follows}"
    return f"{length_words(model)}: nothing is published"


def _print_rules(model: ModelSpec, out: Console) -> None:
    words = [*map(_rule, model.rules), *map(check_words, model.checks)]
    if words:
        out.print()
        out.print("rules", style="bold")
    for each in words:
        out.print(_hanging("  · ", each))


def _rule(rule: Rule) -> str:
    fields = (*rule.require, *rule.require_one, *rule.forbid, *rule.values, *rule.max_items, *rule.media_seconds)
    subject = ", ".join(fields or rule.advise)
    warning = "" if fields else " (a warning)"
    return f"{subject}: {rule.why}{warning} [{rule.source}]"


def _print_rates(model: ModelSpec, catalog: Catalog, out: Console) -> None:
    rates = rates_of(model, catalog)
    if not rates:
        out.print(f"rates: {NOT_PUBLISHED}")
        return
    rows = table(*rates[0].values, "¢ per second", "", right=("¢ per second",))
    for rate in rates:
        remark = f"not taken: {rate.refused}" if rate.refused else ""
        rows.add_row(*rate.values.values(), cents_words(rate.cents), remark)
    out.print(rows)


def _hanging(lead: str, words: str) -> Table:
    grid = Table.grid()
    grid.add_row(lead, words)
    return grid
