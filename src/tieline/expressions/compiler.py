"""From tree to closures. Parts that cannot change are computed once, when the template is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from tieline.expressions import tree
from tieline.expressions.arguments import NEEDS_SCOPE, argument, left_out
from tieline.expressions.dates import is_zone
from tieline.expressions.errors import ExpressionError, ParseError, UnknownFunction
from tieline.expressions.functions.registry import FUNCTIONS, Evaluate, Function, Kind
from tieline.expressions.keywords import KEYWORDS
from tieline.expressions.limits import LARGE, check_items, check_text
from tieline.expressions.numbers import subtract, to_number
from tieline.expressions.operators import OPERATORS, Operator
from tieline.expressions.paths import compile_steps, reference_path
from tieline.expressions.scope import Scope
from tieline.expressions.suggestions import suggest_function
from tieline.expressions.tree import Node, Span
from tieline.expressions.values import Buffer, Marker, Value, truth

_Step: TypeAlias = tuple[Operator, Evaluate]
"""An operator and its right operand."""

_UNCHANGING: Final = (str, int, float, bool, datetime, Buffer, Marker, type(None))


class Part(NamedTuple):
    """A compiled node, and its value when that cannot change."""

    evaluate: Evaluate
    constant: bool = False
    value: Value = None


class Reference(NamedTuple):
    """A use of another module's bundle, for the checks made before a run.

    `path` holds field names; a position in an array is an int (1 when it is empty or computed).
    """

    module: int
    path: tuple[str | int, ...]
    position: int


class Notice(NamedTuple):
    """Something in a template that is legal and probably not meant."""

    message: str
    position: int


def _constant(value: Value) -> Part:
    return Part(lambda _: value, True, value)


class Compiler:
    """Compiles the expressions of one template and collects what is worth knowing about them."""

    def __init__(self, *, strict: bool, root: int | None = None) -> None:
        self.strict = strict
        self.root = root
        self.references: list[Reference] = []
        self.notices: list[Notice] = []
        self.extensions: list[str] = []
        self._by_type: dict[type, Callable[[Any], Part]] = {
            tree.Literal: lambda node: _constant(node.value),
            tree.Name: self._name,
            tree.Module: self._module,
            tree.Path: self._path,
            tree.Call: self._call,
            tree.Chain: self._chain,
            tree.Logic: self._logic,
            tree.Unary: self._unary,
        }

    def compile(self, node: Node) -> Part:
        return self._by_type[type(node)](node)

    def _notice(self, message: str, span: Span) -> None:
        self.notices.append(Notice(message, span.start))

    def _name(self, node: tree.Name) -> Part:
        keyword = None if node.quoted else KEYWORDS.get(node.name)
        if keyword is not None:
            if not keyword.portable:
                self._extension(node.name)
            return _constant(keyword.value(Scope({}))) if keyword.constant else Part(keyword.value)
        if node.name == "var" and not node.quoted:
            return Part(lambda scope: scope.variables)
        if self.root is not None:
            return self._field_of_root(self.root, node)
        self._notice(f"{node.name} is not a field of any module: it has no value", node.span)
        return _constant(None)

    def _field_of_root(self, module: int, node: tree.Name) -> Part:
        name = node.name
        self.references.append(Reference(module, (name,), node.span.start))

        def field(scope: Scope) -> Value:
            bundle = scope.bundles.get(module)
            return bundle.get(name) if isinstance(bundle, Mapping) else None

        return Part(field)

    def _module(self, node: tree.Module) -> Part:
        self.references.append(Reference(node.id, (), node.span.start))
        module = node.id
        return Part(lambda scope: scope.bundles.get(module))

    def _path(self, node: tree.Path) -> Part:
        if isinstance(node.root, tree.Module):
            self.references.append(Reference(node.root.id, reference_path(node.steps), node.span.start))
            module = node.root.id
            root: Evaluate = lambda scope: scope.bundles.get(module)  # noqa: E731
        else:
            root = self.compile(node.root).evaluate
        positions: list[Evaluate | None] = []
        for step in node.steps:
            if isinstance(step, tree.Index) and step.position is not None:
                position = self.compile(step.position)
                if position.constant and position.value == 0:
                    self._notice("positions start at 1: [0] has no value", node.span)
                positions.append(position.evaluate)
            else:
                positions.append(None)
        return Part(compile_steps(root, node.steps, positions))

    def _chain(self, node: tree.Chain) -> Part:
        part = self.compile(node.first)
        steps: list[_Step] = []
        for name, operand in node.rest:
            right = self.compile(operand)
            step = (OPERATORS[name], right.evaluate)
            if not steps:
                joined = _folded(Part(_chain(part.evaluate, [step], node.span)), part, right)
                if joined.constant:
                    part = joined
                    continue
            steps.append(step)
        return Part(_chain(part.evaluate, steps, node.span)) if steps else part

    def _logic(self, node: tree.Logic) -> Part:
        operands = []
        for operand in node.operands:
            operands.append(self.compile(operand).evaluate)
        wanted = node.any

        def logic(scope: Scope) -> bool:
            for operand in operands:
                if truth(operand(scope)) is wanted:
                    return wanted
            return not wanted

        return Part(logic)

    def _unary(self, node: tree.Unary) -> Part:
        operand = self.compile(node.operand)
        evaluate, span = operand.evaluate, node.span
        if node.operator == "!":
            return Part(lambda scope: not truth(evaluate(scope)))

        def negate(scope: Scope) -> Value:
            value = evaluate(scope)
            try:
                return subtract(0, to_number(value))
            except ExpressionError as error:
                raise error.locate(span.template, span.start, span.end, (value,)) from None

        return _folded(Part(negate), operand)

    def _extension(self, name: str) -> None:
        if name not in self.extensions:
            self.extensions.append(name)

    def _function(self, node: tree.Call) -> Function:
        function = FUNCTIONS.get(node.name)
        span = node.span
        if function is None or (self.strict and not function.portable):
            known = [f.name for f in FUNCTIONS.values() if f.portable or not self.strict]
            message = f"there is no function {node.name}"
            if function is not None:
                message = f"{node.name} is an extension that Make does not have"
            raise UnknownFunction(message, suggestion=suggest_function(node.name, known)).locate(
                span.template, span.start, span.end
            )
        if not function.portable:
            self._extension(function.name)
        count, maximum = len(node.arguments), function.maximum
        if count < function.minimum or (maximum is not None and count > maximum):
            few = "few" if count < function.minimum else "many"
            raise ParseError(
                f"{function.name} has too {few} arguments ({count})", suggestion=f"write {function.signature}"
            ).locate(span.template, span.start, span.end)
        return function

    def _call(self, node: tree.Call) -> Part:
        function = self._function(node)
        given: list[Part] = []
        for child in node.arguments:
            given.append(self.compile(child))
        if function.lazy:
            return Part(_lazy(function, [part.evaluate for part in given], node.span))
        parameters = [*function.parameters]
        if function.rest:
            parameters += [function.rest] * (len(given) - len(parameters))
        arguments = []
        foldable = not function.scoped
        for position, parameter in enumerate(parameters):
            foldable = foldable and parameter.kind not in NEEDS_SCOPE
            if position >= len(given):
                arguments.append(left_out(parameter))
                continue
            part, child = given[position], node.arguments[position]
            if parameter.kind is Kind.ZONE:
                self._check_zone(part, child.span)
            converted = Part(argument(part.evaluate, parameter, child.span))
            folds = parameter.kind not in NEEDS_SCOPE
            arguments.append((_folded(converted, part) if folds else converted).evaluate)
        part = Part(_direct(function, arguments, node.span))
        return _folded(part, *given) if foldable else part

    def _check_zone(self, part: Part, span: Span) -> None:
        if part.constant and part.value and not (isinstance(part.value, str) and is_zone(part.value)):
            self._notice(f"{part.value} is not a time zone, so the scenario's is used", span)


def _folded(part: Part, *inputs: Part) -> Part:
    """The part's value, when its inputs are constant, it evaluates, and the value cannot be changed."""
    if not all(one.constant for one in inputs):
        return part
    try:
        value = part.evaluate(Scope({}))
    except ExpressionError:
        return part
    return _constant(value) if isinstance(value, _UNCHANGING) else part


