"""Which value counts: compared with a model that says it in the other direction, and pinned by examples."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.settings.resolve import Setting, resolve

LEVELS = ["ORGANIZATION", "TEAM", "MEMBER"]
SAID = st.fixed_dictionaries(
    {"digest": st.sampled_from([None, 0, 1, 2]), "locked": st.sampled_from([None, [], ["DIGEST"]])}
)


def level(name: str, value: Any = None, *, locked: bool = False) -> dict[str, Any]:
    return {"level": name, "digest": value, "locked": ["DIGEST", "TIMEZONE"] if locked else ["TIMEZONE"]}


def model(levels: list[dict[str, Any]]) -> Setting:
    """From below: of the levels down to the first lock, the last that says anything."""
    locks = [place for place, one in enumerate(levels) if one["locked"] == ["DIGEST"]]
    counting = levels[: locks[0] + 1] if locks else levels
    saying = [one for one in counting if one["digest"] is not None]
    value, source = (saying[-1]["digest"], saying[-1]["level"]) if saying else ("default", "DEFAULT")
    return Setting(value, source, levels[locks[0]]["level"] if locks else None)


@given(st.lists(SAID, max_size=3), st.permutations(LEVELS))
def test_what_counts_is_what_the_model_says(said: list[dict[str, Any]], names: list[str]) -> None:
    ordered = sorted(names[: len(said)], key=LEVELS.index)  # any of the levels may have no row
    levels = [{"level": name, **one} for name, one in zip(ordered, said, strict=True)]
    assert resolve("digest", "default", levels) == model(levels)


@given(st.lists(SAID, min_size=3, max_size=3), st.lists(SAID, min_size=3, max_size=3), st.integers(0, 2))
def test_nothing_below_a_lock_makes_a_difference(
    said: list[dict[str, Any]], other: list[dict[str, Any]], place: int
) -> None:
    said[place]["locked"] = ["DIGEST"]
    one, another = (
        [{"level": name, **row} for name, row in zip(LEVELS, [*said[: place + 1], *rows[place + 1 :]], strict=True)]
        for rows in (said, other)
    )
    assert resolve("digest", "default", one) == resolve("digest", "default", another)


def test_the_nearest_counts() -> None:
    levels = [level("ORGANIZATION", 1), level("TEAM", 2), level("MEMBER", 3)]
    assert [resolve("digest", 0, levels[:amount]) for amount in range(4)] == [
        Setting(0, "DEFAULT"),
        Setting(1, "ORGANIZATION"),
        Setting(2, "TEAM"),
        Setting(3, "MEMBER"),
    ]


def test_a_level_that_says_nothing_is_passed_over() -> None:
    assert resolve("digest", 0, [level("ORGANIZATION", 1), level("TEAM"), level("MEMBER")]) == Setting(
        1, "ORGANIZATION"
    )


def test_false_is_something_that_is_said() -> None:
    assert resolve("digest", True, [level("ORGANIZATION", True), level("MEMBER", False)]) == Setting(False, "MEMBER")


def test_a_lock_holds_what_is_above_too() -> None:
    levels = [level("ORGANIZATION", 1), level("TEAM", locked=True), level("MEMBER", 3)]
    assert resolve("digest", 0, levels) == Setting(1, "ORGANIZATION", locked_by="TEAM")


def test_of_two_locks_the_higher_counts() -> None:
    levels = [level("ORGANIZATION", locked=True), level("TEAM", 2, locked=True), level("MEMBER", 3)]
    assert resolve("digest", 0, levels) == Setting(0, "DEFAULT", locked_by="ORGANIZATION")
