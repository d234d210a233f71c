"""The benchmark times nobody whose answer differs from the floor's, whatever its form."""

import orjson
import pytest

from benchmarks.answers import AnswersDiffer, plain, require_same

TASK = {"id": "t1", "createdAt": "2026-02-01T10:00:00Z"}


def body(organization: object) -> bytes:
    return orjson.dumps({"data": {"organization": organization}})


def test_form_makes_no_difference() -> None:
    ours = body({"members": {"nodes": [{"user": {"name": "Ada"}, "tasks": {"nodes": [TASK]}}]}})
    person = {"organizationMember": {"user": {"name": "Ada"}}}
    task = {"createdAt": "2026-02-01T10:00:00.000+00:00", "id": "t1"}
    other = orjson.dumps({"data": {"organizations": [{"members": [{**person, "tasks": [task]}]}]}})

    require_same("other", plain(other), plain(ours))


def test_a_value_that_differs_is_named_with_its_place() -> None:
    with pytest.raises(
        AnswersDiffer, match=r"^peer differs from the floor at organization\.tasks\[1\]\.id: t3 instead"
    ):
        require_same(
            "peer",
            plain(body({"tasks": [TASK, TASK | {"id": "t3"}]})),
            plain(body({"tasks": {"nodes": [TASK, TASK | {"id": "t2"}]}})),
        )


def test_another_order_is_another_answer() -> None:
    first, second = TASK, TASK | {"id": "t2"}
    with pytest.raises(AnswersDiffer, match=r"organization\.tasks\[0\]\.id"):
        require_same("peer", plain(body({"tasks": [second, first]})), plain(body({"tasks": [first, second]})))


def test_a_row_too_few_is_another_answer() -> None:
    with pytest.raises(AnswersDiffer, match=r"organization\.tasks"):
        require_same("peer", plain(body({"tasks": [TASK]})), plain(body({"tasks": [TASK, TASK]})))


def test_another_moment_is_another_answer() -> None:
    later = TASK | {"createdAt": "2026-02-01T10:00:00.001Z"}
    with pytest.raises(AnswersDiffer, match=r"organization\.tasks\[0\]\.createdAt"):
        require_same("peer", plain(body({"tasks": [later]})), plain(body({"tasks": [TASK]})))


def test_cursors_may_differ_but_not_be_missing() -> None:
    def edge(cursor: str | None) -> bytes:
        return body({"tasks": {"edges": [{"cursor": cursor, "node": TASK}]}})

    require_same("peer", plain(edge("theirs")), plain(edge("ours")))
    with pytest.raises(AnswersDiffer, match=r"organization\.tasks\.edges\[0\]\.cursor"):
        require_same("peer", plain(edge(None)), plain(edge("ours")))


@pytest.mark.parametrize("said", [{"errors": [{"message": "no"}], "data": {"organization": {}}}, {"data": None}])
def test_an_error_is_no_answer(said: object) -> None:
    with pytest.raises(AnswersDiffer, match=r"^not an answer: "):
        plain(orjson.dumps(said))
