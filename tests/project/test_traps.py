"""Files that are no TOML: where the mistake was made, what it is, what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.errors import InvalidProjectError, Rule
from kling_render.project.reading import read_document

QUOTES = "Text that holds quotes goes between three single quotes: "
SAMPLE = QUOTES + "prompt = '''She says: \"It's late.\"'''"
SEVERAL = "a text of several lines goes between three single quotes: '''…'''"
NAMES = "A key without quotes has letters a to z, digits, dashes and underscores."
UNIX = "Save the file with line ends of Unix (LF) or Windows (CR LF)."
ONE_WAY = "A name is a value, a table or a list of tables, and a table is written in one way."
ONE_LINE = "Write it in one line, or as a table of its own: a header such as [shot.walk.vars], one key per line."
PATHS = "A path goes between single quotes, or has forward slashes: "
STRAIGHT = " (word processors turn straight quotes into typographic ones)."
BOTH = "Put the keys of both under one header, or give one of them another name."

EARLY = "the text ends at this quote, but the line goes on"
NOT_CLOSED = "the text that begins here is not closed in its line"
ESCAPE = "in double quotes a backslash begins an escape, and {} is none here"


def explained(folder: Path, content: str | bytes) -> tuple[str, str, str, Rule]:
    """Position, message, hint and rule of the only fault of a file."""
    file = folder / "project.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        read_document(file)
    (fault,) = caught.value.faults
    return fault.place.position, fault.message, fault.hint, fault.rule


@pytest.mark.parametrize(
    ("text", "position", "message", "hint"),
    [
        # texts
        ('prompt = "She says: "Not tonight.""', "1:21", EARLY, QUOTES + "prompt = '''She says: \"Not tonight.\"'''"),
        ('prompt = ""Not tonight," she says."', "1:11", EARLY, QUOTES + "prompt = '''\"Not tonight,\" she says.'''"),
        ("prompt = 'It's late'", "1:13", EARLY, QUOTES + "prompt = '''It's late'''"),
        ('prompt = "x" y', "1:12", EARLY, SAMPLE),
        ('images = ["say "hi"", 2]', "1:16", EARLY, SAMPLE),
        ('a = 1\nprompt = "She walks\nb = 1', "2:10", NOT_CLOSED, f'End it with "; {SEVERAL}'),
        ("prompt = 'She walks", "1:10", NOT_CLOSED, f"End it with '; {SEVERAL}"),
        ('prompt = "x\u201d', "1:10", NOT_CLOSED, 'Only the straight " ends it, not the typographic \u201d'),
        ('a = 1\nb = """x\ny', "2:5", "the text that begins here is never closed", 'End it with """'),
        ("b = '''x\ny\n\n", "1:5", "the text that begins here is never closed", "End it with '''"),
        (
            "a = '''She walks\n[shot.x]\nb = '''He runs'''\n", "1:5",
            "the text that begins here is not closed before the next key",
            "End it with '''; as it is, it goes on to line 3.",
        ),
        (r'a = "C:\Users\mira\frame.png"', "1:8", ESCAPE.format(r"\U"), PATHS + r"'C:\Users\mira\frame.png'"),
        (r'a = ["cast\mira.png"]', "1:11", ESCAPE.format(r"\m"), PATHS + r"'cast\mira.png'"),
        (f'a = "C:\\mira\\{"x" * 70}"', "1:8", ESCAPE.format(r"\m"), PATHS.removesuffix(": ") + "."),
        (r'a = "100\% wool"', "1:9", ESCAPE.format(r"\%"),
         r"Write \\ for a backslash, or put the text between single quotes."),
        (r'a = "x\uD800"', "1:7", ESCAPE.format(r"\uD800"),
         r"Write \\ for a backslash, or put the text between single quotes."),
        ("a = \u201cShe walks\u201d", "1:5", "\u201c opens no text: only the straight quotes do",
         'Write "She walks"' + STRAIGHT),
        ("a = [\u2018x\u2019]", "1:6", "\u2018 opens no text: only the straight quotes do", 'Write "x"' + STRAIGHT),
        ('a = "x\x01"', "1:7", "the invisible character U+0001 cannot stand here",
         "Delete it; it may have come with a copy from elsewhere."),
        # values
        ("model = kling-3.0 # fast", "1:9", "a text needs quotes", 'Write model = "kling-3.0"'),
        ("prompt = Mira walks, slowly", "1:10", "a text needs quotes", 'Write prompt = "Mira walks, slowly"'),
        ("aspect_ratio = 16:9", "1:16", "a text needs quotes", 'Write aspect_ratio = "16:9"'),
        ("output_resolution = 720p", "1:21", "a text needs quotes", 'Write output_resolution = "720p"'),
        ("a = [kling, b]", "1:6", "a text needs quotes", 'Write "kling"'),
        (r"a = C:\x.png", "1:5", "a text needs quotes", r"Write a = 'C:\x.png'"),
        ('a = She says "hi"', "1:5", "a text needs quotes", SAMPLE),
        ("a = True", "1:5", "True is no value of TOML", "Write true, in small letters and without quotes."),
        ("a = FALSE", "1:5", "FALSE is no value of TOML", "Write false, in small letters and without quotes."),
        ("a = null", "1:5", "null is no value of TOML", "Leave the key out; in a shot, unset takes it away."),
        ("max_usd = 60,00", "1:13", "a decimal has a point, not a comma", "Write 60.00"),
        ("a = .5", "1:5", "a number begins with a digit", "Write 0.5"),
        ("a = 1.", "1:6", "a digit must follow the point", "Write 1.0"),
        ("a = 05", "1:6", "a number has no zeros in front", "Write 5"),
        ("a = = 1", "1:5", "a second = follows the first", "Keep one of them."),
        ("takes = ", "1:9", "the value is missing", 'Write e.g. takes = "text", or delete the line.'),
        ("a = [1,,2]", "1:8", "a value is missing here", "Leave out the comma, or write a value."),
        ("a = 1;", "1:6", "a line ends without ;", "Leave it out."),
        ("a = 1 // x", "1:7", "a comment begins with #", "Write # instead of //"),
        ("a = 1 b = 2", "1:7", "a second key begins in the same line", "Each key has a line of its own."),
        # keys
        ("a = 1\na = 2", "2:1", 'the key "a" stands in line 1 already', "Keep one of them."),
        ('[s]\n"ä" = 1\nb = """\n"""\n"ä" = 2', "5:1", 'the key ""ä"" stands in line 2 already',
         "Keep one of them."),
        ("[[s]]\nt = 1\n[[s]]\nt = 1\nt = 2", "5:1", 'the key "t" stands in line 4 already', "Keep one of them."),
        ("a = { b = 1, b = 2 }", "1:14", 'the key "b" stands in line 1 already', "Keep one of them."),
        ("my key = 1", "1:4", "a key without quotes holds no spaces", "Write my_key = …"),
        ("a\tb = 1", "1:3", "a key without quotes holds no spaces", "Write a_b = …"),
        ("größe = 1", "1:3", "ö cannot stand in a key without quotes", NAMES),
        ("ä = 1", "1:1", "no key or table begins with ä", NAMES),
        ('model "x"', "1:7", "= is missing after model", "Write model = …"),
        ("a = { b 1 }", "1:9", "= is missing after b", "Write b = …"),
        ("model: 1", "1:6", "a key and its value stand around =, not :", "Write model = …"),
        ("= 1", "1:1", "the key left of = is missing", 'Write e.g. prompt = "text"'),
        ("a = 1\n]", "2:1", "] closes nothing", "Delete it, or write what it should close."),
        ("// x", "1:1", "a comment begins with #", "Write # in front of the line."),
        # tables and lists
        ("[a]\n[b]\n[a]", "3:2", "the table [a] stands in line 1 already", BOTH),
        ("a.b = 1\n[a]", "2:2", "[a] cannot stand here: a.b in line 1 says otherwise", ONE_WAY),
        ("[[a]]\n[a]", "2:2", "[a] cannot stand here: [[a]] in line 1 says otherwise", ONE_WAY),
        ("[shot.my walk]", "1:10", "a name holds no spaces", "Write [shot.my-walk]"),
        ("[shot.walk", "1:1", "the table header that begins here is not closed", "Write [shot.walk]"),
        ("a = [\n  [1, 2\n  [3, 4]]", "3:3", "a comma is missing before this: values of a list stand between commas",
         "Write a comma."),
        ("a = [\n  [kling]]", "2:4", "a text needs quotes", 'Write "kling"'),
        ("[[shot.x]", "1:9", "a bracket is missing", "Write [[shot.x]]"),
        ("[shot.x]]", "1:9", "a bracket too many", "Leave it out."),
        ("[shot.]", "1:7", "the name of the table is missing", "Write [shot.walk]"),
        ("[shot.größe]", "1:9", "ö cannot stand in the name of a table", NAMES),
        ("a = [1,\n2\nb = 1", "1:5", "the list that begins here is never closed", "End it with ]"),
        ("a = [1,\n[shot.x]\nb = 1", "1:5", "the list that begins here is never closed", "End it with ]"),
        ('a = ["]", # [\n2', "1:5", "the list that begins here is never closed", "End it with ]"),
        ('a = ["x"\n "y"]', "2:2", "a comma is missing before this: values of a list stand between commas",
         "Write a comma."),
        ("a = {b = 1", "1:5", "the inline table that begins here is never closed", "End it with } in the same line."),
        ("a = {\n b = 1\n}", "1:5", "an inline table, in { }, stands in one line", ONE_LINE),
        ("a = {b = 1,}", "1:11", "no comma stands after the last key of an inline table", "Leave it out."),
        # whole files
        ("a = 1\rb = 2\r", "1:6", "a line ends with CR alone, as on old Macs", UNIX),
        ("# x\ra = 1\r", "1:4", "a line ends with CR alone, as on old Macs", UNIX),
    ],
)  # fmt: skip
def test_mistake_is_told_with_its_place_and_remedy(
    tmp_path: Path, text: str, position: str, message: str, hint: str
) -> None:
    assert explained(tmp_path, text + "\n") == (f":{position}", message, hint, "toml")


def test_place_is_that_of_the_file_with_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfx = '''a\r\nb'''\r\nprompt = kling\r\n"
    assert explained(tmp_path, content) == (":3:10", "a text needs quotes", 'Write prompt = "kling"', "toml")


def test_header_at_the_very_end_is_no_list(tmp_path: Path) -> None:
    found = explained(tmp_path, "schema = 1\n\n[shot")
    assert found == (":3:1", "the table header that begins here is not closed", "Write [shot]", "toml")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_of_notepad_is_told(tmp_path: Path, encoding: str) -> None:
    assert explained(tmp_path, 'schema = 1\r\n[project]\r\nname = "x"\r\n'.encode(encoding)) == (
        ":1:1",
        "the file is UTF-16, not UTF-8",
        "Save it as UTF-8; some editors call what it is now just Unicode.",
        "toml",
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_byte_that_is_no_utf8_is_told_with_its_place(tmp_path: Path, mark: bytes) -> None:
    content = mark + "schema = 1\n# é caf".encode() + b"\xe9\n"
    assert explained(tmp_path, content) == (":2:8", "this is not UTF-8", "Save the file as UTF-8.", "toml")


def test_list_nested_beyond_the_stack_is_told_at_its_bracket(tmp_path: Path) -> None:
    assert explained(tmp_path, "a = 1\nb = " + "[" * 9999) == (":2:37", "nested more than 32 levels deep", "", "toml")


def test_number_of_thousands_of_digits_is_told_at_its_first(tmp_path: Path) -> None:
    assert explained(tmp_path, "a = 1\nb = " + "9" * 9999) == (":2:5", "a number has thousands of digits", "", "toml")


def test_duplicate_before_braces_without_end_is_told(tmp_path: Path) -> None:
    found = explained(tmp_path, "a = 1\na = 2\nb = " + "{c = " * 9999)
    assert found[:2] == (":2:1", 'the key "a" stands in line 1 already')


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_document(file).tables == {"a": 1}
