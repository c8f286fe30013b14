import numpy as np

from core.phantom.contact_sheet import STAMP, contact_sheet


def test_the_sheet_shows_28_radiographs_under_a_stamp() -> None:
    size, caption = 64, 10
    sheet = np.asarray(contact_sheet(size))
    assert sheet.shape == (4 * (size + caption) + 2 * caption, 7 * size, 3)
    for row in range(4):
        top = row * (size + caption) + caption
        for column in range(7):
            tile = sheet[top : top + size, column * size : (column + 1) * size]
            assert tile.std() > 30
    stamp = sheet[-2 * caption :].astype(int)
    assert (stamp[..., 0] - stamp[..., 1]).max() > 100
    assert "not for clinical use" in STAMP
