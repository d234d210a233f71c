"""Documents become operations: parsed, validated and looked through once, however often they come."""

from dataclasses import dataclass, field
from hashlib import sha256
from inspect import isawaitable
from typing import Any, cast

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    get_operation_ast,
    parse,
    validate,
    visit,
)

from app.config import Limits
from app.execution.arguments import Known
from app.execution.bulk import BulkExecutor, Plans
from app.execution.internals import optimized_is_awaitable
from app.graph.context import Asked, Context
from app.operations.columns import columns_asked
from app.operations.cost import QueryCost, query_costs
from app.operations.filter_variables import variables_in_filters
from app.operations.limits import Uses, check, check_source, unparsed
from app.operations.rules import RULES

LARGEST_CACHE = 1024 * 1024  # characters of text; what is kept for them takes some fifty times that
BESIDE_TEXT = 400  # characters that each document counts for, too: also the shortest, or what is wrong with it, is 7 KB
MOST_SEEN = 10_000  # texts of which it is known that they came once; 2 MB
NOTHING = DocumentNode(definitions=())


class Refused(Exception):
    """An operation that cannot be run at all: nothing has been executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Document:
    """A document and what was found out about it; with `errors` it cannot be run."""

    hash: str  # of its text
    size: int  # of its text, in characters
    tree: DocumentNode = NOTHING  # empty where the text could not be parsed
    errors: list[GraphQLError] = field(default_factory=list)
    asked: Asked = field(default_factory=dict)
    plans: Plans | None = None  # of its selection sets, to be kept with it; None where they depend on variables
    constants: Known = field(default_factory=dict)  # arguments, see Arguments
    uses: dict[str, Uses] = field(default_factory=dict)  # of the variables, by the name of the operation
    costs: dict[str, QueryCost] = field(default_factory=dict)  # by the name of the operation
    in_filters: frozenset[str] = frozenset()  # variables that count as null where they are left out

    @property
    def weight(self) -> int:
        """How much of the cache it takes."""
        return self.size + BESIDE_TEXT

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name, or the only one; raises Refused."""
        operation = get_operation_ast(self.tree, name)
        if operation is None:
            wanted = (
                f"has no operation named {name!r}" if name else "has several operations: name one in `operationName`"
            )
            raise Refused([GraphQLError(f"The document {wanted}.", extensions={"code": "BAD_USER_INPUT"})])
        return operation


class Documents:
    """The documents that came lately and more than once, bounded by the size of their text.

    One is kept from its second time on, so that a flood of documents that never come again pushes nobody's out.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool = True) -> None:
        """Without `introspection` nothing tells the schema: no field of it, and no guess at what was meant."""
        self.schema = schema
        self.rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self.hide_suggestions = not introspection
        self.limits = limits
        self._known: LRUCache[str, Document] = LRUCache(LARGEST_CACHE, getsizeof=lambda known: known.weight)
        self._seen: LRUCache[str, bool] = LRUCache(MOST_SEEN)

    def get(self, source: str) -> Document:
        """The document of this text."""
        name = hash_of(source)
        known = self._known.get(name)
        if known is None:
            known = self._read(name, source)
            if name in self._seen:
                self._keep(known)
            self._seen[name] = True
        return known

    def register(self, source: str) -> Document:
        """The document of this text; one that can be run is kept from its first time on, to be found by its hash."""
        document = self.get(source)
        if not document.errors:
            self._keep(document)
        return document

    def find(self, name: str) -> Document | None:
        """The document whose text has this hash, if it is kept and can be run."""
        known = self._known.get(name)
        return None if known is None or known.errors else known

    def _keep(self, document: Document) -> None:
        if document.weight <= LARGEST_CACHE:
            self._known[document.hash] = document

    def _read(self, name: str, source: str) -> Document:
        errors = check_source(source, self.limits)
        if errors:
            return Document(name, 1, errors=errors)
        try:
            tree = self._parse(source)
            errors, uses = check(tree, self.limits)
        except (GraphQLError, RecursionError) as raised:
            return Document(name, len(source), errors=[unparsed(raised, self.limits)])
        errors = errors or validate(
            self.schema,
            tree,
            self.rules,
            max_errors=self.limits.max_errors,
            hide_suggestions=self.hide_suggestions,
        )
        if errors:
            return Document(name, len(source), tree, errors)
        asked, costs = columns_asked(self.schema, tree), query_costs(self.schema, tree)
        plans: Plans | None = None if _varies(tree) else {}
        in_filters = variables_in_filters(self.schema, tree)
        return Document(name, len(source), tree, [], asked, plans, uses=uses, costs=costs, in_filters=in_filters)

    def _parse(self, source: str) -> DocumentNode:
        return parse(source, max_lexical_tokens=self.limits.max_tokens, max_comments=self.limits.max_comments)


def hash_of(source: str) -> str:
    """SHA-256 of a document's text in hexadecimal digits: what clients, manifests and the log call it by."""
    return sha256(source.encode()).hexdigest()


def _varies(tree: DocumentNode) -> bool:
    """Whether which fields are selected depends on variables."""

    class Conditions(Visitor):
        found = False

        def enter_directive(self, *_: Any) -> None:
            self.found = True

    conditions = Conditions()
    visit(tree, conditions)
    return conditions.found


async def execute(
    schema: GraphQLSchema,
    document: Document,
    context: Context,
    variables: dict[str, Any],
    name: str | None,
    *,
    hide_suggestions: bool = False,
) -> ExecutionResult:
    """Runs an operation of a valid document; raises Refused where its variables do not fit."""
    executor = BulkExecutor.build(
        schema,
        document.tree,
        context_value=context,
        raw_variable_values={**dict.fromkeys(document.in_filters), **variables} if document.in_filters else variables,
        operation_name=name,
        is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # a TypeGuard in all but name
        plans=document.plans,
        constants=document.constants,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(executor, list):
        for error in executor:
            error.extensions = {"code": "BAD_USER_INPUT"}
        raise Refused(executor)
    bulk = cast("BulkExecutor", executor)  # which the library's types do not tell
    try:
        result: Any = bulk.execute_operation()
        answer: ExecutionResult = await result if isawaitable(result) else result
        return answer
    finally:
        bulk.drop_unawaited()
        del bulk.async_helpers  # they hold the executor in turn: a circle, see Batches.stop


def is_query(operation: OperationDefinitionNode) -> bool:
    return operation.operation is OperationType.QUERY
