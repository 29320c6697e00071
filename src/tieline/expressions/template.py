"""A text with `{{…}}` in it, compiled once and evaluated for every bundle (contract 2.1, 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tieline.expressions import functions, tree
from tieline.expressions.coerce import join_texts, to_text
from tieline.expressions.compiler import Compiler, Notice, Reference
from tieline.expressions.errors import DataError, ExpressionError
from tieline.expressions.functions.registry import Evaluate
from tieline.expressions.parser import parse_template
from tieline.expressions.scope import Scope
from tieline.expressions.values import Value

__all__ = ["Template", "compile_template"]

_LOADED: Final = functions.FUNCTIONS
"""Importing the package is what declares the functions."""


class Template:
    """A compiled template.

    `references` are the uses of other modules' bundles, `notices` what is legal but probably not
    meant, `extensions` the functions and keywords that Make does not have.
    """

    __slots__ = ("_run", "extensions", "is_literal", "notices", "references", "text")

    def __init__(
        self,
        text: str,
        run: Callable[[Scope], Value],
        *,
        is_literal: bool,
        references: tuple[Reference, ...] = (),
        notices: tuple[Notice, ...] = (),
        extensions: tuple[str, ...] = (),
    ) -> None:
        self.text = text
        self._run = run
        self.is_literal = is_literal
        self.references = references
        self.notices = notices
        self.extensions = extensions

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def evaluate(self, scope: Scope) -> Value:
        """The value in this scope. A lone `{{…}}` keeps its type, anything else is text.

        The value may be part of a bundle: it must not be changed. Raises ExpressionError with the
        template, the failing part and the values it worked on.
        """
        scope.restart()
        try:
            return self._run(scope)
        except ExpressionError as error:
            raise error.locate(self.text, 0, len(self.text)) from None
        except (RecursionError, MemoryError):
            too_deep = DataError(
                "the data is too large or nested too deeply to work on",
                suggestion="map only the part that is needed",
            )
            raise too_deep.locate(self.text, 0, len(self.text)) from None


def compile_template(text: str, *, strict: bool = False, root: int | None = None) -> Template:
    """Compile a template; `strict` allows only what Make has. `root`: the module whose fields bare names are.

    Raises ParseError or UnknownFunction with position and suggestion.
    """
    if "{{" not in text:
        return Template(text, lambda _: text, is_literal=True)
    parts = parse_template(text)
    compiler = Compiler(strict=strict, root=root)
    evaluators: list[str | Evaluate] = [
        part if isinstance(part, str) else compiler.compile(part).evaluate for part in parts
    ]
    lone = parts[0] if len(parts) == 1 else None
    if isinstance(lone, tree.Literal) and lone.span.source.isdigit():
        compiler.notices.append(
            Notice(f"this is the number {lone.value}; the bundle of module {lone.value} is `{lone.value}`", 0)
        )
    return Template(
        text,
        _whole(evaluators),
        is_literal=all(isinstance(part, str) for part in parts),
        references=tuple(compiler.references),
        notices=tuple(compiler.notices),
        extensions=tuple(compiler.extensions),
    )


def _whole(parts: list[str | Evaluate]) -> Evaluate:
    """One evaluator for all the parts: typed when there is one expression alone, else text."""
    if len(parts) == 1:
        (part,) = parts
        return part if not isinstance(part, str) else lambda _: part

    def run(scope: Scope) -> str:
        return join_texts((part if isinstance(part, str) else to_text(part(scope)) for part in parts), "")

    return run
