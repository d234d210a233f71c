"""Searches for what is in no collection: random keys, invented words, and subjects that none of them is about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean
from string import ascii_lowercase

from benchmarks.search.client import Client
from benchmarks.search.fill import Filled

BEGINNINGS, VOWELS = ["b", "br", "fl", "gl", "k", "m", "pl", "sn", "tr", "w", "z"], ["a", "e", "i", "oo", "u"]
ENDINGS = ["", "mp", "n", "r", "x", "zle"]
FOREIGN = [
    "how long to roast a leg of lamb",
    "recipe for chocolate cake without eggs",
    "planting tulip bulbs",
    "why cats purr",
    "sonnets of Shakespeare about love",
    "the Ottoman empire",
    "symptoms of measles",
    "knitting a woollen scarf",
    "penguins and their chicks",
    "grape harvest in Burgundy",
    "wedding dress for the beach",
    "baroque music for the harpsichord",
    "divorce and custody",
    "yoga against back pain",
    "paintings of the impressionists",
    "pruning apple trees",
    "the death of Julius Caesar",
    "marinade for grilled chicken",
    "pilgrimage to Mecca",
    "fairy tales of the brothers Grimm",
    "cheese fondue",
    "coral reefs and tropical fish",
    "migraine after red wine",
    "novels of Jane Austen",
    "tomatoes on a balcony",
    "Tulpen im Garten pflanzen",
    "Rezept für Apfelkuchen",
    "giraffe",
    "lasagne",
    "hairdresser",
    "pregnancy",
    "sourdough bread",
    "elephants",
    "poetry",
    "mosquito",
    "dentist",
]


@dataclass(frozen=True)
class Nothing:
    """Which share of such searches answers nothing, and how many tasks they find on average, of at most a hundred."""

    share: float
    found: float


def searches() -> Mapping[str, Sequence[str]]:
    """Some of each kind."""
    return {"keys": ["zzzzqqq", "asdf jkl", *_keys(38)], "invented words": list(_words(40)), "other subjects": FOREIGN}


async def nothing(client: Client, organization: Filled, texts: Sequence[str], mode: str) -> Nothing:
    """What a mode finds of what is not there."""
    found = [len(await client.search(organization.id, text, mode, first=100)) for text in texts]
    return Nothing(fmean(amount == 0 for amount in found), fmean(found))


def _keys(amount: int) -> Iterator[str]:
    draw = Random(42)
    for _ in range(amount):
        words = ["".join(draw.choices(ascii_lowercase, k=draw.randint(4, 9))) for _ in range(draw.randint(1, 3))]
        yield " ".join(words)


def _words(amount: int) -> Iterator[str]:
    draw = Random(43)
    for _ in range(amount):
        pieces = [draw.choice(BEGINNINGS) + draw.choice(VOWELS) for _ in range(draw.randint(2, 3))]
        yield "".join(pieces) + draw.choice(ENDINGS)
