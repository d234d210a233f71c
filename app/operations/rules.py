"""What a document must keep to: the specification's rules, and two about values that the database cannot hold."""

from math import isinf
from typing import Any, Final

from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValidationRule, specified_rules


class NoNul(ValidationRule):
    """PostgreSQL's text cannot hold U+0000: a string with it would fail in the database, far from its argument."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            self.report_error(GraphQLError("A string holds the character NUL (U+0000): leave it out.", node))


class FiniteNumbers(ValidationRule):
    """What is too large for a Float would silently become infinite; JSON, and so a variable, cannot say that."""

    def enter_int_value(self, node: IntValueNode, *_: Any) -> None:
        self._check(node)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        self._check(node)

    def _check(self, node: IntValueNode | FloatValueNode) -> None:
        if isinf(float(node.value)):
            self.report_error(GraphQLError("A number is out of range: at most 1.797e308, with either sign.", node))


RULES: Final = (*specified_rules, NoNul, FiniteNumbers)
