"""`cxr data phantom`: two synthetic hospitals."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import output
from cli.progress import shown
from core.findings import parse_findings


def phantom(
    out: Annotated[Path, typer.Option(help="Folder that the two hospitals are written to.")],
    num_patients: Annotated[int, typer.Option(help="Patients per hospital.")] = 300,
    seed: Annotated[int, typer.Option(help="Seeds every draw.")] = 0,
    size: Annotated[int, typer.Option(help="Side of the images, in pixels.")] = 256,
    prevalence: Annotated[
        Literal["enriched", "natural"],
        typer.Option(help="Each finding in 5 % or more of the images, or as in ChestX-ray14."),
    ] = "enriched",
    shortcut_finding: Annotated[
        str, typer.Option(help="Finding that the token in the corner goes with in the source.")
    ] = "Pneumothorax",
    shortcut_strength: Annotated[
        float, typer.Option(help="0: the token knows nothing of it; 1: it tells it exactly.")
    ] = 0.8,
    false_positive_share: Annotated[
        float, typer.Option(help="Share of the target's positive labels that are false.")
    ] = 0.1,
    missed_share: Annotated[
        float, typer.Option(help="Share of the target's true positives without their label.")
    ] = 0.1,
) -> None:
    """Draw synthetic chest radiographs with known findings at known places, in two hospitals.

    One has the layout of MIMIC-CXR-JPG, the other of ChestX-ray14. The same options give the same
    bytes, and more patients leave earlier ones as they were. Not for clinical use or conclusions.
    """
    (finding,) = parse_findings([shortcut_finding])

    from core.phantom.spec import PhantomSpec
    from core.phantom.write import write_phantom

    spec = PhantomSpec(
        num_patients=num_patients,
        seed=seed,
        size=size,
        prevalence=prevalence,
        shortcut_finding=finding,
        shortcut_strength=shortcut_strength,
        false_positive_share=false_positive_share,
        missed_share=missed_share,
    )
    with shown() as progress:
        summary = write_phantom(
            out, spec, on_progress=lambda done, total: progress("drawing patients", done, total)
        )
    output.line(f"source: {summary.num_source_images:,} images in {summary.source}")
    output.line(f"target: {summary.num_target_images:,} images in {summary.target}")
    output.note("Synthetic: not for clinical use or conclusions. Index them with:")
    output.note(f"  cxr data index mimic --name phantom-mimic --root {summary.source}")
    output.note(f"  cxr data index chestxray14 --name phantom-nih --root {summary.target}")
