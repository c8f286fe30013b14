"""One radiograph: anatomy and findings to thicknesses, thicknesses to greys."""


import numpy as np

from core.phantom.anatomy import draw_anatomy, draw_positioning
from core.phantom.bones import bones
from core.phantom.chest import healthy_chest
from core.phantom.detector import detected, developed, equalised, optical_depth
from core.phantom.devices import lines
from core.phantom.lettering import collimated, lettered, token_box, with_token
from core.phantom.plane import plane, resized
from core.phantom.streams import EVERY_STUDY, Purpose, stream
from core.phantom.tissue import tissue
from core.phantom.tubes import deposit
from core.phantom.vessels import airways, lung_vessels


def render(seed, hospital, patient, study, size):
    def draw(purpose, every=False):
        return stream(seed, hospital.number, patient.number, EVERY_STUDY if every else study.number, purpose)
    build = draw_anatomy(seed, hospital, patient)
    pos = draw_positioning(seed, hospital, patient, study)
    chest = healthy_chest(build, pos)
    coarse = plane(pos.frame, size if size <= 256 else max(256, size // 2))
    fine = plane(pos.frame, size)
    rng = draw(Purpose.TEXTURE)
    t = tissue(chest, coarse, rng)
    air = t.lung * (1 - chest.lung_density) + t.gas
    water = t.body - air
    patient_rng = draw(Purpose.ANATOMY + 50, True)
    mineral = bones(chest, coarse, patient_rng)
    water = resized(water + deposit(airways(chest), coarse), size)
    inlung = np.clip(t.lung / 4, 0, 1)
    water = water + (1 - chest.lung_density) * deposit(lung_vessels(chest, patient_rng), fine, inlung)
    mineral = resized(mineral, size)
    dev = lines(chest, study, hospital, draw(Purpose.DEVICES))
    if dev is not None:
        mineral = mineral + deposit(dev, fine)
    water = np.maximum(water, 0)
    D = optical_depth(water, mineral, fine)
    rng = draw(Purpose.DETECTOR)
    D = detected(D, hospital, fine, rng)
    g = developed(D, hospital, rng)
    lr = draw(Purpose.LETTERING)
    g = collimated(g, hospital, lr)
    g = equalised(g, hospital.equalisation)
    g = lettered(g, hospital, lr)
    if study.token:
        g = with_token(g, token_box(lr))
    return (g * 255 + 0.5).astype(np.uint8)
