"""How texts are spelled: when two are one and the same, which show nothing, and which turn others around."""

import re
import unicodedata

# Letters and signs that show nothing: white space, controls, Unicode's property Default_Ignorable_Code_Point, the
# anchors of annotations, and two that are blank.
INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
# What says in which direction letters run (UAX #9): it goes on for what stands behind it, which is somebody else's.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ISOLATES, ISOLATE, END_OF_ISOLATE = "\u2066\u2067\u2068", "\u2068", "\u2069"


def composed(text: str) -> str:
    """The one spelling (NFC) of a text by which something is known: É is one letter, however it was typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """What two texts have in common where people take them for the same: their letters without case."""
    return text.lower() if text.isascii() else composed(composed(text).casefold())


def shows_nothing(text: str) -> bool:
    """Whether there is nothing in it to be seen."""
    return not text or INVISIBLE.fullmatch(text) is not None  # which ends at the first letter that shows


def escaped(text: str) -> str:
    r"""`text` with what would turn around its neighbours spelled out, as in `\u202e`: for logs, files and terminals."""
    return text if text.isascii() else DIRECTIONS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def isolated(text: str) -> str:
    """`text` such that no direction in it goes on behind its end; as it is where it says nothing of directions."""
    if not DIRECTIONS.search(text):
        return text
    kept, opened = [], 0
    for letter in text:
        if letter in ISOLATES:
            opened += 1
        elif letter == END_OF_ISOLATE:
            if not opened:
                continue  # it would end what is put around it
            opened -= 1
        kept.append(letter)
    return f"{ISOLATE}{''.join(kept)}{END_OF_ISOLATE * (opened + 1)}"
