import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader, StrictUndefined, UndefinedError, meta
from jinja2.sandbox import SandboxedEnvironment

from kling_render.expansion.library import (
    Fragment,
    Variable,
    example_context,
    example_source,
    load_library,
    parse_fragment,
)

TEMPLATES = Path(__file__).parents[2] / "templates"
LIBRARY = load_library(TEMPLATES)
INCLUDED = [fragment for fragment in LIBRARY if fragment.macro is None]
FILTERS = re.findall(
    r"\w+",
    """
    abs capitalize center default d first float format indent int join last length count list lower max min reject
    rejectattr replace reverse round select selectattr sort string sum title trim truncate unique upper wordcount map
    items dictsort batch slice wordwrap
    """,
)
GLOBALS = ("range", "dict", "namespace")


def only_scalars(value: object) -> object:
    if not isinstance(value, str | int | float | StrictUndefined):
        raise TypeError(f"printed {value!r}")
    return value


def an_environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, finalize=only_scalars, autoescape=False
    )
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.globals = {name: environment.globals[name] for name in GLOBALS}
    return environment


def rendered(source: str, context: Mapping[str, object]) -> str:
    text = an_environment().from_string(source).render(context)
    return re.sub(r"\s+", " ", text).strip()


def example_of(fragment: Fragment) -> str:
    return rendered(example_source(fragment), example_context(fragment))


