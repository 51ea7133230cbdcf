"""What was measured of a model, kept as soon as it is there, so that nothing is measured twice.

A file a model: what the measurements depend on, and the rows of each table. One that is about another model,
other molecules or another extent is left alone until it is written anew.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from molvae.studies.comparison.subjects import Molecules, Row
from molvae.whole_files import write_whole

logger = logging.getLogger(__name__)

#: Raised by one whenever a measurement of the same model would give something else.
FORMAT_VERSION = 1
#: Of the extent, what is told by the names of the parts that depend on it.
OF_PARTS = ("num_calls", "num_searches")
#: What to do about a disk that is full.
RESUMABLE = "what was there before it is kept: make room, and go on with --resume"

#: Rows by the name of their table.
Parts = Mapping[str, Sequence[Row]]


class Measured:
    """The measurements of one model.

    Args:
        path: the file.
        key: what they depend on, as JSON values.
    """

    def __init__(self, path: Path, key: Mapping[str, Any]) -> None:
        self._path = path
        self._key = json.loads(json.dumps(key))
        self._parts = _read(path, self._key) if path.is_file() else {}

    def has(self, names: Collection[str]) -> bool:
        """Whether the tables of all these names are kept."""
        return self._parts.keys() >= set(names)

    def make(self, name: str, measure: Callable[[], Parts]) -> None:
        """Measures the tables of this name, and keeps them from now on; unless they are kept already."""
        if name not in self._parts:
            self._parts[name] = measure()
            self._write()

    def part(self, name: str) -> Parts:
        """The tables of this name, which are kept."""
        return self._parts[name]

    def _write(self) -> None:
        content = {"key": self._key, "parts": self._parts}
        text = json.dumps(content, default=_plain, ensure_ascii=False)
        write_whole({self._path: text.encode()}, remedy=RESUMABLE)


def key_of(label: str, checksum: str, molecules: Molecules, samplers: Sequence[str]) -> dict[str, Any]:
    """What the measurements of a model depend on.

    Args:
        label: what the model is called.
        checksum: of its weights.
        molecules: that it is measured on.
        samplers: names of the samplers.
    """
    texts = "\n".join((*molecules.known, "", *molecules.unseen))
    return {
        "format_version": FORMAT_VERSION,
        "arm": label,
        "weights": checksum,
        "molecules": hashlib.sha256(texts.encode()).hexdigest(),
        "extent": {name: size for name, size in asdict(molecules.extent).items() if name not in OF_PARTS},
        "seed": molecules.seed,
        "samplers": list(samplers),
    }


def _read(path: Path, key: Mapping[str, Any]) -> dict[str, Parts]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        kept_key, parts = content["key"], dict(content["parts"])
    except (ValueError, KeyError, TypeError):
        logger.warning('"%s" is damaged: what it told of is measured again', path)
        return {}
    return parts if kept_key == key else {}


def _plain(value: Any) -> Any:
    """A NumPy number as a number of Python."""
    return value.item()
