"""SciPy's and scikit-image's measures of how alike two maps are.

    pip install numpy scipy scikit-image
    python3 make_similarity.py

Maps come from the formulas of ../formula.py: with u = unit(3000, i) and v = unit(3001, i), i row-major, each rounded to float32,
the pairs are

    smooth    u, (u + v) / 2
    ties      floor(4 u) / 4, floor(4 (u + v) / 2) / 4
    sparse    max(u - 0.7, 0), max(v - 0.7, 0)

Writes similarity.json: for each pair and size the rank correlation, the structural similarity over the places where the window
fits, the first map's HOG descriptor, and the correlation of both maps' descriptors.
"""

import json
import pathlib

import numpy as np
from scipy.stats import pearsonr, spearmanr
from skimage.feature import hog
from skimage.metrics import structural_similarity


def unit(stream, count):
    with np.errstate(over="ignore"):
        z = (np.uint64(stream) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2**53


def pairs(height, width):
    u = unit(3000, height * width).reshape(height, width).astype(np.float32)
    v = unit(3001, height * width).reshape(height, width).astype(np.float32)
    half = ((u + v) / np.float32(2)).astype(np.float32)
    yield "smooth", u, half
    yield "ties", np.floor(4 * u) / 4, np.floor(4 * half) / 4
    yield "sparse", np.maximum(u - np.float32(0.7), 0), np.maximum(v - np.float32(0.7), 0)


def descriptor(picture):
    return hog(
        picture.astype(np.float64), orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2),
        block_norm="L2-Hys", transform_sqrt=False, feature_vector=True)


def ssim(a, b):
    _, places = structural_similarity(
        a.astype(np.float64), b.astype(np.float64), data_range=1.0, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True)
    return float(places[5:-5, 5:-5].mean())


results = []
for height, width in [(16, 16), (32, 32), (29, 35)]:
    for name, a, b in pairs(height, width):
        results.append({
            "pair": name, "height": height, "width": width, "spearman": float(spearmanr(a.ravel(), b.ravel())[0]),
            "ssim": ssim(a, b), "hog": [round(float(x), 9) for x in descriptor(a)],
            # Of a single block both descriptors are correlated all the same.
            "hogCorrelation": float(pearsonr(descriptor(a), descriptor(b))[0])})
pathlib.Path(__file__).with_name("similarity.json").write_text(json.dumps(results, indent=1) + "\n")
