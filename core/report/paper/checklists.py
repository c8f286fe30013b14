"""What two reporting guidelines ask for, and where this report answers; the rest is the authors'.

The items are told in our own words; their numbers are those of the guidelines.

Source:
    Tejani et al., "Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024
    Update", Radiology: Artificial Intelligence 6(4), 2024.
    Collins et al., "TRIPOD+AI statement", BMJ 385:e078378, 2024.
"""

from collections.abc import Iterator
from typing import NamedTuple

from core.report.paper.blocks import Block, Grid, Heading, Section

OPEN = "to be filled in by the authors"


class Item(NamedTuple):
    """One item of a checklist.

    Args:
        number: As in the guideline.
        asks: For what, in our words.
        section: Where a report answers, if it has that section; None where it cannot know.
    """

    number: str
    asks: str
    section: Section | None = None


CLAIM: tuple[Item, ...] = (
    Item("1", "The title or abstract names the kind of AI method."),
    Item("2", "An abstract of design, methods, results and conclusions."),
    Item("3", "Background, intended use and clinical role."),
    Item("4", "Aims and hypotheses."),
    Item("5", "Prospective or retrospective."),
    Item("6", "The goal of the study.", Section.DESIGN),
    Item("7", "Where the data come from.", Section.DESIGN),
    Item("8", "Who was included and excluded."),
    Item("9", "How images were preprocessed.", Section.PROVENANCE),
    Item("10", "How subsets of the data were chosen, and by whom."),
    Item("11", "How patients were de-identified."),
    Item("12", "How missing data were handled.", Section.PROTOCOL),
    Item("13", "How images were acquired."),
    Item("14", "How the reference standard was obtained.", Section.DESIGN),
    Item("15", "Why this reference standard."),
    Item("16", "Who annotated for the reference standard."),
    Item("17", "How the test set was annotated.", Section.DESIGN),
    Item("18", "Variability between and within annotators."),
    Item("19", "How cases were assigned to partitions.", Section.DESIGN),
    Item("20", "At which level partitions are disjoint.", Section.PROTOCOL),
    Item("21", "The intended size of the test set, and why."),
    Item("22", "The model in detail.", Section.PROVENANCE),
    Item("23", "Software, with versions.", Section.PROVENANCE),
    Item("24", "How parameters were initialised.", Section.PROVENANCE),
    Item("25", "How the model was trained.", Section.PROVENANCE),
    Item("26", "How the final model was chosen.", Section.PROTOCOL),
    Item("27", "How models were combined, if they were."),
    Item("28", "The metrics.", Section.RESULTS),
    Item("29", "Uncertainty and significance.", Section.PROTOCOL),
    Item("30", "Robustness and sensitivity.", Section.SUBGROUPS),
    Item("31", "How decisions are explained, and how that was tested.", Section.ATTENTION),
    Item("32", "Testing on data of the same origin.", Section.GAPS),
    Item("33", "Testing on data of another origin.", Section.RESULTS),
    Item("34", "The registration of a clinical trial."),
    Item("35", "How many patients and examinations were included and excluded."),
    Item("36", "Characteristics of the cases in each partition."),
    Item("37", "Performance, with uncertainty, in each partition.", Section.RESULTS),
    Item("38", "Diagnostic performance per condition, with precision.", Section.FINDINGS),
    Item("39", "Cases where the model fails."),
    Item("40", "Limitations."),
    Item("41", "What it means for practice."),
    Item("42", "Where the full protocol is found.", Section.PROTOCOL),
    Item("43", "Where software, model and data can be had."),
    Item("44", "Funding."),
)

TRIPOD: tuple[Item, ...] = (
    Item("1", "The title names development or evaluation, population and outcome."),
    Item("2", "A structured abstract."),
    Item("3a", "The health context and why the model is needed."),
    Item("3b", "The target population, purpose and users."),
    Item("3c", "Known inequalities in health between groups."),
    Item("4", "Objectives.", Section.DESIGN),
    Item("5a", "Sources of data for development and evaluation.", Section.DESIGN),
    Item("5b", "Dates of data collection."),
    Item("6a", "The setting: centres and their number.", Section.DESIGN),
    Item("6b", "Who was eligible."),
    Item("6c", "Treatments received."),
    Item("7", "Preparation and quality checks of the data.", Section.PROVENANCE),
    Item("8a", "The outcome, why it, and how it was assessed.", Section.DESIGN),
    Item("8b", "Who assessed the outcome: qualifications, demographics."),
    Item("8c", "Blinding of the outcome's assessment."),
    Item("9a", "How predictors were chosen."),
    Item("9b", "Every predictor, and how it is measured.", Section.PROVENANCE),
    Item("9c", "Who assessed predictors: qualifications, demographics."),
    Item("10", "How the sample size came about."),
    Item("11", "Missing data.", Section.PROTOCOL),
    Item("12a", "How data were used for development and evaluation.", Section.PROTOCOL),
    Item("12b", "How predictors enter the analysis.", Section.PROVENANCE),
    Item("12c", "The model, how it was built and chosen.", Section.PROVENANCE),
    Item("12d", "How differences between centres are handled.", Section.GAPS),
    Item("12e", "Measures and plots of performance.", Section.RESULTS),
    Item("12f", "Updating of the model after evaluation."),
    Item("12g", "How predictions were computed in the evaluation.", Section.PROVENANCE),
    Item("13", "What was done about rare outcomes, and recalibration.", Section.PROVENANCE),
    Item("14", "What was done for fairness, and why."),
    Item("15", "What the model puts out, and thresholds.", Section.PROVENANCE),
    Item("16", "How development and evaluation data differ.", Section.DESIGN),
    Item("17", "Ethical approval."),
    Item("18a", "Funding."),
    Item("18b", "Conflicts of interest."),
    Item("18c", "Where the protocol is found.", Section.PROTOCOL),
    Item("18d", "Registration."),
    Item("18e", "Availability of the data.", Section.DESIGN),
    Item("18f", "Availability of the code."),
    Item("19", "Involvement of patients and the public."),
    Item("20a", "The flow of participants, with and without the outcome."),
    Item("20b", "Characteristics of participants."),
    Item("20c", "Predictors in evaluation beside development."),
    Item("21", "Participants and events in each analysis.", Section.FINDINGS),
    Item("22", "The full model, for others to use.", Section.PROVENANCE),
    Item("23a", "Performance with intervals, in subgroups too.", Section.RESULTS),
    Item("23b", "Heterogeneity between centres.", Section.GAPS),
    Item("24", "Results of updating the model."),
    Item("25", "Interpretation, fairness included."),
    Item("26", "Limitations."),
    Item("27a", "What to do with poor or missing input."),
    Item("27b", "What users must do and know."),
    Item("27c", "Next steps of research."),
)


def checklists(sections: frozenset[str]) -> Iterator[Block]:
    """Both checklists; an item points to a section only where the report has it."""
    for heading, items in ((Section.CLAIM, CLAIM), (Section.TRIPOD, TRIPOD)):
        yield Heading(heading)
        yield Grid(
            "Items in our words, with the guideline's numbers; its own text holds. A section that "
            "is named answers at least in part; whether it suffices is for the authors to judge.",
            ("item", "asks for", "answer"),
            tuple((item.number, item.asks, _answer(item, sections)) for item in items),
            (0.08, 0.56, 0.36),
        )


def _answer(item: Item, sections: frozenset[str]) -> str:
    return f"see “{item.section}”" if item.section in sections else OPEN
