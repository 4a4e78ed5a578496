"""Writes qg_jets.npz: synthetic quark and gluon jets with the form of the public set.

    python data/make_qg_jets.py [--check]

The form is that of the quark and gluon jets of EnergyFlow (Komiske, Metodiev, Thaler, JHEP 01
(2019) 121; Zenodo record 3164691): ``X`` is jets x particles x (pt, rapidity, phi, pdgid), padded
with zeros, and ``y`` is 0 for gluon and 1 for quark. The jets are not from that set: no shower was
simulated, only its gross features drawn. Gluon jets have more, softer and wider spread particles.

The file is the same to the byte wherever it is made: numpy's RandomState has a stream that never
changes (NEP 19), values are rounded far above the last place in which mathematical libraries
differ, and the archive is neither compressed nor dated.
"""

from __future__ import annotations

import argparse
import io
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEED: Final = 20190121
JETS: Final = 320
PARTICLES: Final = 96
"""Columns of ``X``: no jet has more particles."""
LOWEST_PT, HIGHEST_PT = 500.0, 550.0
"""GeV, of the jet: what the public set is cut to."""
LARGEST_RAPIDITY: Final = 1.7
RADIUS: Final = 0.4
"""No particle lies further from the jet's axis (anti-kt, R = 0.4)."""
PDGIDS: Final = (22, 211, -211, 130, 321, -321, 2212, -2212, 2112, -2112, 11, -11, 13, -13)
SHARES: Final = (
    0.42, 0.215, 0.215, 0.04, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.0125,
    0.0025, 0.0025, 0.0025, 0.0025,
)  # fmt: skip
"""How often each kind of particle occurs, in the order of ``PDGIDS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """The gross features of one kind of jet."""

    mean: float
    """Mean number of particles."""
    spread: float
    """Shape of the gamma distribution that the Poisson mean is drawn from: small is wide."""
    hardness: float
    """Width of the logarithm of the particles' momenta: large gives few hard and many soft."""
    width: float
    """Typical distance from the axis of a particle of average momentum."""


GLUON: Final = Flavour(mean=50.0, spread=16.0, hardness=1.35, width=0.105)
QUARK: Final = Flavour(mean=34.0, spread=14.0, hardness=1.55, width=0.088)


def jets() -> tuple[Floats, Floats]:
    """Draw all jets; as many quark as gluon jets, in random order."""
    random = np.random.RandomState(SEED)
    y = np.repeat(np.array([0.0, 1.0]), JETS // 2)
    random.shuffle(y)
    x = np.zeros((JETS, PARTICLES, 4))
    for number, label in enumerate(y):
        particles = jet(QUARK if label else GLUON, random)
        x[number, : len(particles)] = particles
    return x, y


def jet(flavour: Flavour, random: np.random.RandomState) -> Floats:
    """Draw one jet: particles x (pt, rapidity, phi, pdgid), the hardest first."""
    mean = random.gamma(flavour.spread, flavour.mean / flavour.spread)
    count = int(np.clip(random.poisson(mean), 5, PARTICLES))
    share = np.sort(np.exp(random.normal(0.0, flavour.hardness, count)))[::-1]
    share /= share.sum()
    # Hard particles keep to the axis: the distance falls with the momentum's share.
    width = flavour.width * np.exp(random.normal(0.0, 0.25))
    scale = width * (share * count) ** -0.3
    distance = RADIUS * np.tanh(scale * random.rayleigh(1.0, count) / RADIUS)
    angle = random.uniform(0.0, 2 * np.pi, count)
    rapidity = random.uniform(-LARGEST_RAPIDITY, LARGEST_RAPIDITY) + distance * np.cos(angle)
    phi = random.uniform(0.0, 2 * np.pi) + distance * np.sin(angle)
    # The jet's momentum is the length of the vector sum, a little less than the scalar one.
    length = np.hypot((share * np.cos(phi)).sum(), (share * np.sin(phi)).sum())
    pt = share * random.uniform(LOWEST_PT + 0.5, HIGHEST_PT - 0.5) / length
    pdgid = random.choice(np.array(PDGIDS), size=count, p=np.array(SHARES) / sum(SHARES))
    columns = (pt, rapidity, phi % (2 * np.pi), pdgid)
    return np.round(np.stack(columns, axis=1).astype(np.float64), 6)


def archive() -> bytes:
    """Give the file's content; ``numpy.load`` reads it."""
    x, y = jets()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as packed:
        for name, array in (("X", x), ("y", y)):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            packed.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return content.getvalue()


def main() -> int:
    """Write the file, or with ``--check`` say whether it is the one that would be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    path = Path(__file__).with_name("qg_jets.npz")
    content = archive()
    if not parser.parse_args().check:
        path.write_bytes(content)
        print(f"wrote {path.name}: {len(content)} bytes")
        return 0
    same = path.is_file() and path.read_bytes() == content
    print(f"{path.name} is {'up to date' if same else 'not what the generator writes'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
