"""Jets as numpy arrays: where they come from, what is said of one, how good an answer is."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Features(NamedTuple):
    """What is usually said of a jet to tell quarks from gluons."""

    multiplicity: int
    width: float
    """Mean distance of the particles from the axis, weighted by their momenta."""
    ptd: float
    """Root of the sum of squared momenta, as a share of their sum: 1 for a single particle."""


def load(path: Path) -> tuple[Floats, Floats]:
    """Give ``X``, jets x particles x (pt, rapidity, phi, pdgid), and ``y``, 1 for quark jets."""
    with np.load(path) as data:
        return data["X"], data["y"]


def centred(jet: Floats) -> Floats:
    """Give a jet's particles without the padding, (n, 4), seen from its axis.

    Momenta become shares of the whole, rapidity and phi distances from the axis.
    """
    particles = jet[jet[:, 0] > 0].copy()
    particles[:, 0] /= particles[:, 0].sum()
    share, phi = particles[:, 0], particles[:, 2]
    axis = np.arctan2((share * np.sin(phi)).sum(), (share * np.cos(phi)).sum())
    particles[:, 1] -= (share * particles[:, 1]).sum()
    particles[:, 2] = (phi - axis + np.pi) % (2 * np.pi) - np.pi
    return particles


def features(jet: Floats) -> Features:
    """Give the features of one jet, an array (particles, 4) padded with zeros."""
    particles = centred(jet)
    share = particles[:, 0]
    distance = np.hypot(particles[:, 1], particles[:, 2])
    return Features(len(share), float((share * distance).sum()), float(np.sqrt((share**2).sum())))


def accuracy(y: Floats, quark: Floats) -> float:
    """Give the share of jets whose kind is the more probable one."""
    return float(((quark > 0.5) == (y > 0.5)).mean())


def auc(y: Floats, quark: Floats) -> float:
    """Give the area under the ROC curve: how often a quark jet is ranked above a gluon jet.

    Ties count half (Mann & Whitney 1947). nan when one kind is missing.
    """
    quarks, gluons = quark[y > 0.5], quark[y <= 0.5]
    if not len(quarks) or not len(gluons):
        return float("nan")
    above = quarks[:, None] - gluons[None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def roc(y: Floats, quark: Floats) -> tuple[Floats, Floats]:
    """Give the ROC curve: for each cut, loosest last, the shares of gluon and of quark jets kept.

    Both rise from 0 to 1; jets of one probability are one step.
    """
    cuts = np.concatenate(([np.inf], np.unique(quark)[::-1]))
    kept = quark[None, :] >= cuts[:, None]
    return kept[:, y <= 0.5].mean(axis=1), kept[:, y > 0.5].mean(axis=1)
