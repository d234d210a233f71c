"""Makes people up: the same for the same team at every run, so that a second import meets those of the first."""

from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from faker import Faker
from slugify import slugify

LOCALES = ["en_GB", "en_US", "de_DE", "es_ES", "fr_FR", "it_IT", "pl_PL", "pt_BR", "sv_SE"]


class Person(NamedTuple):
    email: str
    name: str


class People:
    """A supply of people from many countries."""

    @cached_property
    def names(self) -> Faker:
        return Faker(LOCALES)  # half a second, and most imports need nobody

    def of_team(self, team_id: UUID, number: int) -> list[Person]:
        """The first `number` people of a team; nobody has their addresses, and no mail reaches them."""
        if number:
            self.names.seed_instance(str(team_id))
        mark = team_id.hex[-8:]
        people: dict[str, Person] = {}
        while len(people) < number:
            name = f"{self.names.first_name()} {self.names.last_name()}"
            email = f"{slugify(name, separator='.')}.{mark}@example.com"
            people.setdefault(email, Person(email, name))
        return list(people.values())
