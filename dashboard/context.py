"""What a page is about: the choices in the sidebar, and links that carry all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True)
class Context:
    """The choices that hold on every page and live in the address.

    Args:
        target: The evaluated data set.
        split: The part of it.
        policy: The threshold policy.
        runs: The chosen run ids; empty means all of them.
        baseline: The run that others are held against; "" for none.
    """

    target: str
    split: str
    policy: str
    runs: tuple[str, ...] = ()
    baseline: str = ""

    def link(self, page: str, choices: Mapping[str, str] | None = None) -> str:
        """The address of a page in this context.

        Args:
            page: Its path, "" for the first page.
            choices: Further choices that belong to that page.
        """
        fixed = [("target", self.target), ("split", self.split), ("policy", self.policy)]
        chosen = [("runs", run_id) for run_id in self.runs]
        chosen += [("baseline", self.baseline)] if self.baseline else []
        return f"/{page}?{urlencode(fixed + chosen + list((choices or {}).items()))}"

    def run(self, run_id: str) -> str:
        """The address of a run's record in this context."""
        return self.link("runs", {"run": run_id})


def run_address(run_id: str) -> str:
    """Where the record of a run is shown."""
    return f"/runs?{urlencode({'run': run_id})}"


def image_address(dataset: str, run_id: str, image_id: str, version: str) -> str:
    """Where the square that a run sees of an image is served.

    Args:
        dataset: The data set.
        run_id: The run, whose preprocessing made the square.
        image_id: The image.
        version: Changes with the pixels, so that browsers may keep what they have.
    """
    return f"/images/{_path(dataset, run_id, image_id)}.png?v={quote(version)}"


@dataclass(frozen=True)
class MapAddress:
    """Which attention map, for its address.

    Args:
        dataset: The data set.
        run_id: The run.
        finding: The finding that it explains.
        image_id: The image.
        version: Changes with the values.
    """

    dataset: str
    run_id: str
    finding: str
    image_id: str
    version: str

    @property
    def path(self) -> str:
        """Where it is served; colours, scale and version follow as a query."""
        return f"/maps/{_path(self.dataset, self.run_id, self.finding, self.image_id)}.png"


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)
