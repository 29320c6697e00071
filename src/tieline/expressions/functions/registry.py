"""How a function is declared. One decorated Python function is all there is to it:

    @math("round(n)", "The nearest integer; halves go up.", example="round(1.5)", result=2)
    def round_(n: Num) -> Number: ...

The name is the part of the signature before the parenthesis. The annotations of the parameters say
how arguments are converted before the call; parameters with a default may be left out or empty;
`*rest` takes any number. A first parameter `scope: Scope` receives the surroundings. A `lazy`
function receives scope and unevaluated arguments, each to be called with the scope.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final, Protocol, TypeAlias, TypeVar

from tieline.expressions.numbers import Number
from tieline.expressions.scope import Scope
from tieline.expressions.values import Buffer, Value

Evaluate: TypeAlias = Callable[[Scope], Value]
"""A compiled part of an expression."""

_F = TypeVar("_F", bound=Callable[..., Any])


class Kind(Enum):
    """What an argument is converted to (contract 2.10, argument conventions)."""

    ANY = "any"
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    TRUTH = "truth"
    DATE = "date"
    ZONE = "zone"
    ARRAY = "array"
    COLLECTION = "collection"
    BYTES = "bytes"


Any_: TypeAlias = Annotated[Any, Kind.ANY]
Text: TypeAlias = Annotated[str, Kind.TEXT]
Num: TypeAlias = Annotated[Number, Kind.NUMBER]
Int: TypeAlias = Annotated[int, Kind.INTEGER]
Truth: TypeAlias = Annotated[bool, Kind.TRUTH]
Date: TypeAlias = Annotated[datetime, Kind.DATE]
Zone: TypeAlias = Annotated[str, Kind.ZONE]
"""A known IANA name; anything else gives the scenario's zone (contract 2.9)."""
Array: TypeAlias = Annotated[list[Any], Kind.ARRAY]
Collection: TypeAlias = Annotated[dict[str, Any], Kind.COLLECTION]
Bytes: TypeAlias = Annotated[Buffer, Kind.BYTES]


class Required(Enum):
    """Stands for the default of a parameter that has none."""

    VALUE = "required"


REQUIRED: Final = Required.VALUE


@dataclass(frozen=True, slots=True)
class Parameter:
    """How one argument is converted, and what it is when left out."""

    kind: Kind
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the expression language, with all that is said about it anywhere."""

    name: str
    signature: str
    summary: str
    group: str
    example: str
    result: Any
    """What the example gives, in the encoding of contract 2.13."""
    portable: bool
    """Make knows it too; the others are off in strict mode."""
    lazy: bool
    scoped: bool
    implementation: Callable[..., Value]
    parameters: tuple[Parameter, ...]
    rest: Parameter | None

    @property
    def minimum(self) -> int:
        return sum(parameter.default is REQUIRED for parameter in self.parameters)

    @property
    def maximum(self) -> int | None:
        """The most arguments it takes; `None` when there is no end."""
        return None if self.rest else len(self.parameters)


FUNCTIONS: Final[dict[str, Function]] = {}
"""Every function by name."""

SAMPLE: Final[dict[str, Any]] = {
    "person": {"name": "Ada", "email": "ada@x.test"},
    "team": [{"name": "Ada", "age": 36, "role": "lead"}, {"name": "Bob", "age": 22, "role": "dev"}],
}
"""The bundle of module 1 that examples may use."""


class Declare(Protocol):
    def __call__(
        self,
        signature: str,
        summary: str,
        *,
        example: str,
        result: Any,
        portable: bool = True,
        lazy: bool = False,
    ) -> Callable[[_F], _F]: ...


def group(name: str, *, portable: bool = True) -> Declare:
    """A decorator that declares functions of one group of the palette."""
    group_portable = portable

    def declare(
        signature: str,
        summary: str,
        *,
        example: str,
        result: Any,
        portable: bool = group_portable,
        lazy: bool = False,
    ) -> Callable[[_F], _F]:
        def register(implementation: _F) -> _F:
            function_name = signature.partition("(")[0]
            if function_name in FUNCTIONS:
                raise ValueError(f"{function_name} is declared twice")
            scoped, parameters, rest = _parameters(implementation, lazy)
            FUNCTIONS[function_name] = Function(
                name=function_name,
                signature=signature,
                summary=summary,
                group=name,
                example=example,
                result=result,
                portable=portable,
                lazy=lazy,
                scoped=scoped,
                implementation=implementation,
                parameters=parameters,
                rest=rest,
            )
            return implementation

        return register

    return declare


def _parameters(
    implementation: Callable[..., Any], lazy: bool
) -> tuple[bool, tuple[Parameter, ...], Parameter | None]:
    hints = typing.get_type_hints(implementation, include_extras=True)
    declared = list(inspect.signature(implementation).parameters.values())
    scoped = bool(declared) and declared[0].name == "scope"
    parameters: list[Parameter] = []
    rest: Parameter | None = None
    for parameter in declared[scoped:]:
        kind = Kind.ANY if lazy else _kind(hints[parameter.name])
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = Parameter(kind)
        else:
            default = parameter.default
            parameters.append(Parameter(kind, REQUIRED if default is inspect.Parameter.empty else default))
    return scoped, tuple(parameters), rest


def _kind(hint: Any) -> Kind:
    """The Kind in `Annotated[…, Kind]`, also inside `… | None`."""
    for part in (hint, *typing.get_args(hint)):
        for note in getattr(part, "__metadata__", ()):
            if isinstance(note, Kind):
                return note
    raise TypeError(f"{hint} does not say how an argument is converted")
