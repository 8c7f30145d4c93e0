"""Nothing unsafe, random or of the machine can be reached from a template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.templating.renderer import TemplateFailure
from kling_render.expansion.templating.sandbox import PromptEnvironment
from kling_render.expansion.templating.sources import SearchPath

if TYPE_CHECKING:
    from tests.expansion.conftest import Rendered

MIRA = ElementTexts({"mira": ElementText("mira", "Mira", "@mira")})
VARIABLES: dict[str, Any] = {"say": {"en": "Hi"}, "names": ("a", "b"), "element": MIRA, "n": 5}


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__", "''['__class__']", "''.__class__.__mro__[1].__subclasses__()", "().__class__.__bases__",
        "n.__class__",
        "range.__globals__", "range.__code__", "namespace.__init__", "dict.__base__", "dict.fromkeys", "say.__class__",
        "say.pop",
        "say.update({'a': 1})", "say.clear()", "say.setdefault('a', 1)", "names.__class__", "names.index('a')",
        "[].append(1)",
        "element._texts", "element.__dict__", "element.mira.__class__", "element.mira.__dataclass_fields__",
        "self.__init__",
        "self._TemplateReference__context", "self.__class__", "m.__globals__", "m._environment", "m.name", "m.__call__",
        "namespace().__class__", "''.format", "''.format_map", "'{0.__class__}'.format(n)", "''.upper.__self__",
        "n.bit_length()",
        "n.to_bytes", "n.real", "''.encode()", "''.join([])", "''.zfill(9)", "''.ljust(9)", "''.center(9)",
        "''.replace('', 'a')",
        "''.translate({})", "''.expandtabs(9)", "1.5.hex()", "none.__class__", "true.__class__", "(1).__class__",
        "names|map(attribute='__class__')|first", "names|map(attribute='upper.__self__')|first",
        "[say]|map(attribute='pop')|first",
    ],
)  # fmt: skip
def test_inside_of_a_value_is_out_of_reach(rendered: Rendered, expression: str) -> None:
    source = "{% macro m() %}{% endmacro %}{{ " + expression + " }}"
    with pytest.raises(
        TemplateFailure, match=r"is out of reach for templates|is nothing that a template may read here|no entry"
    ):
        rendered(source, VARIABLES)


@pytest.mark.parametrize("attribute", ["_iterator", "__class__", "_recurse", "_length"])
def test_inside_of_the_loop_is_out_of_reach(rendered: Rendered, attribute: str) -> None:
    with pytest.raises(TemplateFailure, match="of a LoopContext is out of reach for templates"):
        rendered(f"{{% for i in [1] %}}{{{{ loop.{attribute} }}}}{{% endfor %}}")


@pytest.mark.parametrize("attribute", ["__name__", "_body_stream", "__dict__"])
def test_inside_of_an_imported_template_is_out_of_reach(rendered: Rendered, attribute: str) -> None:
    with pytest.raises(TemplateFailure, match="of a TemplateModule is out of reach for templates"):
        rendered(f"{{% import 'a.j2' as a %}}{{{{ a.{attribute} }}}}", a="x")


@pytest.mark.parametrize(
    "name",
    [
        "lipsum", "cycler", "joiner", "random", "now", "open", "eval", "exec", "__import__", "__builtins__",
        "environment", "context", "config", "request", "os", "loop", "super", "caller", "varargs",
    ],
)  # fmt: skip
def test_name_that_is_none_of_the_project_is_undefined(rendered: Rendered, name: str) -> None:
    with pytest.raises(TemplateFailure, match=f'undefined variable "{name}"'):
        rendered(f"{{{{ {name} }}}}", VARIABLES)


@pytest.mark.parametrize(
    "name",
    [
        "attr", "random", "shuffle", "pprint", "tojson", "xmlattr", "urlize", "safe", "e", "escape", "forceescape",
        "filesizeformat", "groupby", "batch", "slice", "striptags", "urlencode",
    ],
)  # fmt: skip
def test_filter_that_prompts_do_not_need_does_not_exist(rendered: Rendered, name: str) -> None:
    with pytest.raises(TemplateFailure, match=f"No filter named '{name}'"):
        rendered(f"{{{{ 'a'|{name} }}}}")


@pytest.mark.parametrize("tag", ["do 1", "debug", "trans", "break", "continue", "python"])
def test_tag_of_an_extension_does_not_exist(rendered: Rendered, tag: str) -> None:
    with pytest.raises(TemplateFailure, match="the template does not parse"):
        rendered(f"{{% {tag} %}}")


@pytest.mark.parametrize(
    "expression", ["say.en", "say.get('en')", "say['en']", "(say.values()|list)[0]", "(say|dictsort)[0][1]"]
)
def test_entry_of_a_table_is_readable(rendered: Rendered, expression: str) -> None:
    assert rendered(f"{{{{ {expression} }}}}", VARIABLES) == "Hi"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("' a '.strip()", "a"), ("'a'.upper()", "A"), ("'A'.lower()", "a"), ("'a b'.title()", "A B"),
        ("'ab'.capitalize()", "Ab"),
        ("'y' if 'ab'.startswith('a')", "y"), ("'y' if 'ab'.endswith('b')", "y"),
    ],
)  # fmt: skip
def test_harmless_method_of_a_text_is_callable(rendered: Rendered, expression: str, text: str) -> None:
    assert rendered(f"{{{{ {expression} }}}}") == text


@pytest.mark.parametrize("attribute", ["index", "index0", "revindex", "length", "first|int", "last|int", "depth"])
def test_state_of_a_loop_is_readable(rendered: Rendered, attribute: str) -> None:
    assert rendered(f"{{% for i in ['a'] %}}{{{{ loop.{attribute} }}}}{{% endfor %}}") in ("0", "1")


def test_variables_of_a_project_cannot_be_changed(rendered: Rendered) -> None:
    variables = {"say": {"en": "Hi"}}
    assert rendered("{% set say = {'en': 'Bye'} %}{{ say.en }}", variables) == "Bye"
    assert variables == {"say": {"en": "Hi"}}


def test_globals_are_the_three_that_are_needed(tmp_path: Path) -> None:
    assert sorted(PromptEnvironment(SearchPath([tmp_path])).globals) == ["dict", "namespace", "range"]
