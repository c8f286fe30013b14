"""What is known of a kind of data set before any of its files is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.datasets.labels import NO_LABELS, LabelMap
from core.datasets.request import IndexedTables, IndexRequest
from core.findings import Finding


@dataclass(frozen=True)
class PublishedCounts:
    """What the owner's own publication says of the whole data set.

    Args:
        source: Where it is stated.
        num_images: Images of all views; None where an index never holds the whole release.
        num_patients: None likewise, or where documents disagree.
        per_split: Images per split; splits that the publication counts as one are joined by a
            plus sign, such as "train+val".
        positives: Positive images per finding, or None where they are not published.
    """

    source: str
    num_images: int | None
    num_patients: int | None
    per_split: Mapping[str, int]
    positives: Mapping[Finding, int] | None = None


@dataclass(frozen=True)
class DatasetSpec:
    """One kind of data set.

    Args:
        title: For people.
        index: Reads and checks the folder.
        splits: Ways in which it can be split; the first one is taken unless another is asked for.
        labeller: How the labels came to be, for captions.
        licence: Terms of use.
        citation: Whom to cite.
        restricted: Credentialed data, or data on terms that nobody here knows, which may not leave
            the machine.
        may_be_opened: Whether the user knows the terms, and may say that it is not restricted.
        label_map: Its labels and the findings they mean, with their tiers.
        published: Counts to compare an index with; None where there are none to trust.
    """

    title: str
    index: Callable[[IndexRequest], IndexedTables]
    splits: tuple[str, ...]
    labeller: str
    licence: str
    citation: str
    restricted: bool = False
    may_be_opened: bool = False
    label_map: LabelMap = NO_LABELS
    published: PublishedCounts | None = None
