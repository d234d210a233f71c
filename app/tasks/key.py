"""What people call a task, read from what they typed."""

import re
from collections.abc import Sequence

from sqlalchemy import ARRAY, Integer, any_, bindparam

from app.graph.conditions import Condition, Values
from app.tasks.loaders import TaskName, tasks

KEY = re.compile(r"([A-Z][A-Z0-9_]{0,11})-([0-9]{1,10})", re.ASCII | re.IGNORECASE)
# As it comes out in a hurry: "eng 42", "ENG#42", "eng42".
LOOSE_KEY = re.compile(r"([A-Z][A-Z0-9]{0,11}?)[ _#-]?([0-9]{1,10})", re.ASCII | re.IGNORECASE)
LARGEST_NUMBER = 2**31 - 1


def name_of(slug: str, key: str, *, loosely: bool = False) -> TaskName | None:
    """The name that `key` spells in the organization with that slug; None where it is no key."""
    match = (LOOSE_KEY if loosely else KEY).fullmatch(key.strip() if loosely else key)
    if match is None or int(match[2]) > LARGEST_NUMBER:
        return None
    return TaskName(slug, match[1].upper(), int(match[2]))


def numbered(keys: Sequence[str], values: Values) -> Condition:
    """Whether a task has the number in one of these keys, by which an index finds the few that have it in any team."""
    numbers = [name.number if (name := name_of("", key)) else 0 for key in keys]  # which none has
    if len(numbers) == 1:
        number = values.add(numbers[0])
        return Condition("numbered", lambda: tasks.c.number == bindparam(number, type_=Integer), narrow=True)
    among = values.add(numbers)
    return Condition("among", lambda: tasks.c.number == any_(bindparam(among, type_=ARRAY(Integer))), narrow=True)
