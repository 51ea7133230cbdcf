"""From a TOML table and command-line flags to settings objects, and back to JSON.

Settings are frozen, keyword-only dataclasses that stand next to what they configure. A field is a flag
(``kl_weight`` is ``--kl-weight``), a TOML key (``kl_weight = 0.05``) and a JSON key, all from its name,
its type and ``metadata={"help": ...}``; ``metadata["flag"]`` gives the flag another name.
Types: bool, int, float, str, Path, a Literal of str or int, ``tuple`` of any of these with ``...``,
and each of them ``| None``. A flag wins over the TOML table, and that over the field's default.
"""

import argparse
import dataclasses
import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from molvae.errors import InputError, MissingFileError, SettingsError
from molvae.setting_fields import Field, fields_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SettingsT = TypeVar("SettingsT", bound="DataclassInstance")

COMMAND_LINE = "command line"


def read_toml(path: Path) -> dict[str, Any]:
    """The document in a TOML file, its tables as dicts.

    Raises:
        MissingFileError: there is no such file.
        InputError: the file is not UTF-8 or not TOML; the message holds the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise MissingFileError(f'settings file "{path}" is not there; give the path of a TOML file') from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f'settings file "{path}", line {line}: not UTF-8 text; save it as UTF-8') from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f'settings file "{path}" is not TOML: {error}') from error


def command_table(path: Path, command: str, commands: Collection[str]) -> tuple[dict[str, Any], str]:
    """The table of one command in a TOML file (empty if it has none), and the words that say where it is.

    Raises:
        SettingsError: the file holds a table of no command, or a key outside every table.
    """
    document = read_toml(path)
    for name, table in document.items():
        if not isinstance(table, dict):
            raise SettingsError(f'"{path}": "{name}" stands outside a table; put it under [{command}]')
        if name not in commands:
            raise SettingsError(f'"{path}": {unknown("table", name, commands)}')
    return document.get(command, {}), f'"{path}", table [{command}]'


def build(cls: type[SettingsT], values: Mapping[str, Any], where: str) -> SettingsT:
    """Settings of class `cls` from checked values; fields without a value take their default.

    Args:
        cls: the dataclass.
        values: field name to value, as TOML, JSON or Python gives it; a list stands for a tuple.
        where: what holds the values, for messages, such as ``"run.toml", table [train]``.

    Raises:
        SettingsError: a key is unknown or missing, or a value of the wrong type or out of its range.

    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Schedule:
    ...     kl_weight: float = 0.05
    >>> build(Schedule, {"kl_weight": 1}, "example")
    Schedule(kl_weight=1.0)
    >>> build(Schedule, {"kl_wieght": 1}, "example")
    Traceback (most recent call last):
        ...
    molvae.errors.SettingsError: example: unknown key "kl_wieght"; did you mean "kl_weight"?
    """
    return _construct(cls, _checked(fields_of(cls), values, where), where)


def gather(
    classes: Sequence[type["DataclassInstance"]],
    table_values: Mapping[str, Any],
    flag_values: Mapping[str, Any],
    where: str,
) -> list[Any]:
    """One instance of each class, in order, from a command's flat TOML table and its flags.

    Args:
        classes: the settings classes of the command; their field names are distinct.
        table_values: the TOML table; each key must belong to one of the classes.
        flag_values: what the command line gave, ``vars(arguments)``; other names in it are left alone.
        where: where the table is, for messages.

    Raises:
        SettingsError: as for `build`.
    """
    by_class = [fields_of(cls) for cls in classes]
    fields = {name: field for own in by_class for name, field in own.items()}
    if len(fields) != sum(len(own) for own in by_class):
        raise TypeError(f"a field name occurs twice in {[cls.__name__ for cls in classes]}")
    from_table = _checked(fields, table_values, where)
    from_flags = _checked(fields, {k: v for k, v in flag_values.items() if k in fields}, COMMAND_LINE)
    instances = []
    for cls, own in zip(classes, by_class, strict=True):
        values = {k: v for k, v in (from_table | from_flags).items() if k in own}
        sources = [
            text for text, given in ((where, from_table), (COMMAND_LINE, from_flags)) if given.keys() & own
        ]
        instances.append(_construct(cls, values, " and ".join(sources) or where))
    return instances


def to_dict(settings: "DataclassInstance") -> dict[str, Any]:
    """The settings as JSON can hold them: tuples as lists, paths as text."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return {name: _jsonable(value) for name, value in values.items()}


def from_dict(cls: type[SettingsT], values: Mapping[str, Any], where: str) -> SettingsT:
    """The settings that `to_dict` wrote: every field must be there, and nothing else.

    Raises:
        SettingsError: as for `build`, and for a field that is not there.
    """
    if missing := [name for name in fields_of(cls) if name not in values]:
        raise SettingsError(f'{where}: "{missing[0]}" is missing')
    return build(cls, values, where)


def add_flags(parser: argparse.ArgumentParser, cls: type["DataclassInstance"]) -> None:
    """Adds one flag a field to the parser, in a group titled by the first line of the class's docstring.

    A flag that is not given leaves no trace in the parsed arguments, so `gather` can tell.
    """
    group = parser.add_argument_group((cls.__doc__ or cls.__name__).partition("\n")[0].rstrip("."))
    for name, field in fields_of(cls).items():
        flag = "--" + field.flag.replace("_", "-")
        options: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS, "help": field.help}
        if field.scalar is bool and not field.many:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **options)
            continue
        options["type"] = field.from_text
        options["metavar"] = field.metavar
        group.add_argument(flag, action="append" if field.many else _StoreOnce, **options)


class _StoreOnce(argparse.Action):
    """A flag whose second value would silently take the place of the first is refused."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if hasattr(namespace, self.dest):
            before = getattr(namespace, self.dest)
            parser.error(f'{option_string} is given twice, "{before}" and "{values}"; give it once')
        setattr(namespace, self.dest, values)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The words for a name that is not known, with the nearest known one, or else all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(
        name.replace("-", "_"), known, n=1
    )
    advice = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known) or 'none'}"
    return f'unknown {kind} "{name}"; {advice}'


def _checked(fields: Mapping[str, Field], values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values in their Python types. Raises SettingsError for an unknown key or a wrong type."""
    checked = {}
    for name, value in values.items():
        if name not in fields:
            raise SettingsError(f"{where}: {unknown('key', name, fields)}")
        try:
            checked[name] = fields[name].check(value)
        except ValueError:
            raise SettingsError(
                f'{where}: "{name}" is "{value}"; it must be {fields[name].accepts}'
            ) from None
    return checked


def _construct(cls: type[SettingsT], values: Mapping[str, Any], where: str) -> SettingsT:
    """The instance. Raises SettingsError, naming the place, for a missing field or a value out of range."""
    for name, field in fields_of(cls).items():
        if field.required and name not in values:
            raise SettingsError(f'{where}: "{name}" is required; give --{field.flag.replace("_", "-")}')
    try:
        return cls(**values)
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(item) for item in value]
    return str(value) if isinstance(value, Path) else value
