"""The classes of rows, of which the type checker knows the columns: `make schema` writes them from the models."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from sqlalchemy import JSON
from sqlmodel import SQLModel

from app.db.columns import table_of
from app.migrations.tables import APP, all_tables

IMPORTED = {"datetime": ("date", "datetime"), "typing": ("Any",), "uuid": ("UUID",)}


def files() -> dict[Path, str]:
    """The text of each rows.py: one for every folder with models.py."""
    all_tables()
    texts = {path.with_name("rows.py"): _file(path.parent.name) for path in sorted(APP.glob("*/models.py"))}
    return {path: text for path, text in texts.items() if "class " in text}


def _file(folder: str) -> str:
    module = import_module(f"app.{folder}.models")
    models = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, SQLModel) and one.__module__ == module.__name__
    ]
    classes = "".join(_class(one) for one in models if hasattr(one, "__table__"))
    imports = "".join(_imports(classes))
    docstring = f'"""Rows of {folder.replace("_", " ")}, as models.py declares them: written by `make schema`."""'
    return f"{docstring}\n\n{imports}\nfrom app.db.record import Record\n{classes}"


def _imports(classes: str) -> Iterator[str]:
    for module, names in IMPORTED.items():
        used = [name for name in names if re.search(rf"[:\[,] ?{name}\b", classes)]
        if used:
            yield f"from {module} import {', '.join(used)}\n"


def _class(model: type[SQLModel]) -> str:
    columns = {name: shown(field.annotation) for name, field in model.model_fields.items()}
    # The driver leaves JSON as it is written.
    columns |= {one.name: "str" for one in table_of(model).c if isinstance(one.type, JSON)}
    computed = {name: shown(type_) for name, type_ in getattr(model, "computed", {}).items()}
    lines = "".join(f"    {name}: {type_}\n" for name, type_ in {**columns, **computed}.items())
    return f"\n\nclass {model.__name__}Row(Record):\n{lines}"


def shown(annotation: Any) -> str:
    """A type as it is written."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (UnionType, Union):
        return " | ".join(map(shown, arguments))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(shown, arguments))}]"
    return "None" if annotation is NoneType else str(getattr(annotation, "__name__", annotation))


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text)
        sys.stderr.write(f"wrote {file}\n")
