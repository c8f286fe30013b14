"""Which image somebody else's path or file name means, where it is no image id."""

from collections import Counter
from collections.abc import Iterable, Sequence

_SUFFIXES = (".png", ".jpg", ".jpeg", ".dcm", ".dicom", ".tif", ".tiff", ".bmp", ".npy")
"""What is left out at the end of a name; anything else belongs to it, as in 1.2.840.10008."""

_Path = tuple[str, ...]


def images_meant(names: Sequence[str], image_ids: Sequence[str]) -> list[str | None]:
    """The image that each name means: one of the two paths ends with the other.

    Paths are compared by whole folders and without extension, and the longest end counts, for
    many images may be called view1_frontal. Failing that, an image of the same file name is
    meant, where neither another image nor another name has it.

    Args:
        names: Paths or file names.
        image_ids: Of the data set.

    Returns:
        An image id for each name; None where it means no image, or more than one.
    """
    paths = [_path(name) for name in names]
    images = [(_path(image_id), image_id) for image_id in image_ids]
    whole = _only(images)
    lengths = {1, *map(len, paths)}
    ends = {n: _only((image[-n:], image_id) for image, image_id in images) for n in lengths}
    named_alike = Counter(path[-1] for path in paths)

    def meant(path: _Path) -> str | None:
        if path in ends[len(path)]:
            return ends[len(path)][path]
        for n in range(len(path) - 1, 0, -1):
            if path[-n:] in whole:
                return whole[path[-n:]]
        return ends[1].get(path[-1:]) if named_alike[path[-1]] == 1 else None

    return [meant(path) for path in paths]


def _only(images: Iterable[tuple[_Path, str]]) -> dict[_Path, str | None]:
    """The image that a path means; None where several share it."""
    found: dict[_Path, str | None] = {}
    for path, image_id in images:
        found[path] = None if path in found else image_id
    return found


def _path(name: str) -> _Path:
    *folders, last = name.replace("\\", "/").rstrip("/").split("/")
    suffix = next((each for each in _SUFFIXES if last.lower().endswith(each)), "")
    stem = last[: len(last) - len(suffix)] or last
    return (*(folder for folder in folders if folder not in ("", ".")), stem)