def fragments(chosen: list[Fragment] | tuple[Fragment, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fragment", chosen, ids=lambda fragment: fragment.name)


# The header


def test_header_with_variables_gives_summary_examples_and_remarks() -> None:
    source = '{#- A dolly. Variables: subject = "the lamp" (what it nears); speed = "slow" (optional, "slow") -#}\nBody'

    assert parse_fragment("camera/dolly.j2", source) == Fragment(
        name="camera/dolly.j2",
        summary="A dolly.",
        variables=(
            Variable("subject", "the lamp", "what it nears", optional=False),
            Variable("speed", "slow", 'optional, "slow"', optional=True),
        ),
        macro=None,
        source=source,
    )


def test_header_without_variables_gives_none() -> None:
    assert parse_fragment("x.j2", "{#- A 35mm lens. Variables: none. -#}\nBody").variables == ()


def test_header_with_windows_line_end_is_read() -> None:
    assert parse_fragment("x.j2", "{#- A 35mm lens. Variables: none. -#}\r\nBody").summary == "A 35mm lens."


@pytest.mark.parametrize(
    "literal", ['"a; (b), c = d"', '"say \\"no\\""', "90", "0.5", "true", "null", '["a", "b"]', '{"en": "No."}']
)
def test_example_may_be_any_json_literal(literal: str) -> None:
    fragment = parse_fragment("x.j2", f"{{#- One. Variables: a = {literal} (first); b = 1 (second) -#}}")

    assert [variable.example for variable in fragment.variables] == [json.loads(literal), 1]


def test_remark_that_only_begins_like_optional_makes_no_default() -> None:
    fragment = parse_fragment("x.j2", '{#- One. Variables: a = "b" (optionally plural) -#}')

    assert not fragment.variables[0].optional


def test_header_of_a_macro_gives_its_name_and_arguments() -> None:
    fragment = parse_fragment("cards/x.j2", '{#- A card. Macro: card(subject = "a (tall) man", takes = 2) -#}')

    assert fragment.macro == "card"
    assert [(argument.name, argument.example) for argument in fragment.variables] == [
        ("subject", "a (tall) man"),
        ("takes", 2),
    ]


def test_header_of_a_macro_without_arguments_gives_none() -> None:
    assert parse_fragment("x.j2", "{#- A card. Macro: card() -#}").variables == ()


@pytest.mark.parametrize(
    "first_line",
    [
        "",
        "A slow dolly.",
        "{# A dolly. Variables: none. #}",
        "{#- A dolly without a full stop Variables: none. -#}",
        "{#- A dolly. -#}",
        "{#- Variables: none. -#}",
        "{#- A dolly. Variables: none. -#} body on the first line",
        "{#- A dolly.\nVariables: none. -#}",
    ],
)
def test_missing_header_is_refused_with_its_form(first_line: str) -> None:
    with pytest.raises(
        ValueError, match=r"^camera/x\.j2: the first line must read \{#- One sentence\. Variables: none"
    ):
        parse_fragment("camera/x.j2", first_line)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("Variables: nothing", r"expected name = example at 'nothing'"),
        ("Variables: a = lamp (what)", r"the example of a is no JSON literal: 'lamp \(what\)'"),
        ('Variables: a = "lamp"', r"a needs a remark in round brackets"),
        ('Variables: a = "lamp" ()', r"a needs a remark in round brackets"),
        ("Variables: a = 1 (one), b = 2 (two)", r"expected ';' at ', b = 2 \(two\)'"),
        ("Variables: a = 1 (one);", r"expected name = example at ''"),
        ("Variables: a = 1 (one); a = 2 (two)", r"a is documented twice"),
        ("Macro: card", r"a macro is written as name\(argument = \"example\"\), not as 'card'"),
        ("Macro: card(subject)", r"expected name = example at 'subject'"),
        ("Macro: card(a = 1; b = 2)", r"expected ',' at '; b = 2'"),
        ("Macro: card(a = 1, a = 2)", r"a is documented twice"),
    ],
)
def test_malformed_header_is_refused_with_file_and_passage(rest: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^x\.j2: {message}"):
        parse_fragment("x.j2", f"{{#- One. {rest} -#}}")


# The example


def test_example_of_a_fragment_includes_it_with_its_examples_as_context() -> None:
    fragment = parse_fragment("camera/x.j2", '{#- One. Variables: a = "b" (c); n = 2 (optional, default 1) -#}')

    assert example_source(fragment) == "{% include 'camera/x.j2' %}"
    assert example_context(fragment) == {"a": "b", "n": 2}


def test_example_of_a_macro_imports_and_calls_it_without_context() -> None:
    fragment = parse_fragment("cards/x.j2", '{#- One. Macro: card(a = "é \\"b\\"", n = 2, on = true, off = null) -#}')

    assert example_source(fragment) == (
        '{% from \'cards/x.j2\' import card %}{{ card(a="é \\"b\\"", n=2, on=true, off=none) }}'
    )
    assert example_context(fragment) == {}


@pytest.mark.parametrize("example", ["ü 🎬 }} {% x", 'a "b" \\ c', 7, 0.5, True, None, ["a", None], {"en": [False]}])
def test_example_of_a_macro_passes_every_json_value_unchanged(example: object) -> None:
    source = f"{{#- One. Macro: card(a = {json.dumps(example)}) -#}}"
    call = example_source(parse_fragment("x.j2", source)).partition("%}")[2]
    seen: list[object] = []

    def card(a: object) -> str:
        seen.append(a)
        return ""

    an_environment().from_string(call).render(card=card)

    assert seen == [example]


# The folder


def test_library_lists_templates_of_all_folders_sorted_and_nothing_else(tmp_path: Path) -> None:
    header = "{#- One. Variables: none. -#}\n"
    for name in ("lens/b.j2", "camera/deep/c.j2", "a.j2", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(header if name.endswith(".j2") else "# No fragment", encoding="utf-8")

    assert [fragment.name for fragment in load_library(tmp_path)] == ["a.j2", "camera/deep/c.j2", "lens/b.j2"]


def test_library_with_a_malformed_fragment_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.j2").write_text("no header", encoding="utf-8")

    with pytest.raises(ValueError, match=r"^x\.j2: the first line must read"):
        load_library(tmp_path)


# The shipped templates


def test_shipped_library_covers_every_department() -> None:
    assert {fragment.name.partition("/")[0] for fragment in LIBRARY} == {
        "camera",
        "cards",
        "composition",
        "dialogue",
        "lens",
        "lighting",
        "negative",
        "sound",
    }


def test_shipped_summaries_are_unique() -> None:
    assert len({fragment.summary for fragment in LIBRARY}) == len(LIBRARY)


@fragments(LIBRARY)
def test_shipped_template_uses_exactly_the_variables_of_its_header(fragment: Fragment) -> None:
    undeclared = meta.find_undeclared_variables(an_environment().parse(fragment.source))

    assert undeclared == set(example_context(fragment))


@fragments(LIBRARY)
def test_shipped_example_renders_to_one_clean_line(fragment: Fragment) -> None:
    text = example_of(fragment)

    assert 0 < len(text) < 400
    assert not re.search(r"\s[,.;:]|\.\.|,,|[{}]", text)
    assert text.endswith((".", '"')) or fragment.name.startswith("negative/")


@fragments(LIBRARY)
def test_shipped_example_shows_every_value_of_the_header(fragment: Fragment) -> None:
    text = example_of(fragment).lower()

    assert [value.example for value in fragment.variables if str(value.example).lower() not in text] == []


@fragments(INCLUDED)
def test_shipped_fragment_renders_with_its_required_variables_alone(fragment: Fragment) -> None:
    required = {variable.name: variable.example for variable in fragment.variables if not variable.optional}

    assert rendered(example_source(fragment), required)


@fragments(INCLUDED)
def test_shipped_fragment_refuses_to_render_without_a_required_variable(fragment: Fragment) -> None:
    for variable in fragment.variables:
        if not variable.optional:
            context = {name: value for name, value in example_context(fragment).items() if name != variable.name}
            with pytest.raises(UndefinedError, match=f"'{variable.name}' is undefined"):
                rendered(example_source(fragment), context)


@fragments(INCLUDED)
def test_shipped_default_is_the_one_that_the_header_names(fragment: Fragment) -> None:
    context = example_context(fragment)
    for variable in fragment.variables:
        if variable.optional:
            default = json.loads(variable.remark.removeprefix("optional, default "))
            without = {name: value for name, value in context.items() if name != variable.name}
            named = rendered(example_source(fragment), {**context, variable.name: default})
            assert rendered(example_source(fragment), without) == named


# The cards


def card(arguments: str, name: str = "shot") -> str:
    return rendered(f"{{% from 'cards/{name}-card.j2' import {name}_card %}}{{{{ {name}_card({arguments}) }}}}", {})


def test_shot_card_orders_its_parts_and_closes_every_sentence() -> None:
    text = card(
        'sound="rain", light="Moonlight.", lens="35mm", camera="slow dolly in", '
        'place="an empty quay", action="waits", subject="a dog"'
    )

    assert text == "A dog waits. Setting: an empty quay. Slow dolly in. 35mm. Moonlight. Sound: rain."


def test_shot_card_leaves_out_what_is_not_given() -> None:
    assert card('"@mira", "turns and says: \\"Wait.\\""') == '@mira turns and says: "Wait."'


def test_shot_card_takes_whole_fragments_as_parts() -> None:
    text = rendered(
        "{% set camera %}{% include 'camera/handheld.j2' %}{% endset %}"
        "{% set sound %}{% include 'sound/silence.j2' %}{% endset %}"
        "{% from 'cards/shot-card.j2' import shot_card %}"
        "{{ shot_card('a dog', 'waits', camera=camera, sound=sound) }}",
        {},
    )

    assert text.startswith("A dog waits. Handheld camera on the shoulder")
    assert text.count("Sound:") == 1


def test_cut_card_puts_the_line_before_camera_and_sound() -> None:
    text = card('"close-up", "the deckhand", "looks up", camera="handheld", sound="rope", line="Last call."', "cut")

    assert text == 'Close-up: the deckhand looks up. The deckhand says: "Last call." Handheld. Sound: rope.'
