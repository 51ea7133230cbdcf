"""A user's goal file: TOML in, a checked `Goal` out, of which `goal_objective` makes an objective.

pareto = true          # no weighing: a front of molecules; false unless told

[[property]]           # as many as are wanted, see `DesiredProperty`
name = "QED"
maximize = true

[constraints]          # see `ConstraintSettings`
max_heavy_atoms = 40

[oracle]               # the user's own, for properties with source = "oracle", see `OracleSettings`
python = "dock.py:energies"
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from molvae.chem.properties import property_name
from molvae.errors import SettingsError
from molvae.optimization.constraints import ConstraintSettings
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.goal_lines import TOP, told_by_line
from molvae.optimization.plugin_oracle import OracleSettings
from molvae.settings import build, read_toml, to_dict, unknown

TABLES = ("property", "constraints", "oracle")
PARETO = "pareto"
#: With more properties nearly every molecule is on the front.
MAX_AIMS = 4

TableT = TypeVar("TableT", ConstraintSettings, OracleSettings)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What molecules a search is for.

    Attributes:
        properties: where which properties should go, at least one.
        constraints: what every molecule must keep.
        oracle: the user's own, if a property comes from it.
        folder: where the oracle runs, and relative paths in it start from.
        pareto: whether the properties are not weighed against one another: sought is a front of molecules.
    """

    properties: tuple[DesiredProperty, ...]
    constraints: ConstraintSettings = field(default_factory=ConstraintSettings)
    oracle: OracleSettings | None = None
    folder: Path = Path()
    pareto: bool = False

    def __post_init__(self) -> None:
        if not self.properties:
            raise SettingsError(
                'there is no property to seek; give a [[property]] with name = "QED", or another'
            )
        for column in self.columns:
            if (times := self.columns.count(column)) > 1:
                raise SettingsError(f'"{column}" is sought {times} times; give it one [[property]]')
        if self.pareto:
            self._check_pareto()
        of_oracle = [wanted.name for wanted in self.properties if wanted.source == "oracle"]
        if of_oracle and self.oracle is None:
            raise SettingsError(
                f'"{of_oracle[0]}" comes from an oracle, and there is none; give an [oracle] with python or '
                "command"
            )
        for wanted in self.properties:
            if wanted.source == "leads" and not self.constraints.leads:
                raise SettingsError(
                    f'"{wanted.column}" is sought, and there are no leads; give leads = ["SMILES"] in '
                    "[constraints]"
                )
        if self.oracle is not None and not of_oracle:
            raise SettingsError(
                'there is an oracle, and no property comes from it; give one source = "oracle"'
            )

    def _check_pareto(self) -> None:
        if not 2 <= len(self.properties) <= MAX_AIMS:
            raise SettingsError(
                f'pareto seeks a front of "{len(self.properties)}" properties; give 2 to {MAX_AIMS}, or '
                "leave pareto out"
            )
        for wanted in self.properties:
            if wanted.weight != 1:
                raise SettingsError(
                    f'the weight of {wanted.column} is "{wanted.weight:g}", and a Pareto front weighs '
                    "nothing; leave it or pareto out"
                )

    @property
    def plain(self) -> DesiredProperty | None:
        """The property whose value itself is sought; None where desirabilities are."""
        (first, *others) = self.properties
        return None if others or first.plain_goal() is None else first

    @property
    def columns(self) -> list[str]:
        """What the columns of the properties are called."""
        return [wanted.column for wanted in self.properties]

    @property
    def aims(self) -> tuple[str, ...]:
        """The columns that should each go up, none weighed against another; none unless a front is sought."""
        return tuple(wanted.desirability_column for wanted in self.properties) if self.pareto else ()

    @property
    def name(self) -> str:
        """What is sought, in words, and a digest of every setting that a score depends on.

        Such as "target logP 2.5 (9f86d081884c)", or "goal QED, logP (...)" where there are curves or several.

        How the oracle is run may change, and what it computes is its own affair.
        """
        record = self.record()
        if self.oracle is not None:
            record["oracle"] = [self.oracle.python, self.oracle.command]
        digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
        plain = None if self.plain is None else self.plain.plain_goal()
        sought = f"goal {', '.join(self.columns)}"
        if plain is not None:
            value = "" if plain.target is None else f" {plain.target:g}"
            sought = f"{plain.direction} {self.columns[0]}{value}"
        return f"{sought} ({digest[:12]})"

    def record(self) -> dict[str, Any]:
        """The tables of the goal file, every key filled in, as JSON can hold them."""
        record = {
            "property": [to_dict(wanted) for wanted in self.properties],
            "constraints": to_dict(self.constraints),
            "oracle": None if self.oracle is None else to_dict(self.oracle),
        }
        return record | ({PARETO: True} if self.pareto else {})


