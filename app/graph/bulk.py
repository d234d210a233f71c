"""Bulk completion: the objects of one level of an answer are completed together, field by field.

graphql-core completes an answer cell by cell, 10 µs each. Here a selection set becomes a plan; the plan makes each
field a column of values for all objects of the level; the columns, dealt out again, are the objects. What a field leads
to is one level more, and one batch of loads for all of it.

It is the way of answers in which nothing goes wrong. At the first error, wherever it is, the attempt is dropped, and
graphql-core completes that part of the answer from its beginning: which errors there are, with which paths, and what
they make null is then its doing alone. What had been loaded is kept, so that nothing is loaded twice.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from copy import copy
from inspect import CORO_CREATED, getcoroutinestate, isawaitable
from typing import Any, cast

from graphql import (
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import CollectedErrors, to_nodes
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.graph.arguments import Arguments
from app.graph.fields import LEVEL, Column, answered, of_one
from app.graph.flatten import Irregular, Paths, flatten, nowhere
from app.graph.leaves import complete_leaves, is_no_value
from app.graph.plan import FieldPlan, Plan, deal, make_plan

Plans = dict[tuple[object, ...], Plan]
Completion = Callable[["BulkExecutor"], Any]


class BulkExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes objects and lists of objects a level at a time; everything else is graphql-core's."""

    one_by_one = False  # so in the copy that completes what was irregular

    def __init__(self, *args: Any, plans: Plans | None = None, **kwargs: Any) -> None:
        """`plans` may outlive the operation where its selection sets do not depend on variables."""
        super().__init__(*args, **kwargs)
        self.plans: Plans = {} if plans is None else plans
        self.arguments = Arguments()  # shared with the copies, as is what somebody was to await:
        self.coming: list[Coroutine[Any, Any, Any]] = []

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """With arguments that are converted once for all rows."""
        given = parent_type, source, field_details_list, path, position_context
        definition = self.schema.get_field(parent_type, field_details_list[0].node.name.value)
        declared = definition and definition.extensions.get("strawberry-definition")
        level = declared and declared.metadata.get(LEVEL)
        if not (definition and level and definition.args):
            return super().execute_field(*given)
        try:
            arguments = self.arguments.of(self, parent_type, definition, field_details_list)
        except Exception:  # noqa: BLE001  # whatever it is, graphql-core will meet it again and say where
            return super().execute_field(*given)
        info = self.build_resolve_info(definition, to_nodes(field_details_list), parent_type, path)
        try:
            value = of_one(level, self.context_value, source, arguments)
        except Exception as error:  # noqa: BLE001  # as graphql-core does: at once, before anything beside it is done
            self.handle_field_error(error, definition.type, field_details_list, path)
            return None
        coming = answered(value)
        return self.complete_awaitable_value(definition.type, field_details_list, info, path, coming, position_context)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        given = (return_type, field_details_list, info, path, result, position_context)
        if self.one_by_one:
            return super().complete_object_value(*given)
        return self._attempt(
            info,
            lambda quick: quick.complete_column(return_type, field_details_list, [result], lambda _: path),
            lambda slow: slow.complete_object_value(*given),
        )

    def complete_list_value(
        self,
        return_type: Any,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        given = (return_type, field_details_list, info, path, result, position_context)
        if self.one_by_one or not is_object_type(get_named_type(return_type)):
            return super().complete_list_value(*given)
        return self._attempt(
            info,
            lambda quick: quick.complete_column(return_type, field_details_list, [result], lambda _: path),
            lambda slow: slow.complete_list_value(*given),
        )

    def _attempt(self, info: GraphQLResolveInfo[Any], quickly: Completion, slowly: Completion) -> Any:
        quick = copy(self)
        quick.collected_errors = CollectedErrors()
        try:
            column = quickly(quick)
        except Exception:  # noqa: BLE001  # whatever it is, graphql-core will meet it again and say where
            return slowly(self._slow(info))
        if isinstance(column, list):
            return column[0]
        return self._noted(self._attempt_later(info, quick, column, slowly))

    async def _attempt_later(
        self, info: GraphQLResolveInfo[Any], quick: "BulkExecutor", column: Awaitable[Column], slowly: Completion
    ) -> Any:
        with suppress(Exception):  # as above
            completed = (await column)[0]
            if not quick.collected_errors.errors:
                return completed
        completed = slowly(self._slow(info))
        return await completed if isawaitable(completed) else completed

    def _noted(self, coming: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        self.coming.append(coming)
        return coming

    def drop_unawaited(self) -> None:
        """Closes what nobody came to await, where an operation was cut short: Python would warn of each."""
        for one in self.coming:
            if getcoroutinestate(one) == CORO_CREATED:
                one.close()

    def _slow(self, info: GraphQLResolveInfo[Any]) -> "BulkExecutor":
        """This executor, with the same errors, as graphql-core wrote it: for what is under the field of `info`."""
        self.context_value.note_one_by_one(f"{info.parent_type.name}.{info.field_name}", 1)
        slow = copy(self)
        slow.one_by_one = True
        return slow

    def complete_column(
        self, type_: GraphQLOutputType, details: FieldDetailsList, values: Column, paths: Paths
    ) -> Column | Awaitable[Column]:
        """What each of `values` becomes as a `type_`; raises whatever is wrong with any of them."""
        named = get_named_type(type_)
        if is_leaf_type(named):
            flat = flatten(type_, values, paths)
            return flat.restore(complete_leaves(named, flat.values))
        if not isinstance(named, GraphQLObjectType):
            raise Irregular
        plan = self._plan(named, details)
        flat = flatten(type_, values, paths, once=plan.placeless)
        self._check_types(named, flat.values)
        if plan.immediate:
            columns = [self._leaves(field, flat.values) for field in plan.fields]
            return flat.restore(deal(plan, columns, len(flat.values)))
        return self._noted(self._complete_later(plan, flat.values, flat.paths, flat.restore))

    def _check_types(self, type_: GraphQLObjectType, rows: Column) -> None:
        # A row's class says what it is a row of, so one of each class is enough to ask about.
        for row in dict(zip(map(type, rows), rows, strict=True)).values():
            if is_no_value(type(row)) or (type_.is_type_of and not type_.is_type_of(row, self.context_value)):
                raise Irregular

    def _plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Plan:
        key = (type_.name, *(id(one.node) for one in details))
        plan = self.plans.get(key)
        if plan is None:
            selected = self.collect_subfields(type_, details).grouped_field_set
            plan = self.plans[key] = make_plan(type_, selected, self._plan)
        return plan

    def _leaves(self, field: FieldPlan, rows: Column) -> Column:
        type_, values = field.definition.type, field.column(rows) if field.column else []
        flat = flatten(type_, values, nowhere)
        return flat.restore(complete_leaves(cast("GraphQLLeafType", get_named_type(type_)), flat.values))

    async def _complete_later(
        self, plan: Plan, rows: Column, paths: Paths, restore: Callable[[Column], Column]
    ) -> Column:
        if not rows:
            return restore([])
        columns: list[Any] = [self._leaves(field, rows) if field.immediate else None for field in plan.fields]
        waiting = [(place, field) for place, field in enumerate(plan.fields) if not field.immediate]
        if len(waiting) == 1:
            ((place, field),) = waiting
            columns[place] = await self._column(field, rows, paths)
        else:
            loaded = await _all(self._column(field, rows, paths) for _, field in waiting)
            for (place, _), column in zip(waiting, loaded, strict=True):
                columns[place] = column
        return restore(deal(plan, columns, len(rows)))

    async def _column(self, field: FieldPlan, rows: Column, paths: Paths) -> Column:
        def path(place: int) -> Path:
            return paths(place).add_key(field.name, field.parent.name)

        if field.column is not None:
            values = field.column(rows)
        elif field.level is not None:
            arguments = self.arguments.of(self, field.parent, field.definition, field.details)
            answered = field.level(self.context_value, rows, arguments)
            values = answered if isinstance(answered, list) else await answered
        else:
            return await self._one_by_one(field, rows, path)
        column = self.complete_column(field.definition.type, field.details, values, path)
        return column if isinstance(column, list) else await column

    async def _one_by_one(self, field: FieldPlan, rows: Column, paths: Paths) -> Column:
        """The field as graphql-core completes it, resolver and all."""
        self.context_value.note_one_by_one(field.label, len(rows))
        values: list[Any] = []
        try:
            for place, row in enumerate(rows):
                values.append(self.execute_field(field.parent, row, field.details, paths(place), None))
        except Exception:
            self.track_async_work(values)
            raise
        waiting = [place for place, value in enumerate(values) if isawaitable(value)]
        for place, value in zip(waiting, await _all(values[one] for one in waiting), strict=True):
            values[place] = value
        return values


async def _all(awaitables: Iterable[Awaitable[Any]]) -> list[Any]:
    """What each of them answers, once all have ended; raises the first one's error.

    graphql-core would cancel the others at the first error. Here they go on, so that all is loaded when graphql-core
    takes over, and no load of a dropped attempt is still under way when the operation ends.
    """
    answers = await gather(*awaitables, return_exceptions=True)
    if failed := [one for one in answers if isinstance(one, BaseException)]:
        raise failed[0]
    return answers
