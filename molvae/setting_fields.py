"""A settings dataclass in, what each of its fields accepts and how it looks on the command line out.

The types that a field may have are listed in `molvae.settings`, which is what the rest of the program uses.
"""

import argparse
import dataclasses
import math
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ACCEPTED = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}
METAVARS = {int: "N", float: "X", str: "TEXT", Path: "PATH"}


class Field(NamedTuple):
    """What a dataclass field accepts, and how it appears on the command line."""

    scalar: type
    choices: tuple[str | int, ...]
    many: bool
    optional: bool
    required: bool
    flag: str
    help: str

    @property
    def metavar(self) -> str:
        """What stands for the value in the help."""
        return "{" + ",".join(map(str, self.choices)) + "}" if self.choices else METAVARS[self.scalar]

    @property
    def accepts(self) -> str:
        """The accepted values in words."""
        one = "one of " + ", ".join(f'"{c}"' for c in self.choices) if self.choices else ACCEPTED[self.scalar]
        whole = f"a list, each item {one}" if self.many else one
        return f'{whole}, or "none"' if self.takes_none_word else whole

    @property
    def takes_none_word(self) -> bool:
        """Whether the word "none" stands for None; for free text it is text."""
        return self.optional and (self.scalar not in (str, Path) or bool(self.choices))

    def check(self, value: Any) -> Any:
        """The value in its Python type. Raises ValueError for one that is not accepted."""
        if self.optional and (value is None or (value == "none" and self.takes_none_word)):
            return None
        if not self.many:
            return self._check_one(value)
        if not isinstance(value, list | tuple):
            raise ValueError
        return tuple(self._check_one(item) for item in value)

    def _check_one(self, value: Any) -> Any:
        if self.scalar is float and type(value) is int:
            value = float(value)
        if self.scalar is Path and isinstance(value, str | Path):
            value = Path(value)
        if not isinstance(value, self.scalar) or (isinstance(value, bool) and self.scalar is not bool):
            raise ValueError
        if (self.choices and value not in self.choices) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            raise ValueError
        return value

    def from_text(self, text: str) -> Any:
        """The value (one item, for a list) that a flag's text stands for."""
        if text == "none" and self.takes_none_word and not self.many:
            return None
        try:
            return self._check_one(self.scalar(text) if self.scalar in (int, float) else text)
        except ValueError:
            accepts = self._replace(many=False).accepts
            raise argparse.ArgumentTypeError(f'"{text}" is not accepted: it must be {accepts}') from None


def fields_of(cls: type["DataclassInstance"]) -> dict[str, Field]:
    """Field name to what it accepts."""
    hints = get_type_hints(cls)
    return {
        field.name: _read_field(field, hints[field.name]) for field in dataclasses.fields(cls) if field.init
    }


def _read_field(field: "dataclasses.Field[Any]", hint: Any) -> Field:
    optional = many = False
    if (
        get_origin(hint) in (Union, types.UnionType)
        and len(get_args(hint)) == 2
        and type(None) in get_args(hint)
    ):
        optional = True
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple and len(get_args(hint)) == 2 and get_args(hint)[1] is Ellipsis:
        many, hint = True, get_args(hint)[0]
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    scalar = type(choices[0]) if choices else hint
    if scalar not in ACCEPTED or (scalar is bool and many):
        raise TypeError(
            f'the type of the settings field "{field.name}" is none that settings can hold: {hint}'
        )
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    text = f"{field.metadata.get('help', '')} ({'required' if required else f'default: {_shown(field)}'})"
    flag = field.metadata.get("flag", field.name)
    return Field(scalar, choices, many, optional, required, flag, text.strip().replace("%", "%%"))


def _shown(field: "dataclasses.Field[Any]") -> str:
    """The default of a field, for the help."""
    factory = field.default_factory
    value = field.default if factory is dataclasses.MISSING else factory()
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
