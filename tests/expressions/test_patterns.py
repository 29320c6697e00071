"""Regular expressions as JavaScript reads them."""

from __future__ import annotations

import pytest

from tieline.expressions import DataError
from tieline.expressions.patterns import compile_pattern, found, replace_pattern, split_written


def replaced(source: str, flags: str, text: str, replacement: str = "-") -> str:
    return replace_pattern(compile_pattern(source, flags), text, replacement)


@pytest.mark.parametrize(
    ("source", "flags", "text", "result"),
    [
        (r"\d", "g", "1٣", "-٣"), (r"\D", "g", "1٣", "1-"), (r"\w", "g", "aé_", "-é-"), (r"[^\w]", "g", "aé", "a-"),
        (r"[\W]", "g", "aé_", "a-_"), (r"[\D1]", "g", "12a", "-2-"), (r"\s", "g", "a\u00a0\ufeffb", "a--b"),
        (r"\S+", "g", "a b", "- -"), (r"\bé", "", "é", "é"), (r"\ba\b", "", "éaé", "é-é"), (r"a\B", "", "ab", "-b"),
        ("a$", "", "a\n", "a\n"), ("a$", "m", "a\nb", "-\nb"), ("^b", "m", "a\nb", "a\n-"), ("^b", "", "a\nb", "a\nb"),
        ("$", "", "a\n", "a\n-"), (".", "g", "a\n\u2028b", "-\n\u2028-"), (".", "gs", "a\n", "--"),
        ("[^]", "g", "a\n", "--"), ("[]", "g", "a", "a"), ("(a)?b\\1c", "", "bc", "-"), ("(a)\\1", "", "aa", "-"),
        (r"\0", "", "\0", "-"),
        ("a{2}", "", "aaa", "-a"), ("a{,2}", "", "a{,2}", "-"), ("a{", "", "a{", "-"), ("}", "", "}", "-"),
        ("a{1,2}?", "", "aa", "-a"), ("a+?", "", "aa", "-a"), ("]", "", "]", "-"), ("[[]", "", "[", "-"),
        ("[a\\]]", "g", "a]", "--"), ("[a-c-]", "g", "b-", "--"), ("[-a]", "g", "-a", "--"), ("[\\d-x]", "g", "1-x", "---"),
        ("[&&~~||]", "g", "&~|a", "---a"), ("[[:alpha:]]", "", ":]", "-"), ("[\\b]", "", "\b", "-"),
        (r"\x41\u0042", "", "AB", "-"), (r"\u{1F600}", "u", "😀", "-"), (r"\cJ", "", "\n", "-"), (r"\-\/\e", "", "-/e", "-"),
        (r"\p{L}", "gu", "aé1", "--1"), (r"\p", "", "p", "-"), (r"[\p{Lu}x]", "gu", "Aax", "-a-"),
        ("(?<y>a)\\k<y>", "", "aa", "-"), ("(?<=a)b", "", "ab", "a-"), ("(?<!a)b", "", "ab b", "ab -"),
        ("(?=b)", "", "ab", "a-b"), ("(?!a)b", "", "ab", "a-"), ("(?:ab)+", "", "abab", "-"), ("A", "i", "a", "-"),
        ("é", "i", "É", "-"), ("x*", "g", "abxd", "-a-b--d-"), ("", "g", "ab", "-a-b-"), ("a|b", "g", "ab", "--"),
        ("a", "gy", "aab", "--b"), ("b", "y", "ab", "ab"), (" #", "", " #", "-"), ("(?:)", "", "a", "-a"),
    ],
)  # fmt: skip
def test_dialect(source: str, flags: str, text: str, result: str) -> None:
    assert replaced(source, flags, text) == result


@pytest.mark.parametrize(
    ("replacement", "result"),
    [
        ("$1$2", "xabcy"), ("$&$&", "xabcabcy"), ("$$", "x$y"),
        ("$`|$'", "xx|yy"), ("$3", "x$3y"), ("$0", "x$0y"), ("$10", "xab0y"), ("$01", "xaby"), ("$", "x$y"),
        ("\\1\\n", "x\\1\\ny"), ("$<n>", "x$<n>y"), ("", "xy"),
    ],
)  # fmt: skip
def test_replacement(replacement: str, result: str) -> None:
    assert replaced("(ab)(c)", "", "xabcy", replacement) == result


def test_a_group_that_took_no_part_is_empty() -> None:
    assert replaced("(a)|(b)", "g", "ab", "[$1$2]") == "[a][b]"


@pytest.mark.parametrize(
    "source",
    [
        "(", ")", "(a", "a)", "[a", "*", "+a", "?", "a**", "a++", "a{2}{3}", "a{3,1}", "^*", "|*", "\\", "[\\",
        "(?", "(?P<x>a)", "(?i)a", "(?>a)", "(?#a)", "(?|a)", "(?R)", "(?<1>a)", "[b-a]", "(?<x", "(?(1)a)",
    ],
)  # fmt: skip
def test_what_javascript_does_not_know_is_an_error(source: str) -> None:
    with pytest.raises(DataError, match="not valid"):
        compile_pattern(source)


def test_an_error_says_where() -> None:
    with pytest.raises(DataError, match=r"nothing to repeat at character 3"):
        compile_pattern("a|*")


def test_named_groups_can_be_refused() -> None:
    with pytest.raises(DataError, match="named group"):
        compile_pattern("(?<year>\\d+)", named_groups=False)
    assert found(compile_pattern("(?<year>\\d+)"), "in 2024")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/a/", ("a", "")), ("/a/gi", ("a", "gi")), ("/a/b/", ("a/b", "")), ("/a/gg", None), ("/a/x", None),
        ("//", None), ("/", None), ("a/b/", None), ("/a", None), ("/a\nb/m", ("a\nb", "m")),
    ],
)  # fmt: skip
def test_how_a_pattern_is_written(text: str, written: tuple[str, str] | None) -> None:
    assert split_written(text) == written
