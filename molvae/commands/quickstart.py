"""Train on the molecules that come with molvae, sample new ones, and improve some: four minutes, offline."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from molvae.commands.tables import in_columns
from molvae.data.cache import cache_folder
from molvae.data.shipped import shipped_csv
from molvae.errors import SettingsError
from molvae.settings import add_flags, gather
from molvae.studies.quickstart import METRICS, MODEL, MOLECULES, SEARCHES, QuickstartPlan, quickstart


@dataclass(frozen=True, kw_only=True)
class QuickstartSettings:
    """How long it takes."""

    minutes: float = field(default=2.5, metadata={"help": "minutes of training"})
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        if self.minutes <= 0:
            raise SettingsError(f'minutes is "{self.minutes}"; it must be above 0')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the folder and the time."""
    parser.add_argument(
        "--out", type=Path, default=Path("molvae-quickstart"), metavar="DIR", help="folder for everything"
    )
    add_flags(parser, QuickstartSettings)


def run(arguments: argparse.Namespace) -> None:
    """Does it all, and prints the figures, where things are and what to try next."""
    settings: QuickstartSettings
    (settings,) = gather((QuickstartSettings,), arguments.table, vars(arguments), arguments.table_where)
    out: Path = arguments.out
    plan = QuickstartPlan(
        file=shipped_csv(), out=out, cache=cache_folder(), minutes=settings.minutes, seed=settings.seed
    )
    figures = quickstart(plan)
    print()
    print(in_columns(pd.DataFrame(figures)))
    print()
    places = {"model folder": MODEL, "sampled molecules": MOLECULES, "this table": METRICS}
    places |= {f"molecules with better {name}": f"optimize-{name}" for name in SEARCHES}
    for what, name in places.items():
        print(f"{what:<28}  {out / name}")
    print()
    print("next:")
    print(f'  molvae neighbors {out / MODEL} "CC(=O)Nc1ccc(OC)cc1"')
    print(f"  molvae sample {out / MODEL} -n 1000 --unique --novel --out new.csv")
    print("  molvae train YOUR.csv --out my_model --property YOUR_COLUMN")