def read_goal(path: Path) -> Goal:
    """The goal in a TOML file.

    Raises:
        MissingFileError: there is no such file.
        InputError: the file is not TOML.
        SettingsError: a table or a key is unknown, or a value does not fit; the message says where.
    """
    document = read_toml(path)
    pareto = document.pop(PARETO, False)
    if not isinstance(pareto, bool):
        with told_by_line(path, *TOP):
            raise SettingsError(f'pareto is "{pareto}"; write true or false')
    for name, table in document.items():
        if name not in TABLES:
            with told_by_line(path, name):
                raise SettingsError(unknown("table", name, (*TABLES, PARETO)))
        _check_kind(path, name, table)
    tables = document.get("property", [])
    properties: list[DesiredProperty] = []
    for number, table in enumerate(tables, start=1):
        with told_by_line(path, "property", number):
            properties.append(_read_property(table, f"[[property]] {number}"))
    constraints = _read_table(ConstraintSettings, document, "constraints", path)
    oracle = _read_table(OracleSettings, document, "oracle", path)
    try:
        goal = Goal(
            properties=tuple(properties),
            constraints=constraints or ConstraintSettings(),
            oracle=oracle,
            folder=path.resolve().parent,
            pareto=pareto,
        )
    except SettingsError as error:
        if not properties:
            raise SettingsError(f'"{path}": {error}') from error
        with told_by_line(path, *_table_of(error, properties)):
            raise
    if goal.plain is None:
        for number, wanted in enumerate(goal.properties, start=1):
            with told_by_line(path, "property", number):
                _check_curve(wanted, f"[[property]] {number}")
    return goal


def goal_of_record(record: Mapping[str, Any], where: str) -> Goal:
    """The goal that `Goal.record` wrote; one with an oracle lacks its folder.

    Raises:
        SettingsError: the record is none.
    """
    oracle = record.get("oracle")
    return Goal(
        properties=tuple(build(DesiredProperty, table, where) for table in record.get("property", ())),
        constraints=build(ConstraintSettings, record.get("constraints", {}), where),
        oracle=None if oracle is None else build(OracleSettings, oracle, where),
        pareto=record.get(PARETO, False),
    )


def _table_of(error: SettingsError, properties: Sequence[DesiredProperty]) -> tuple[str, int]:
    """The table that a mistake in the whole is about, the last one mentioned, and which of its name it is."""
    said = str(error)
    for number, wanted in reversed(list(enumerate(properties, start=1))):
        is_asked_of_oracle = wanted.source == "oracle" and f'"{wanted.name}" comes' in said
        if f'"{wanted.column}" is' in said or f"of {wanted.column} is" in said or is_asked_of_oracle:
            return "property", number
    return ("oracle", 1) if "oracle" in said else TOP


def _check_kind(path: Path, name: str, table: Any) -> None:
    """Raises SettingsError for a table in the place of a list of tables, or the other way round."""
    is_list = isinstance(table, list) and all(isinstance(item, dict) for item in table)
    if name == "property" and not is_list:
        raise SettingsError(f'"{path}": "property" must be a list of tables; write [[property]] above each')
    if name != "property" and not isinstance(table, dict):
        raise SettingsError(f'"{path}": "{name}" must be one table; write [{name}] above it')


def _read_property(table: Mapping[str, Any], where: str) -> DesiredProperty:
    wanted = build(DesiredProperty, table, where)
    if wanted.source != "rdkit":
        return wanted
    try:
        return replace(wanted, name=property_name(wanted.name))
    except SettingsError as error:
        raise SettingsError(
            f'{where}: {error}; for another one give source = "predicted", "oracle" or "leads"'
        ) from error


def _read_table(cls: type[TableT], document: Mapping[str, Any], name: str, path: Path) -> TableT | None:
    if name not in document:
        return None
    with told_by_line(path, name):
        return build(cls, document[name], f"table [{name}]")


def _check_curve(wanted: DesiredProperty, where: str) -> None:
    try:
        wanted.curve()
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
