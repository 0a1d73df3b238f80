"""The grey copy comes back as it was packed."""

import numpy as np
import pytest

from corpus import likeness


@pytest.mark.parametrize("shape", [(1, 1), (85, 256), (1024, 256)])
def test_packed_and_unpacked(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(3).integers(0, 256, shape).astype(np.float32)
    assert np.array_equal(likeness.unpacked(likeness.packed(grey)), grey)
