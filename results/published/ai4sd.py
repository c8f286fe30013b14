"""Writes ai4sd.parquet: the results that the AI4SD study published for ChestX-ray14.

Run from the checkout: `python results/published/ai4sd.py`. The study states neither intervals
nor seeds, neither its threshold nor its split; its label table is an 80/20 cut of ChestX-ray14.
"""

from pathlib import Path

import polars as pl

from core.store.parquet import write_table
from core.tables import PUBLISHED

STUDY = 'AI4SD, "Robust Domain-Generalizable AI for Chest X-Ray Disease Classification"'
REMARK = "no interval, threshold not stated, split not established"

COLUMNS = (("micro", "f1"), ("macro", "f1"), ("macro", "auroc"), ("macro", "average_precision"))
PER_CENT = {
    # loss, model: F1 micro, F1 macro, AUROC macro, mAP
    ("BCE", "ViT"): (27.84, 7.25, 71.70, 18.82),
    ("BCE", "EfficientNet"): (26.13, 5.21, 64.94, 15.50),
    ("BCE", "ResNet50"): (19.70, 4.74, 67.83, 16.32),
    ("SupCon", "ViT"): (30.06, 9.41, 74.63, 21.79),
    ("SupCon", "EfficientNet"): (29.14, 7.60, 67.82, 17.47),
    ("SupCon", "ResNet50"): (27.95, 6.87, 69.68, 18.22),
}


def main() -> None:
    """Write the table beside this script."""
    rows = [
        {
            "study": STUDY,
            "dataset": "chestxray14",
            "model": model,
            "loss": loss,
            "finding": finding,
            "metric": metric,
            "value": round(per_cent / 100, 6),
            "remark": REMARK,
        }
        for (loss, model), values in PER_CENT.items()
        for (finding, metric), per_cent in zip(COLUMNS, values, strict=True)
    ]
    path = Path(__file__).with_suffix(".parquet")
    write_table(path, PUBLISHED, pl.DataFrame(rows, PUBLISHED.schema), {"script": path.stem})


if __name__ == "__main__":
    main()
