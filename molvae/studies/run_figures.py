"""The figures of a finished run of a benchmark, in a file that is there whole or not at all."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from molvae.errors import InputError
from molvae.settings import build
from molvae.whole_files import write_whole

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FiguresT = TypeVar("FiguresT", bound="DataclassInstance")


def write_figures(path: Path, figures: "DataclassInstance") -> None:
    """Writes the figures as JSON.

    Raises:
        CheckpointError: they can't be written.
    """
    content = json.dumps(asdict(figures), indent=2) + "\n"
    write_whole({path: content.encode()}, remedy="no call is lost: make room, and go on with --resume")


def read_figures(path: Path, cls: type[FiguresT]) -> FiguresT:
    """The figures of a finished run.

    Raises:
        InputError: the file is damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return build(cls, values, f'"{path}"')
    except (ValueError, AttributeError) as error:
        raise InputError(
            f'"{path}" holds no figures of a run: delete it, and the run is made again'
        ) from error
