"""A run's measurements as they come: a CSV anyone can plot, and TensorBoard events."""

import csv
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


class Journal:
    """Appends a row of numbers a validation to `metrics.csv` and to TensorBoard's log in `folder`.

    Args:
        folder: the run's folder.
        first_step: rows of this step and later are dropped, since a resumed run writes them again.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.path = folder / "metrics.csv"
        self._keep_before(first_step)
        self._events = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step)

    def write(self, step: int, numbers: Mapping[str, float]) -> None:
        """Adds one row; the names must be the same every time."""
        is_new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", *numbers])
            writer.writerow([step, *(f"{value:.6g}" for value in numbers.values())])
        for name, value in numbers.items():
            self._events.add_scalar(name, value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.close()

    def _keep_before(self, first_step: int) -> None:
        if not self.path.exists():
            return
        with self.path.open(newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
        kept = [row for row in rows if len(row) == len(header) and int(row[0]) < first_step]
        if not kept:
            self.path.unlink()
            return
        temporary = self.path.with_name(f".{self.path.name}.partial")
        with temporary.open("w", newline="") as file:
            csv.writer(file).writerows([header, *kept])
        temporary.replace(self.path)
