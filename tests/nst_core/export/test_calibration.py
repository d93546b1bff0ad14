"""Pictures for int8: none of them checks the result."""

from typing import Any

import numpy as np

from nst_core.export import calibration


def test_no_picture_both_calibrates_and_checks() -> None:
    class Module:
        @staticmethod
        def style_vector(style: Any) -> Any:
            return style.reshape(1, -1)[:, :100]

    examples = calibration.inputs("style_transform", 16, Module())  # type: ignore[arg-type]
    assert len(examples) == calibration.PAIRS == len({each["vector"].tobytes() for each in examples})
    for content, style in calibration.HELD_OUT:
        held_out = calibration.vector(Module(), calibration.square(style, 256))  # type: ignore[arg-type]
        for each in examples:
            assert not np.array_equal(each["content"], calibration.square(content, 16))
            assert not np.array_equal(each["vector"], held_out)


def test_a_square_is_a_picture_even_where_the_sample_is_smaller() -> None:
    picture = calibration.square("chelsea", 512)  # 300 px high
    assert picture.shape == (1, 512, 512, 3)
    assert 0 <= picture.min() < 0.1
    assert 0.7 < picture.max() <= 1
