"""Fields filled by expressions, for one bundle at a time: `{{name}}` is the bundle's name, and so is `{{1.name}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline.expressions import BundleValidationError, ExpressionError, Scope, compile_value
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.modules.inputs import OTHER_NAMES
from tieline.modules.module import Module

BUNDLE = 1  # the number under which expressions know the bundle


class FieldMap:
    """A module's fields with the expressions that fill them, compiled once."""

    def __init__(self, module: Module, fields: Mapping[str, Any], timezone: str = "UTC") -> None:
        """Raises ModuleError for a field that the module lacks, and for an expression that cannot be read."""
        self.module = module
        self.timezone = timezone
        check_names(module, fields)
        try:
            self._compiled = compile_value(dict(fields), root=BUNDLE)
        except ExpressionError as error:
            raise self._failure(error, "InvalidConfigurationError") from None

    def apply(self, bundle: Mapping[str, Any]) -> dict[str, Any]:
        """The input of the module for this bundle. Raises ModuleError naming the field."""
        try:
            made = self._compiled.evaluate(Scope({BUNDLE: bundle}, timezone=self.timezone))
        except ExpressionError as error:
            kind: ErrorClass = (
                "BundleValidationError" if isinstance(error, BundleValidationError) else "DataError"
            )
            raise self._failure(error, kind) from None
        return dict(made)

    def _failure(self, error: ExpressionError, kind: ErrorClass) -> ModuleError:
        field = error.field
        text = str(error).removeprefix(f"{field}: ")
        return ModuleError(kind, text, module=self.module.label, field=field)


def check_names(module: Module, fields: Mapping[str, Any]) -> None:
    """Raises ModuleError when a field has a name that the module does not know."""
    known = [found.name for found in module.fields]
    others = {other for name in known for other in OTHER_NAMES.get(name, ())}
    for name in fields:
        if name not in known and name not in others:
            raise ModuleError(
                "InvalidConfigurationError",
                "there is no such field",
                module=module.label,
                field=name,
                remedy=f"one of: {', '.join(known)}",
            )
