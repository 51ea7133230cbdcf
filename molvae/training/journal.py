"""A run's measurements as they come: a CSV anyone can plot, and TensorBoard events."""

import csv
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Journal:
    """Appends a row of numbers a validation to `metrics.csv` and to TensorBoard's log in `folder`.

    Args:
        folder: the run's folder.
        first_step: rows of this step and later are dropped, since a resumed run writes them again.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        self.path = folder / "metrics.csv"
        self._keep_before(first_step)
        self._events = EventFile(folder / "tensorboard", first_step)

    def write(self, step: int, numbers: Mapping[str, float]) -> None:
        """Adds one row; the names must be the same every time."""
        is_new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["step", *numbers])
            writer.writerow([step, *(f"{value:.6g}" for value in numbers.values())])
        self._events.write(step, numbers)

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


class EventFile:
    """One sitting's events as TensorBoard reads them; its name holds the first step and no machine's name.

    Args:
        folder: where event files are; made if it isn't there.
        first_step: TensorBoard forgets events of this step and later that an earlier sitting wrote.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"events.out.tfevents.{first_step:010d}.molvae"
        self._records = RecordWriter(path.open("wb"))
        self._add(Event(wall_time=time.time(), file_version="brain.Event:2"))
        begun = SessionLog(status=SessionLog.START)
        self._add(Event(wall_time=time.time(), step=first_step, session_log=begun))

    def write(self, step: int, numbers: Mapping[str, float]) -> None:
        """Adds the numbers of a step."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in numbers.items()]
        self._add(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))

    def close(self) -> None:
        """Closes the file."""
        self._records.close()

    def _add(self, event: Any) -> None:
        self._records.write(event.SerializeToString())
        self._records.flush()
