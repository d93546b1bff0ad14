"""RegionMap on the photograph where each style goes: the brush on the page, and what it makes of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError
from nst_core.picture.frame import Frame
from nst_core.recipe import Recipe, Region, change
from pages.parts.app.web import asset
from pages.parts.inputs import crop, style_weights
from pages.parts.inputs.selection import preview, selected, whole_image
from pages.parts.inputs.style_weights import Style
from pages.parts.runs.before_after import data_url
from pages.parts.settings import widgets

if TYPE_CHECKING:
    from nst_core.picture.mask_maps import Labels, RegionMap
    from nst_core.picture.masks import Mask
    from nst_core.picture.upload import Picture

PAGES = ("slow", "fast")
"""Where the brush is."""
MAX_MAPS = 4
"""Photographs whose paintings a visit keeps."""
MIN_WEIGHT = 1e-6
"""Weight of a style that is painted somewhere and has none in the mix: a recipe wants some."""
_SOFT, _SOFTEST = 0.02, 0.1
_SOFT_STEPS = tuple(n / 100 for n in range(11))
_ON, _SOFT_KEY, _KEPT, _BRUSH = "masks_on", "masks_soft", "masks_painted", "masks_brush"
_LAST, _GIVEN = "masks_last", "masks_given"

_HTML = """<figure><div class="sheet"><img><canvas tabindex="0"></canvas><i hidden></i></div>
<div class="styles" role="radiogroup"></div>
<div class="tools"><label><span>Brush</span><input type="range" min="2" max="40" step="1" value="12"></label>
<button type="button" class="undo">Undo</button><button type="button" class="clear">Clear</button></div></figure>"""

_brush = st.components.v2.component("nst_masks", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js"))


def panel() -> None:
    """A toggle where there are several styles; switched on, the photograph to paint on."""
    if len(style_weights.styles()) < 2:
        return
    st.toggle(
        "Paint where each style goes",
        key=_ON,
        help="Brush each style onto the photograph. What stays unpainted takes the mix of all of them.",
        persist_state="session",
    )
    if not is_on():
        return
    painting = _region_map()
    with st.container(key="masks", gap="xsmall"):
        _brush(key=_BRUSH, data=_data(painting), on_painted_change=_receiver(painting))
        widgets.percent_slider("Soft edge", _SOFT_KEY, _SOFT, (0.0, _SOFTEST), step=0.01)


def is_on() -> bool:
    """Whether what is painted counts."""
    return bool(st.session_state.get(_ON)) and len(style_weights.styles()) > 1


def with_regions(recipe: Recipe, styles: Sequence[Style]) -> tuple[Recipe, tuple[Style, ...], tuple[Mask, ...]]:
    """A recipe with a region for each style that is painted somewhere, all styles it needs, and the regions' masks.

    A sheet of mixes shows whole pictures and has none.
    """
    plain = change(recipe, {"regions": []}) if recipe.regions else recipe
    found = _masks() if is_on() and recipe.style_grid_size == 1 else {}
    if not found:
        return style_weights.with_styles(plain, styles), tuple(styles), ()
    weights = {style.slot: style.weight for style in styles}
    everyone = [s for s in style_weights.styles() if s.slot in weights or s.slot in found]
    used = tuple(replace(style, weight=weights.get(style.slot, MIN_WEIGHT)) for style in everyone)
    regions = [
        {"mask": mask.sha256, "shares": [float(style.slot == place) for style in used]} for place, mask in found.items()
    ]
    return change(style_weights.with_styles(plain, used), {"regions": regions}), used, tuple(found.values())


def receive(painting: RegionMap, sent: Any) -> bool:
    """Keep what a browser painted over this; False if it is no map, or was painted over something else."""
    from nst_core.picture import mask_maps

    if not isinstance(sent, dict) or sent.get("token") != _token(painting):
        return False
    height, width = painting.labels.shape
    try:
        labels = mask_maps.decode_runs(sent.get("runs"), width, height)
    except NSTError:
        return False
    _remember(replace(painting, labels=labels))
    st.session_state[_LAST] = whole_image("content").load().sha256, crop.frame(), labels, painting.slots
    return True


def restore(photograph: Picture, regions: Sequence[Region], found: Sequence[Mask]) -> bool:
    """Have a run's regions painted on its photograph, for the styles on the page; False if no brush could paint them.

    They are the very same masks until something is painted over them or their edges change.
    """
    from nst_core.picture import mask_maps

    size = mask_maps.map_size(photograph.width, photograph.height)[::-1]
    places = [style.slot for style in style_weights.styles()]
    owners = [_owner(region, places) for region in regions]
    alike = all(mask.weights.shape == size for mask in found)
    if not found or not alike or "" in owners or len(set(owners)) < len(found):
        return False
    labels = mask_maps.from_masks([mask.weights for mask in found])
    soft = mask_maps.closest_softness(labels, found, _SOFT_STEPS)
    free = [""] * (mask_maps.MAX_LABELS - len(owners))
    painting = mask_maps.RegionMap(labels, (*owners, *free))
    _remember(painting, photograph.sha256)
    st.session_state[_LAST] = photograph.sha256, Frame(), labels, painting.slots
    st.session_state[_GIVEN] = labels, soft, dict(zip(owners, found, strict=True))
    st.session_state[_ON], st.session_state[_SOFT_KEY] = True, soft
    return True


def _owner(region: Region, places: Sequence[str]) -> str:
    """The style that a region is of; empty where it is a mix."""
    owning = [place for place, share in zip(places, region.shares, strict=False) if share]
    return owning[0] if len(owning) == 1 and len(region.shares) == len(places) else ""


def _receiver(painting: RegionMap) -> Callable[[], None]:
    def taking() -> None:
        receive(painting, st.session_state[_BRUSH].get("painted"))

    return taking


def _region_map() -> RegionMap:
    """What is painted on the chosen photograph, for the styles on the page."""
    from nst_core.picture import mask_maps

    photograph = selected("content").load()
    kept: RegionMap | None = st.session_state.get(_KEPT, {}).get(photograph.sha256)
    places = [style.slot for style in style_weights.styles()]
    if (kept is None or not kept.labels.any()) and (carried := _moved_map()):
        return mask_maps.with_styles(carried, places)  # it is kept once something is painted on it
    now = mask_maps.with_styles(kept or mask_maps.blank(photograph.width, photograph.height), places)
    _remember(now)
    return now


def _moved_map() -> RegionMap | None:
    """What was painted last on another part of the chosen photograph, on the part that is chosen now."""
    from nst_core.picture import mask_maps

    photograph = whole_image("content").load()
    last: tuple[str, Frame, Labels, tuple[str, ...]] | None = st.session_state.get(_LAST)
    if last is None or last[0] != photograph.sha256 or last[1] == crop.frame():
        return None
    labels = mask_maps.reframe(last[2], (photograph.width, photograph.height), last[1], crop.frame())
    return mask_maps.RegionMap(labels, last[3])


def _remember(painting: RegionMap, photograph: str = "") -> None:
    """Keep it as the latest, of the chosen photograph unless told of which, and only so many of others."""
    kept: dict[str, RegionMap] = st.session_state.setdefault(_KEPT, {})
    photograph = photograph or selected("content").load().sha256
    kept.pop(photograph, None)
    kept[photograph] = painting
    for old in list(kept)[:-MAX_MAPS]:
        del kept[old]


def _masks() -> dict[str, Mask]:
    """The mask of each style that is painted somewhere, by its place."""
    painting = _region_map()
    soft = float(st.session_state.get(_SOFT_KEY, _SOFT))
    given: tuple[Labels, float, dict[str, Mask]] | None = st.session_state.get(_GIVEN)
    if given and given[0] is painting.labels and given[1] == soft:
        return given[2]
    found = _layers(painting.labels, soft)
    return {painting.slots[label - 1]: mask for label, mask in found.items()}


@st.cache_resource(show_spinner=False, max_entries=8)
def _layers(labels: Labels, soft: float) -> dict[int, Mask]:
    from nst_core.picture import mask_maps

    return mask_maps.to_masks(labels, soft)


def _token(painting: RegionMap) -> str:
    return f"{selected('content').load().sha256[:16]}-{painting.version}"


def _data(painting: RegionMap) -> dict[str, Any]:
    from nst_core.picture import mask_maps

    height, width = painting.labels.shape
    what = selected("content")
    return {
        "token": _token(painting),
        "runs": mask_maps.encode_runs(painting.labels),
        "width": width,
        "height": height,
        "src": data_url(preview("content")),
        "alt": f"{what.title}: {what.alt}",
        "styles": [
            {"label": painting.slots.index(style.slot) + 1, "title": style.image.title, "src": style.source()}
            for style in style_weights.styles()
        ],
    }
