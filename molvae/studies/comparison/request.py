"""What a study is asked for, the record of it in its folder, and where things are in there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from molvae.errors import InputError, SettingsError
from molvae.generation.model_folder import MANIFEST, read_manifest
from molvae.run_folder import RUN_FILE, claim_folder, read_record
from molvae.studies.comparison.arms import ARMS, Training, arm_named, arms_named
from molvae.studies.comparison.class_file import ClassFile
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
        arms: names of `ARMS`. A study that is gone on with keeps what it has, and gets what is new.
        models: model folders to measure instead, as they are.
        minutes: of training, for the first arm; the others are trained for as many steps.
        steps: of training, for every arm, instead of minutes.
        training: settings that all arms share, where they differ from the defaults of `train`.
        samplers: names of `SAMPLERS`.
        extent: how much is measured.
        seeds: each arm is trained once a seed. What all are measured on, and what is random in that, is
            decided by the first one of the study, which is also that of further arms where seeds are None; 0
            where there is no study yet.
        before: what a study that is gone on with has been asked for already.
        classes: a table of molecules with a class each, for all models to be asked about.
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
    seeds: tuple[int, ...] | None = None
    before: tuple[Training, ...] = ()
    classes: ClassFile | None = None
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
        if self.seeds is not None and not (self.seeds and min(self.seeds) >= 0):
            given = " ".join(map(str, self.seeds))
            raise SettingsError(f'seeds are "{given}": give at least one, none below 0')
        if self.models and len(self.seeds or ()) > 1:
            raise SettingsError("models that are there already have no further seeds: give one at most")
        if len({path.name for path in self.models}) < len(self.models):
            raise SettingsError("two of the models have the same name; rename one of their folders")

    @property
    def seed(self) -> int:
        """The first one of the study."""
        if self.before:
            return self.before[0].seed
        return self.seeds[0] if self.seeds else 0

    @property
    def trainings(self) -> tuple[Training, ...]:
        """All of them, arm by arm: those that were asked for before, and further ones."""
        if self.seeds is not None:
            asked = [Training(arm, seed) for arm in self.arms for seed in self.seeds]
        else:
            there = {training.arm for training in self.before}
            asked = [Training(arm, self.seed) for arm in self.arms if arm not in there]
        every = dict.fromkeys((*self.before, *asked))
        names = list(dict.fromkeys(training.arm for training in every))
        return tuple(sorted(every, key=lambda training: names.index(training.arm)))

    def going_on(self, before: "Record") -> Self:
        """The same for a study that is there: what it has comes first, and its length unless one is given."""
        length = {} if self.minutes or self.steps else {"minutes": before.minutes, "steps": before.steps}
        return replace(self, before=before.trainings, **length)  # type: ignore[arg-type]

    def folder_of(self, training: Training) -> Path:
        """Where a model is, or will be."""
        more = "" if training.seed == self.seed else f"-seed-{training.seed}"
        return self.out / ARM_FOLDERS / f"{training.arm}{more}"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the folder of a study says of it, as far as it can be gone on with.

    Attributes:
        trainings: what was trained, or is to be.
        minutes: of training, for the first one; None where the steps were given.
        steps: of training; None where the minutes were given.
    """

    trainings: tuple[Training, ...]
    minutes: float | None
    steps: int | None

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, each once."""
        return tuple(dict.fromkeys(training.arm for training in self.trainings))


def record_of(out: Path) -> Record | None:
    """The record of the study in a folder; None where there is no study.

    Raises:
        InputError: it is damaged.
    """
    content = read_record(out)
    if content is None:
        return None
    try:
        pairs = content.get("trainings") or [(arm, content["seed"]) for arm in content["arms"]]
        trainings = tuple(Training(str(arm), int(seed)) for arm, seed in pairs)
        return Record(trainings=trainings, minutes=content["minutes"], steps=content.get("steps"))
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise InputError(f'"{out / RUN_FILE}" is damaged: start again with --overwrite') from error


@contextmanager
def claimed(request: CompareRequest, *, resume: bool, overwrite: bool) -> Iterator[CompareRequest]:
    """A context manager that gives the request, once the study's folder is made, or known to be of this one.

    Raises:
        OutputExistsError: the folder is there, and neither `resume` nor `overwrite` is set.
        SettingsError: a resumed study was another one or of other steps, or an arm is to match one that is
            not compared.
        InputError: the record in the folder is damaged.
    """
    before = record_of(request.out) if resume else None
    may_change = ["arms", "trainings"]
    if before is not None:
        request = request.going_on(before)
        if request.steps is not None and before.steps is None:
            may_change += ["minutes", "steps"]
            _check_steps(request, request.steps)
    if request.minutes is None and request.steps is None:
        request = replace(request, minutes=MINUTES)
    trainings = request.trainings if not request.models else ()
    names = tuple(dict.fromkeys(training.arm for training in trainings))
    arms_named(names)
    record = {
        "file": request.file.name,
        "arms": list(names),
        "trainings": [list(training) for training in trainings],
        "models": [path.name for path in request.models],
        "minutes": request.minutes,
        "steps": request.steps,
        "training": dict(request.training),
        "seed": request.seed,
    }
    with claim_folder(request.out, record, may_change=may_change, resume=resume, overwrite=overwrite):
        yield request


def finished(out: Path) -> Mapping[str, Any] | None:
    """What a finished model says of its training; None where there is none."""
    if not (out / MANIFEST).is_file():
        return None
    facts: Mapping[str, Any] = read_manifest(out)["facts"]
    return facts if facts["is_complete"] else None


def _check_steps(request: CompareRequest, steps: int) -> None:
    """Makes sure that steps which are said now are those that the minutes came to."""
    for training in request.trainings:
        out = request.folder_of(training)
        if (facts := finished(out)) is not None and facts["steps"] != steps:
            raise SettingsError(
                f'the model in "{out}" had "{facts["steps"]}" steps, and now it is to have "{steps}": say as '
                "many as it had, or give another folder"
            )
