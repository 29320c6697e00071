"""From text to tree: cutting a template at its braces, and parsing what is between them (contract 2.1–2.3)."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

import lark
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from tieline.expressions import tree
from tieline.expressions.errors import ParseError
from tieline.expressions.limits import MAX_DEPTH, MAX_EXPRESSION, MAX_EXPRESSIONS
from tieline.expressions.numbers import parse_number
from tieline.expressions.tree import Node, Span

# An expression never starts with a brace, so `{{{1.a}}}` is a brace around `{{1.a}}`.
_OPENING = re.compile(r"\{\{(?!\{)")
_BODY = re.compile(
    r"""(?: [^"'`}]++ | "[^"]*+" | '[^']*+' | `[^`]*+` | \}(?!\}) )*+""", re.VERBOSE | re.DOTALL
)
_QUOTES: Final = {'"': "text", "'": "text", "`": "name"}


def parse_template(text: str) -> tuple[str | Node, ...]:
    """The literal texts and expressions of a template, in order. Raises ParseError."""
    parts: list[str | Node] = []
    position = 0
    while opening := _OPENING.search(text, position):
        if len(parts) > 2 * MAX_EXPRESSIONS:
            raise ParseError(f"the text has more than the limit of {MAX_EXPRESSIONS:,} expressions").locate(
                text, opening.start(), len(text)
            )
        if opening.start() > position:
            parts.append(text[position : opening.start()])
        end = _end_of_body(text, opening.end())
        parts.append(parse_expression(text, opening.end(), end))
        position = end + 2
    if position < len(text):
        parts.append(text[position:])
    return tuple(parts)


def _end_of_body(text: str, start: int) -> int:
    """Where the closing braces stand; braces inside quotes and back ticks do not count."""
    match = _BODY.match(text, start)
    end = match.end() if match else start
    if text.startswith("}}", end):
        return end
    opening = start - 2
    if end < len(text):
        message = f"the {_QUOTES[text[end]]} that starts here is not closed"
        raise ParseError(message, suggestion=f"add the second {text[end]}").locate(text, end, len(text))
    raise ParseError(
        "{{ is not closed", suggestion='add }}; to write the braces themselves use {{"{{"}}'
    ).locate(text, opening, len(text))


def parse_expression(text: str, start: int, end: int) -> Node:
    """The tree of `text[start:end]`; nothing at all is a literal without value. Raises ParseError."""
    span = Span(text, start, end)
    if end - start > MAX_EXPRESSION:
        raise ParseError(f"the expression is longer than the limit of {MAX_EXPRESSION:,} characters").locate(
            text, start, end
        )
    source = text[start:end]
    builder = _Builder(span)
    try:
        concrete = _grammar().parse(source)
    except UnexpectedInput as error:
        raise _explain(error, source, span) from None
    try:
        return builder.build(concrete)
    except VisitError as error:
        if isinstance(error.orig_exc, ParseError):
            raise error.orig_exc from None
        raise


@cache
def _grammar() -> lark.Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return lark.Lark(grammar, parser="lalr", lexer="contextual", propagate_positions=True)


@lark.v_args(meta=True)
class _Builder(lark.visitors.Transformer_NonRecursive[lark.Token, Any]):
    """Turns lark's tree of one expression into ours, from the leaves up."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span

    def build(self, concrete: lark.Tree[lark.Token]) -> Node:
        node: Node = self.transform(concrete)
        return node

    def _span(self, meta: Any) -> Span:
        if meta.empty:
            return self.span
        offset = self.span.start
        return Span(self.span.template, meta.start_pos + offset, meta.end_pos + offset)

    def _depth(self, span: Span, *children: Node) -> int:
        depth = 1 + max((child.depth for child in children), default=0)
        if depth > MAX_DEPTH:
            raise ParseError(
                f"the expression is nested deeper than the limit of {MAX_DEPTH}",
                suggestion="split it with a Set variable module",
            ).locate(span.template, span.start, span.end)
        return depth

    def start(self, meta: Any, children: list[Node]) -> Node:
        return children[0] if children else tree.Literal(self.span, None)

    def number(self, meta: Any, children: list[str]) -> Node:
        span = self._span(meta)
        value = parse_number(children[0])
        if value is None:
            raise ParseError("the number is too large").locate(span.template, span.start, span.end)
        return tree.Literal(span, value)

    def text(self, meta: Any, children: list[str]) -> Node:
        quote = children[0][0]
        return tree.Literal(self._span(meta), children[0][1:-1].replace(quote * 2, quote))

    def module(self, meta: Any, children: list[str]) -> Node:
        return self._module(self._span(meta), children[0])

    def _module(self, span: Span, digits: str) -> Node:
        if len(digits) > 18:
            raise ParseError(f"{digits} is not the id of a module").locate(
                span.template, span.start, span.end
            )
        return tree.Module(span, int(digits))

    def quoted(self, meta: Any, children: list[str]) -> Node:
        name = children[0][1:-1]
        if name.isascii() and name.isdigit():
            return self._module(self._span(meta), name)
        return tree.Name(self._span(meta), name, quoted=True)

    def name(self, meta: Any, children: list[str]) -> Node:
        return tree.Name(self._span(meta), str(children[0]), quoted=False)

    def field(self, meta: Any, children: list[str]) -> tree.Field:
        name = str(children[0])
        return tree.Field(name[1:-1] if name.startswith("`") else name)

    def index(self, meta: Any, children: list[Node]) -> tree.Index:
        return tree.Index(children[0] if children else None)

    def postfix(self, meta: Any, children: list[Any]) -> Node:
        span = self._span(meta)
        root, steps = children[0], tuple(children[1:])
        if isinstance(root, tree.Literal) and root.span.source[:1].isdigit():
            raise _number_with_field(root).locate(span.template, span.start, span.end)
        inner = [step.position for step in steps if isinstance(step, tree.Index) and step.position]
        return tree.Path(span, root, steps, self._depth(span, root, *inner))

    def call(self, meta: Any, children: list[Any]) -> Node:
        span = self._span(meta)
        arguments: tuple[Node | None, ...] = children[1]
        given = () if arguments == (None,) else tuple(a or tree.Literal(span, None) for a in arguments)
        return tree.Call(span, str(children[0]), given, self._depth(span, *given))

    def arguments(self, meta: Any, children: list[Node | None]) -> tuple[Node | None, ...]:
        return tuple(children)

    def argument(self, meta: Any, children: list[Node]) -> Node | None:
        return children[0] if children else None

    def group(self, meta: Any, children: list[Node]) -> Node:
        span = self._span(meta)
        return dataclasses.replace(children[0], span=span, depth=self._depth(span, children[0]))

    def negation(self, meta: Any, children: list[Any]) -> Node:
        return self._unary(meta, "-", children)

    def complement(self, meta: Any, children: list[Any]) -> Node:
        return self._unary(meta, "!", children)

    def _unary(self, meta: Any, operator: str, children: list[Node]) -> Node:
        span = self._span(meta)
        return tree.Unary(span, operator, children[-1], self._depth(span, children[-1]))

    def disjunction(self, meta: Any, children: list[Node]) -> Node:
        return self._logic(meta, True, children)

    def conjunction(self, meta: Any, children: list[Node]) -> Node:
        return self._logic(meta, False, children)

    def _logic(self, meta: Any, any_of: bool, children: list[Node]) -> Node:
        span = self._span(meta)
        return tree.Logic(span, any_of, tuple(children), self._depth(span, *children))

    def _chain(self, meta: Any, children: list[Any]) -> Node:
        span = self._span(meta)
        operands: list[Node] = children[::2]
        rest = tuple((str(op), node) for op, node in zip(children[1::2], operands[1:], strict=True))
        return tree.Chain(span, operands[0], rest, self._depth(span, *operands))

    equality = relation = sum = product = _chain


def _number_with_field(number: tree.Literal) -> ParseError:
    source = number.span.source
    if "." in source:
        module, field = source.split(".", 1)
        right = f"{module}.`{field}`"
    else:
        right = f"{source}.name, without a blank before the dot"
    return ParseError(f"{source} is a number, and a number has no fields", suggestion=f"write {right}")


def _explain(error: UnexpectedInput, source: str, span: Span) -> ParseError:
    """A parse error in the words of someone who writes mappings."""
    at = len(source) if isinstance(error, UnexpectedEOF) else error.pos_in_stream
    if at is None or at < 0 or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        at = len(source)
    char = source[at : at + 1]
    message, suggestion = _diagnosis(char, source, at, error)
    wrong = ParseError(message, suggestion=suggestion)
    return wrong.locate(span.template, span.start + min(at, max(len(source) - 1, 0)), span.end)


def _diagnosis(char: str, source: str, at: int, error: UnexpectedInput) -> tuple[str, str | None]:
    if char == "":
        missing = source.count("(") - source.count(")")
        if missing > 0 and isinstance(error, UnexpectedToken) and "RPAR" in error.accepts | error.expected:
            return "a closing parenthesis is missing", "add )"
        return "the expression ends too early", "a value is missing at the end"
    if char == ",":
        return "a comma cannot stand here", "separate arguments with a semicolon ;"
    if char in "“”„‟’‘‚‛«»":
        return f"the curly quote {char} is not a quote here", "use straight quotes: \" or '"
    if char in "<>" and source[at - 1 : at] in {"=", "<", ">"}:
        return f"{source[at - 1 : at + 1]} is not an operator", "use <=, >= or !="
    if source[at - 1 : at] == "." and char.isdigit():
        return "a field name that starts with a digit needs back ticks", f"write `{char}…`"
    if source[at - 1 : at] == ".":
        return "a field name is missing after the dot", "put a name with other characters in back ticks"
    if char == ")":
        return "this ) closes nothing, or a value is missing before it", None
    if char == "{":
        return "braces cannot stand inside an expression", "a function needs no braces around its arguments"
    if isinstance(error, UnexpectedCharacters):
        return f"the character {char} cannot stand here", "put names with other characters in back ticks"
    if char in "\"'" or char.isalnum() or char in "_$`":
        return "an operator or ; is missing here", 'join texts with +, as in "a" + 1.name'
    return f"{char} cannot stand here: a value is missing before it", None
