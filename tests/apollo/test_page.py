"""docs/clients.md shows what is tested, and nothing else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clients.md"
BLOCK = re.compile(r"```\w+\n(.*?)```", re.DOTALL)
LINKED_BLOCK = re.compile(r"\(\.\./((?:tests/apollo|examples/board)/[^)\s]+)\):\n\n```\w+\n(.*?)```", re.DOTALL)


def test_each_block_of_code_stands_in_the_file_above_it() -> None:
    text = PAGE.read_text()
    shown = LINKED_BLOCK.findall(text)

    assert len(shown) == len(BLOCK.findall(text)) == 21
    for file, block in shown:
        assert block in without_indent((ROOT / file).read_text(), block), file


def without_indent(source: str, block: str) -> str:
    """The source with the indent taken off that the block's first line has there."""
    [line] = [line for line in source.splitlines() if line.strip() == block.splitlines()[0]][:1]
    indent = len(line) - len(line.lstrip())
    return re.sub(rf"^ {{{indent}}}", "", source, flags=re.MULTILINE)
