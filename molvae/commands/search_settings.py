"""What a search is for, from a few flags or from a goal file: settings in, a goal out."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from molvae.chem.properties import property_name
from molvae.errors import SettingsError
from molvae.optimization.choices import DEFAULT_OPTIMIZER
from molvae.optimization.constraints import ConstraintSettings
from molvae.optimization.desired_property import DesiredProperty, Source
from molvae.optimization.goal import Goal, read_goal
from molvae.optimization.objectives import Direction
from molvae.optimization.plugin_oracle import OracleSettings

logger = logging.getLogger(__name__)


def check_aims(*aims: str | Path | None, least: int) -> None:
    """Makes sure that one thing is asked for: the values of --maximize, --minimize, --target and --goal.

    Args:
        aims: None for what is not given.
        least: 1 where one has to be given, 0 where none may be.

    Raises:
        SettingsError: too many are given, or too few.
    """
    given = [str(aim) for aim in aims if aim is not None]
    if not least <= len(given) <= 1:
        raise SettingsError(
            f'{len(given)} goals are given ("{", ".join(given)}"); give one of --maximize NAME, '
            "--minimize NAME, --target NAME=VALUE and --goal FILE"
        )


def read_target(text: str) -> tuple[str, float]:
    """The property and the value of a --target.

    Raises:
        SettingsError: the text has no value.
    """
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise SettingsError(f'target is "{text}"; write NAME=VALUE, such as logP=2.5') from None


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """What is searched for, and from where. Give one of --maximize, --minimize, --target and --goal."""

    maximize: str | None = field(
        default=None, metadata={"help": "a property to take up, such as QED, or one that the model predicts"}
    )
    minimize: str | None = field(default=None, metadata={"help": "a property to take down, such as SA"})
    target: str | None = field(default=None, metadata={"help": "a value to come close to, such as logP=2.5"})
    goal: Path | None = field(
        default=None, metadata={"help": "a TOML file: several properties, constraints, an oracle of your own"}
    )
    alerts: bool | None = field(
        default=None,
        metadata={
            "help": "keep out reactive groups and PAINS, as it does by itself; a goal file says so under "
            "[constraints]"
        },
    )
    oracle_python: str | None = field(
        default=None,
        metadata={"help": "a function from SMILES to numbers, FILE.py:FUNCTION, that gives the property"},
    )
    oracle_command: str | None = field(
        default=None, metadata={"help": "a program from lines of SMILES to a CSV that holds the property"}
    )
    oracle_timeout: float = field(default=60.0, metadata={"help": "seconds for a batch of the oracle"})
    oracle_batch: int = field(default=32, metadata={"help": "molecules given to the oracle at a time"})
    oracle_workers: int = field(default=1, metadata={"help": "processes of the oracle, side by side"})
    from_smiles: tuple[str, ...] = field(
        default=(), metadata={"help": "a molecule to start from; may be given again"}
    )
    from_file: Path | None = field(default=None, metadata={"help": "a file of molecules to start from"})
    optimizer: Literal[
        "evolution",
        "latent-evolution",
        "gradient-ascent",
        "cma-es",
        "trust-region",
        "graph-ga",
        "random-prior",
    ] = field(default=DEFAULT_OPTIMIZER, metadata={"help": "what proposes molecules"})
    budget: int = field(default=500, metadata={"help": "molecules that may be scored, the starts included"})
    stop_after: int | None = field(
        default=None,
        metadata={"help": "stop when so many scored molecules running brought no better one"},
    )
    proposals_per_batch: int = field(default=16, metadata={"help": "molecules proposed at a time"})
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        check_aims(self.maximize, self.minimize, self.target, self.goal, least=1)
        oracle = self.oracle_python or self.oracle_command
        if self.goal is not None and oracle is not None:
            raise SettingsError(
                f'the oracle "{oracle}" is given beside the goal file "{self.goal}"; write it there, under '
                "[oracle]"
            )
        if self.goal is not None and self.alerts is not None:
            raise SettingsError(
                f'alerts are switched beside the goal file "{self.goal}"; write reactive and pains there, '
                "under [constraints]"
            )
        for name in ("budget", "stop_after", "proposals_per_batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f'{name} is "{value}"; it must be at least 1')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')

    def single_aim(self) -> tuple[str, Direction, float | None]:
        """The one property's name as it was given, where it should go, and the value to come close to.

        Raises:
            SettingsError: for a target without a value.
        """
        if self.maximize is not None:
            return self.maximize.strip(), "maximize", None
        if self.minimize is not None:
            return self.minimize.strip(), "minimize", None
        name, value = read_target(self.target or "")
        return name, "target", value

    def read_goal(self, predicted: Sequence[str]) -> Goal:
        """The goal in the goal file, or that of the one property in the flags.

        Args:
            predicted: what the model's head predicts, for a property that nothing else gives.

        Raises:
            MissingFileError: there is no goal file.
            InputError: what is asked for makes no sense, or is neither computed nor predicted.
        """
        if self.goal is not None:
            return read_goal(self.goal)
        name, direction, target = self.single_aim()
        oracle = self._oracle()
        source: Source = "oracle"
        if oracle is None:
            name, source = _source_of(name, predicted)
        wanted = DesiredProperty(
            name=name,
            source=source,
            maximize=direction == "maximize",
            minimize=direction == "minimize",
            target=target,
        )
        alerts = self.alerts is not False
        constraints = ConstraintSettings(pains=alerts, reactive=alerts)
        return Goal(properties=(wanted,), constraints=constraints, oracle=oracle)

    def _oracle(self) -> OracleSettings | None:
        """The oracle in the flags; None without one."""
        if self.oracle_python is None and self.oracle_command is None:
            return None
        return OracleSettings(
            python=self.oracle_python,
            command=self.oracle_command,
            timeout=self.oracle_timeout,
            batch=self.oracle_batch,
            workers=self.oracle_workers,
        )


def _source_of(name: str, predicted: Sequence[str]) -> tuple[str, Source]:
    """A property's name as it is known, and where it comes from: RDKit if it can be, else the head."""
    try:
        return property_name(name), "rdkit"
    except SettingsError as error:
        if name not in predicted:
            known = ", ".join(predicted) or "none"
            raise SettingsError(f"{error}; the model itself predicts {known}") from error
    logger.warning("the oracle is what the model itself predicts of %s: check what is found", name)
    return name, "predicted"