def _chain(first: Evaluate, steps: list[_Step], span: Span) -> Evaluate:
    """Apply the operators from the left. A loop, so that a long sum is not deep."""

    def chain(scope: Scope) -> Value:
        value = first(scope)
        for operator, operand in steps:
            right = operand(scope)
            try:
                value = operator(value, right, scope)
            except ExpressionError as error:
                raise error.locate(span.template, span.start, span.end, (value, right)) from None
        return value

    return chain


def _lazy(function: Function, arguments: list[Evaluate], span: Span) -> Evaluate:
    implementation = function.implementation

    def call(scope: Scope) -> Value:
        try:
            return implementation(scope, *arguments)
        except ExpressionError as error:
            raise error.locate(span.template, span.start, span.end) from None

    return call


def _direct(function: Function, arguments: list[Evaluate], span: Span) -> Evaluate:
    implementation, scoped = function.implementation, function.scoped

    def finish(scope: Scope, values: tuple[Value, ...]) -> Value:
        try:
            result = implementation(scope, *values) if scoped else implementation(*values)
            if isinstance(result, (str, list, Buffer)) and len(result) > LARGE:
                (check_items if isinstance(result, list) else check_text)(len(result))
                scope.walk(result)
        except ExpressionError as error:
            raise error.locate(span.template, span.start, span.end, values) from None
        return result

    if len(arguments) == 1:
        (only,) = arguments
        return lambda scope: finish(scope, (only(scope),))
    if len(arguments) == 2:
        first, second = arguments
        return lambda scope: finish(scope, (first(scope), second(scope)))

    def call(scope: Scope) -> Value:
        return finish(scope, tuple([evaluate(scope) for evaluate in arguments]))

    return call
