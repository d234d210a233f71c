"""Bulk completion: the objects of one level of an answer are completed together, field by field.

graphql-core completes an answer cell by cell, 10 µs each. Here a selection set becomes a plan; the plan makes each
field a column of values for all objects of the level; the columns, dealt out again, are the objects. What a field leads
to is one level more, and one batch of loads for all of it.

It is the way of answers in which nothing goes wrong: see `fallback.py` for the others.
"""

from asyncio import gather
from collections.abc import Awaitable, Iterable, Sequence
from inspect import isawaitable
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

from app.execution.arguments import Arguments, Known
from app.execution.compile import maker_of
from app.execution.fallback import AttemptingExecutor, label_of
from app.execution.flatten import Flat, Irregular, Paths, flatten, nowhere
from app.execution.internals import FieldDetailsList, GroupedFieldSet, Path, declared, to_nodes
from app.execution.leaves import complete_leaves, is_no_value
from app.execution.plan import FieldPlan, Maker, Plan, column_of, make_plan
from app.execution.shown import is_list, note_list, note_repeated
from app.execution.single_root import RootField, only_field
from app.graph.fields import LEVEL, Column, Coming, of_one

Plans = dict[tuple[object, ...], Plan]


class BulkExecutor(AttemptingExecutor):
    """Completes objects and lists of objects a level at a time; everything else is graphql-core's."""

    def __init__(self, *args: Any, plans: Plans | None = None, constants: Known | None = None, **kwargs: Any) -> None:
        """`constants` outlive the operation, and so may `plans` where its selection sets do not depend on variables."""
        super().__init__(*args, **kwargs)
        self.plans: Plans = {} if plans is None else plans
        self.arguments = Arguments({} if constants is None else constants)  # shared with the copies

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[Any],
    ) -> Any:
        """The only field of a query without the layers around it; others as graphql-core has them."""
        given = (root_type, root_value, grouped_field_set, serially, new_defer_usages)
        only = None if serially or self.one_by_one else only_field(root_type, grouped_field_set)
        if only is None:
            return super().execute_collected_root_fields(*given)
        return self.noted(self._complete_root(only, root_value))

    async def _complete_root(self, only: RootField, root_value: Any) -> dict[str, Any]:
        type_, details, path = only.definition.type, only.details, only.path
        info = self.build_resolve_info(only.definition, to_nodes(details), only.parent, path)
        coming = self._resolve_root(only, root_value, info)
        return {only.name: await self.complete_awaitable_value(type_, details, info, path, coming, None)}

    async def _resolve_root(self, only: RootField, root_value: Any, info: GraphQLResolveInfo[Any]) -> Any:
        arguments = self.arguments.of(self, only.parent, only.definition, only.details)
        return await Coming(only.resolve(root_value, info, arguments))

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
        declaration = declared(definition)
        level = declaration and declaration.metadata.get(LEVEL)
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
        coming = value if isinstance(value, Coming) else Coming(value)
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
        return self.attempt(
            label_of(info),
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
            note_list(self.shown, return_type, result)
            return super().complete_list_value(*given)
        return self.attempt(
            label_of(info),
            lambda quick: quick.complete_column(return_type, field_details_list, [result], lambda _: path),
            lambda slow: slow.complete_list_value(*given),
        )

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
        maker = maker_of(plan, self._kind(named, flat.values))
        if is_list(type_):
            self.shown.note(len(flat.values))
        repeated = values if len(flat.values) < len(values) and not is_list(type_) else []
        if plan.immediate:
            columns = [self._leaves(field, flat.values) for field in maker.given]
            return flat.restore(self._made(maker, flat, columns, repeated))
        return self.noted(self._complete_later(maker, flat, repeated))

    def _kind(self, type_: GraphQLObjectType, rows: Column) -> type[Any] | None:
        """The class of all rows, None where they are of several; raises Irregular where one is not of the type.

        A row's class says what it is a row of, so one of each class is enough to ask about.
        """
        kinds = dict(zip(map(type, rows), rows, strict=True))
        for kind, row in kinds.items():
            if is_no_value(kind) or (type_.is_type_of and not type_.is_type_of(row, self.context_value)):
                raise Irregular
        return next(iter(kinds)) if len(kinds) == 1 else None

    def _plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Plan:
        key = (type_.name, *(id(one.node) for one in details))
        plan = self.plans.get(key)
        if plan is None:
            selected = self.collect_subfields(type_, details).grouped_field_set
            plan = self.plans[key] = make_plan(type_, selected, self._plan)
        return plan

    def _leaves(self, field: FieldPlan, rows: Column) -> Column:
        type_ = field.definition.type
        flat = flatten(type_, column_of(field.attribute or "", rows), nowhere)
        return flat.restore(complete_leaves(cast("GraphQLLeafType", get_named_type(type_)), flat.values))

    def _made(self, maker: Maker, flat: Flat, columns: Sequence[Column], repeated: Column) -> Column:
        """The objects of a level; `repeated` are its rows with those that come several times, where any do."""
        made = maker.make(flat.values, columns)
        if repeated and (maker.lists or self.shown.budget.has_texts):
            note_repeated(self.shown, repeated, flat.values, made)
        return made

    async def _complete_later(self, maker: Maker, flat: Flat, repeated: Column) -> Column:
        rows, paths = flat.values, flat.paths
        if not rows:
            return flat.restore([])
        columns: list[Any] = [self._leaves(field, rows) if field.immediate else None for field in maker.given]
        waiting = [(place, field) for place, field in enumerate(maker.given) if not field.immediate]
        if len(waiting) == 1:
            ((place, field),) = waiting
            columns[place] = await self._column(field, rows, paths)
        else:
            loaded = await _all(self._column(field, rows, paths) for _, field in waiting)
            for (place, _), column in zip(waiting, loaded, strict=True):
                columns[place] = column
        return flat.restore(self._made(maker, flat, columns, repeated))

    async def _column(self, field: FieldPlan, rows: Column, paths: Paths) -> Column:
        def path(place: int) -> Path:
            return paths(place).add_key(field.name, field.parent.name)

        if field.attribute is not None:
            values = column_of(field.attribute, rows)
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
