"""Files that are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from molvae.errors import CheckpointError
from molvae.whole_files import write_whole

CONTENTS = {"first": b"one", "second": b"two", "last": b"three"}


def written(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def at(folder: Path) -> dict[Path, bytes]:
    """`CONTENTS` in a folder."""
    return {folder / name: content for name, content in CONTENTS.items()}


def test_files_are_written_with_the_folders_they_need(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    write_whole(at(folder), remedy="try again")
    assert written(folder) == CONTENTS


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_disk_that_is_full_leaves_every_file_as_it_was(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"first": b"old", "last": b"older"}
    for name, content in before.items():
        (tmp_path / name).write_bytes(content)
    syncs = iter(range(1, 4))

    def full(_: int) -> None:
        if next(syncs) == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError) as caught:
        write_whole(at(tmp_path), remedy="free some space")
    path = list(at(tmp_path))[number - 1]
    assert str(caught.value) == (f'"{path}" could not be written (No space left on device); free some space')
    assert written(tmp_path) == before


def test_a_folder_that_can_not_be_made_is_a_checkpoint_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(CheckpointError, match=r'file/first" could not be written \(File exists\); move it'):
        write_whole(at(tmp_path / "file"), remedy="move it")
    assert written(tmp_path) == {"file": b"mine"}


def test_a_place_that_is_taken_by_a_folder_is_a_checkpoint_error(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    with pytest.raises(CheckpointError, match=r'second" could not be written .*; move it'):
        write_whole(at(tmp_path), remedy="move it")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_a_folder_that_may_not_be_written_to_is_a_checkpoint_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", forbidden)
        with pytest.raises(CheckpointError) as caught:
            write_whole(at(tmp_path), remedy="choose another")
    assert str(caught.value) == (
        f'"{tmp_path / "first"}" could not be written (Permission denied); choose another'
    )
    assert written(tmp_path) == {}
