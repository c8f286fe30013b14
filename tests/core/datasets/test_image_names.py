import pytest

from core.datasets.image_names import images_meant

IMAGES = ("test/a/1.png", "train/a/1.png", "b/2.png", "3.JPG", "3.1.4")


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("train/a/1.png", "train/a/1.png"),
        ("/release/train/a/1.jpg", "train/a/1.png"),
        ("D:\\scans\\train\\a\\1.png", "train/a/1.png"),
        ("./b/2", "b/2.png"),
        ("a/1.png", None),
        ("1", None),
        ("xa/1.png", None),
        ("xb/2.png", "b/2.png"),
        ("3.png", "3.JPG"),
        ("dicom/3.1.4.dcm", "3.1.4"),
        ("3.1.5", None),
        (".png", None),
        ("/", None),
    ],
)
def test_a_name_means_the_image_whose_path_it_ends_with(name: str, image: str | None) -> None:
    assert images_meant([name], IMAGES) == [image]


def test_a_file_name_that_two_names_share_means_nothing() -> None:
    assert images_meant(["x/2.png", "y/2.png"], IMAGES) == [None, None]
    assert images_meant(["x/2.png", "b/2.png"], IMAGES) == [None, "b/2.png"]
