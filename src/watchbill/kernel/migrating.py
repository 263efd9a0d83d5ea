"""Makes all tables of a part in one operation of a migration, so that a first start takes seconds.

Django builds every related model anew after each operation, and nearly every table here points to a person: 300 operations one by one take 8 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations import operations as django
from django.db.migrations.operations.base import Operation

OF_A_MODEL = (django.AddField, django.AddIndex, django.AddConstraint)


class CreateTogether(Operation):
    """Operations that make and change tables, and touch each field and each name once.

    The state gets all of them before models are built from it, so each operation sees the final models of its part: a table that is new is
    made whole, with what later operations add to it.
    """

    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.new = {each.name_lower for each in operations if isinstance(each, django.CreateModel)}

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # a cached property: models are built at its next use
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in self.operations:
            if not (self._is_of_new(operation) and isinstance(operation, OF_A_MODEL)):
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            if not self._is_of_new(operation):  # it goes with its table
                operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def _is_of_new(self, operation: Operation) -> bool:
        """Whether it adds something to a table that is made here."""
        return getattr(operation, "model_name", "").lower() in self.new

    def describe(self) -> str:
        return f"Make {len(self.operations)} things together"
