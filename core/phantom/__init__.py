"""The phantom: two synthetic hospitals whose findings, and their places, are known exactly.

Patients are drawn (`cohort`), their chests are put together in cm (`anatomy`, `chest`), findings
reshape or overlay them (`findings`), X-rays are followed to the detector (`render`, `detector`),
and the pictures are written in the layouts of MIMIC-CXR-JPG and ChestX-ray14 (`write`).
Synthetic: not for clinical use, and no grounds for clinical conclusions.
"""
