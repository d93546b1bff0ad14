"""Pictures beside each other in a notebook, and the HTML of one picture."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from nst_core.picture.coverage import has_coverage
from nst_core.picture.encode import to_snapshot
from nst_core.picture.resize import fit
from nst_core.picture.upload import SHOWN_PX, Picture
from nst_core.step import Pixels

if TYPE_CHECKING:
    from nst_core.studio.pictures import PictureSource
    from nst_core.studio.result import Result

FIGURE_STYLE = "margin:0;font:13px/1.4 system-ui,sans-serif"


@dataclass(frozen=True)
class Sheet:
    """Pictures in a row with their titles, as Jupyter shows them.

    Attributes:
        pictures: each [1, H, W, 3] in [0, 1].
        titles: one for each picture.
    """

    pictures: tuple[Pixels, ...] = field(repr=False)
    titles: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        cells = "".join(
            figure_html(picture, escape(title)) for picture, title in zip(self.pictures, self.titles, strict=True)
        )
        return f'<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">{cells}</div>'


def side_by_side(*pictures: PictureSource | Result, titles: Sequence[str] = ()) -> Sheet:
    """Pictures and results in a row.

    Args:
        pictures: results, and pictures as `open_picture` takes them.
        titles: one for each picture; missing ones are empty.

    Raises:
        PictureError: one of them is not a usable picture.
    """
    from nst_core.studio.pictures import open_picture
    from nst_core.studio.result import Result

    shown = (p.pixels if isinstance(p, Result) else preview_of(open_picture(p)) for p in pictures)
    padded = (*titles, *[""] * len(pictures))
    return Sheet(tuple(shown), padded[: len(pictures)])


def preview_of(picture: Picture) -> Pixels:
    """A checked picture at the size of a notebook's output, [1, h, w, 3] or, with transparency, [1, h, w, 4]."""
    return picture.preview(SHOWN_PX)


def figure_html(picture: Pixels, caption: str, alt: str = "") -> str:
    """An HTML figure of a picture [1, H, W, 3] or [1, H, W, 4] in [0, 1]; `caption` is HTML, `alt` is text."""
    image = f'<img alt="{escape(alt or "picture")}" src="{picture_address(picture)}" style="max-width:100%">'
    return f'<figure style="{FIGURE_STYLE}">{image}<figcaption>{caption}</figcaption></figure>'


def picture_address(picture: Pixels) -> str:
    """A picture [1, H, W, C] in [0, 1] as a data: address, at most `SHOWN_PX` long: JPEG, or WebP with transparency."""
    small = fit(picture, SHOWN_PX) if max(picture.shape[1:3]) > SHOWN_PX else picture
    kind = "webp" if has_coverage(picture) else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(to_snapshot(small, 85)).decode()}"
