"""What a study is asked for, the record of it in its folder, and where things are in there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from molvae.errors import InputError, SettingsError
from molvae.generation.model_folder import MANIFEST, read_manifest
from molvae.run_folder import RUN_FILE, claim_folder
from molvae.studies.comparison.arms import ARMS, arm_named, arms_named
from molvae.studies.comparison.sampling import SAMPLERS
from molvae.studies.comparison.subjects import Extent

ARM_FOLDERS, MEASURED = "arms", "measured"
#: Training of the first arm, unless it is said.
MINUTES = 20.0


@dataclass(frozen=True, kw_only=True)
class CompareRequest:
    """What to compare.

    Attributes:
        file: the table of SMILES.
        out: the folder for all that comes of it.
        cache: the cache folder.
        arms: names of `ARMS`. A study that is gone on with keeps those that it has, and gets the others.
        models: model folders to measure instead, as they are.
        minutes: of training, for the first arm; the others are trained for as many steps.
        steps: of training, for every arm, instead of minutes.
        training: settings that all arms share, where they differ from the defaults of `train`.
        samplers: names of `SAMPLERS`.
        extent: how much is measured.
        seed: of all that is random.
        num_workers: arms at a time, each in a process; None for one a core, 0 for this process alone. What
            comes out is the same, as each is trained on one thread in either case.
    """

    file: Path
    out: Path
    cache: Path
    arms: tuple[str, ...] = tuple(ARMS)
    models: tuple[Path, ...] = ()
    minutes: float | None = None
    steps: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    samplers: tuple[str, ...] = tuple(SAMPLERS)
    extent: Extent = field(default_factory=Extent)
    seed: int = 0
    num_workers: int | None = None

    def __post_init__(self) -> None:
        for name in self.arms:
            arm_named(name)
        if not self.arms and not self.models:
            raise SettingsError("there is nothing to compare: give at least one arm or model")
        if self.minutes is not None and self.steps is not None:
            raise SettingsError(
                f'minutes is "{self.minutes:g}" and steps is "{self.steps}": give one of the two'
            )
        for name, length in (("minutes", self.minutes), ("steps", self.steps)):
            if length is not None and not length > 0:
                raise SettingsError(f'{name} is "{length}"; it must be above 0')
        if self.num_workers is not None and self.num_workers < 0:
            raise SettingsError(f'num_workers is "{self.num_workers}"; it must be 0 or more')
        if len({path.name for path in self.models}) < len(self.models):
            raise SettingsError("two of the models have the same name; rename one of their folders")

    def going_on(self, before: "Record") -> Self:
        """The same for a study that is there: with its arms first, and its length unless one is given."""
        more = tuple(name for name in self.arms if name not in before.arms)
        length = {} if self.minutes or self.steps else {"minutes": before.minutes, "steps": before.steps}
        return replace(self, arms=(*before.arms, *more), **length)  # type: ignore[arg-type]

    def folder_of(self, arm: str) -> Path:
        """Where an arm's model is, or will be."""
        return self.out / ARM_FOLDERS / arm


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the folder of a study says of it, as far as it can be gone on with.

    Attributes:
        arms: names of the arms.
        minutes: of training, for the first one; None where the steps were given.
        steps: of training; None where the minutes were given.
    """

    arms: tuple[str, ...]
    minutes: float | None
    steps: int | None


def record_of(out: Path) -> Record | None:
    """The record of the study in a folder; None where there is no study.

    Raises:
        InputError: it is damaged.
    """
    path = out / RUN_FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Record(
            arms=tuple(content.get("arms", ())), minutes=content.get("minutes"), steps=content.get("steps")
        )
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f'"{path}" is damaged: start again with --overwrite') from error


def claimed(request: CompareRequest, *, resume: bool, overwrite: bool) -> CompareRequest:
    """The request, once the study's folder is made, or the one there known to be of the same study.

    Raises:
        OutputExistsError: the folder is there, and neither `resume` nor `overwrite` is set.
        SettingsError: a resumed study was another one or of other steps, or an arm is to match one that is
            not compared.
        InputError: the record in the folder is damaged.
    """
    before = record_of(request.out) if resume else None
    may_change = ["arms"]
    if before is not None:
        request = request.going_on(before)
        if request.steps is not None and before.steps is None:
            may_change += ["minutes", "steps"]
            _check_steps(request, request.steps)
    if request.minutes is None and request.steps is None:
        request = replace(request, minutes=MINUTES)
    if not request.models:
        arms_named(request.arms)
    record = {
        "file": request.file.name,
        "arms": list(request.arms) if not request.models else [],
        "models": [path.name for path in request.models],
        "minutes": request.minutes,
        "steps": request.steps,
        "training": dict(request.training),
        "seed": request.seed,
    }
    claim_folder(request.out, record, may_change=may_change, resume=resume, overwrite=overwrite)
    return request


def finished(out: Path) -> Mapping[str, Any] | None:
    """What a finished model says of its training; None where there is none."""
    if not (out / MANIFEST).is_file():
        return None
    facts: Mapping[str, Any] = read_manifest(out)["facts"]
    return facts if facts["is_complete"] else None


def _check_steps(request: CompareRequest, steps: int) -> None:
    """Makes sure that steps which are said now are those that the minutes came to."""
    for name in request.arms:
        out = request.folder_of(name)
        if (facts := finished(out)) is not None and facts["steps"] != steps:
            raise SettingsError(
                f'the model in "{out}" had "{facts["steps"]}" steps, and now it is to have "{steps}": say as '
                "many as it had, or give another folder"
            )
