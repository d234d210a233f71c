"""Amounts as a command tells them: `1 task`, `2 tasks`."""

from collections.abc import Mapping


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(counts: Mapping[str, int]) -> str:
    """`1 organization, 2 team members`, of the types of an export's lines."""
    return ", ".join(counted(amount, kind.replace("_", " ")) for kind, amount in counts.items())
