"""The region brush: visitors paint the place of each style on the photograph, or what is to stay a photograph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError
from nst_core.picture.frame import Frame
from nst_core.recipe import Recipe, Region, change
from pages.parts.app.session_values import SessionValue
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
"""The pages with a brush."""
MAX_MAPS = 4
"""The maps of a session, one for each photograph; the oldest is dropped."""
PHOTOGRAPH = "photograph"
"""The slot of regions that stay a photograph."""
MIN_WEIGHT = 1e-6
"""The weight of a painted style whose weight in the mix is 0, since a recipe requires a weight above 0."""
_DEFAULT_SOFTNESS, _MAX_SOFTNESS = 0.02, 0.1
_SOFTNESS_STEPS = tuple(n / 100 for n in range(11))
_IS_ON = SessionValue[bool]("masks", "on")
_SOFTNESS = SessionValue[float]("masks", "soft")
_BRUSH = SessionValue[dict[str, Any]]("masks", "brush")
_MAPS = SessionValue[dict[str, "RegionMap"]]("masks", "painted")
"""Hash of a photograph -> its map."""
_LAST = SessionValue[tuple[str, Frame, "Labels", tuple[str, ...]]]("masks", "last")
"""The map that was painted last: hash of the whole photograph, frame, labels and style slots."""
_RESTORED = SessionValue[tuple["Labels", float, dict[str, "Mask"]]]("masks", "restored")
"""The labels and softness of a restored run, and its masks by style slot."""

_HTML = """<figure><div class="sheet"><img><canvas tabindex="0"></canvas><i hidden></i></div>
<div class="styles" role="radiogroup"></div>
<div class="tools"><label><span>Brush</span><input type="range" min="2" max="40" step="1" value="12"></label>
<button type="button" class="undo">Undo</button><button type="button" class="clear">Clear</button></div></figure>"""

_brush = st.components.v2.component("nst_masks", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js"))


def panel() -> None:
    """Show a toggle and, if it is on, the photograph to paint on; with one style, what is to stay a photograph."""
    has_several = len(style_weights.styles()) > 1
    st.toggle(
        "Paint where each style goes" if has_several else "Keep parts a photograph",
        key=_IS_ON.key(),
        help="Brush each style onto the photograph, or keep parts a photograph. Other parts get the mix of all styles."
        if has_several
        else "Brush over what is to stay a photograph. All other parts are painted in the style.",
        persist_state="session",
    )
    if not is_on():
        return
    region_map = _region_map()
    with st.container(key="masks", gap="xsmall"):
        _brush(key=_BRUSH.key(), data=_data(region_map), on_painted_change=_receiver(region_map))
        widgets.percent_slider("Soft edge", _SOFTNESS.key(), _DEFAULT_SOFTNESS, (0.0, _MAX_SOFTNESS), step=0.01)


def is_on() -> bool:
    """Whether the painted regions apply."""
    return bool(_IS_ON.get())


def with_regions(recipe: Recipe, styles: Sequence[Style]) -> tuple[Recipe, tuple[Style, ...], tuple[Mask, ...]]:
    """The recipe with a region for each style that is painted somewhere, the styles it needs, and the regions' masks.

    The region of a part that stays a photograph has share 0 of each style. With one style only such parts matter.

    A style grid shows whole pictures and has no regions.
    """
    plain = change(recipe, {"regions": []}) if recipe.regions else recipe
    masks = _masks() if is_on() and recipe.style_grid_size == 1 else {}
    if len(style_weights.styles()) == 1:
        masks = {slot: mask for slot, mask in masks.items() if slot == PHOTOGRAPH}
    if not masks:
        return style_weights.with_styles(plain, styles), tuple(styles), ()
    weights = {style.slot: style.weight for style in styles}
    needed = [s for s in style_weights.styles() if s.slot in weights or s.slot in masks]
    used = tuple(replace(style, weight=weights.get(style.slot, MIN_WEIGHT)) for style in needed)
    regions = [
        {"mask": mask.sha256, "shares": [float(style.slot == slot) for style in used]} for slot, mask in masks.items()
    ]
    return change(style_weights.with_styles(plain, used), {"regions": regions}), used, tuple(masks.values())


def receive(region_map: RegionMap, sent: Any) -> bool:
    """Remember the map that a browser sent; False if it is invalid, or does not continue `region_map`."""
    from nst_core.picture import mask_maps

    if not isinstance(sent, dict) or sent.get("token") != _token(region_map):
        return False
    height, width = region_map.labels.shape
    try:
        labels = mask_maps.decode_runs(sent.get("runs"), width, height)
    except NSTError:
        return False
    _remember(replace(region_map, labels=labels))
    _LAST.put((whole_image("content").load().sha256, crop.frame(), labels, region_map.slots))
    return True


def restore(photograph: Picture, regions: Sequence[Region], masks: Sequence[Mask]) -> bool:
    """Restore a run's regions to the brush, for the page's styles; False if the brush cannot represent them.

    The run's own masks are used until the map or its softness changes.
    """
    from nst_core.picture import mask_maps

    size = mask_maps.map_size(photograph.width, photograph.height)[::-1]
    slots = [style.slot for style in style_weights.styles()]
    owners = [_owner(region, slots) for region in regions]
    is_map_size = all(mask.weights.shape == size for mask in masks)
    if not masks or not is_map_size or "" in owners or len(set(owners)) < len(masks):
        return False
    labels = mask_maps.from_masks([mask.weights for mask in masks])
    softness = mask_maps.closest_softness(labels, masks, _SOFTNESS_STEPS)
    free = [""] * (mask_maps.MAX_LABELS - len(owners))
    region_map = mask_maps.RegionMap(labels, (*owners, *free))
    _remember(region_map, photograph.sha256)
    _LAST.put((photograph.sha256, Frame(), labels, region_map.slots))
    _RESTORED.put((labels, softness, dict(zip(owners, masks, strict=True))))
    _IS_ON.put(True)
    _SOFTNESS.put(softness)
    return True


def _owner(region: Region, slots: Sequence[str]) -> str:
    """The slot of a region's only style, or PHOTOGRAPH for a region of none; empty if it has a mix."""
    if not any(region.shares):
        return PHOTOGRAPH
    owners = [slot for slot, share in zip(slots, region.shares, strict=False) if share]
    return owners[0] if len(owners) == 1 and len(region.shares) == len(slots) else ""


def _receiver(region_map: RegionMap) -> Callable[[], None]:
    def on_painted() -> None:
        receive(region_map, (_BRUSH.get() or {}).get("painted"))

    return on_painted


def _region_map() -> RegionMap:
    """The map of the chosen photograph, for the styles on the page."""
    from nst_core.picture import mask_maps

    photograph = selected("content").load()
    stored = (_MAPS.get() or {}).get(photograph.sha256)
    slots = [*(style.slot for style in style_weights.styles()), PHOTOGRAPH]
    if (stored is None or not stored.labels.any()) and (moved := _moved_map()):
        return mask_maps.with_styles(moved, slots)  # it is stored once something is painted on it
    region_map = mask_maps.with_styles(stored or mask_maps.blank(photograph.width, photograph.height), slots)
    _remember(region_map)
    return region_map


def _moved_map() -> RegionMap | None:
    """The map that was painted last on another crop of the chosen photograph, moved to the current crop."""
    from nst_core.picture import mask_maps

    photograph = whole_image("content").load()
    last = _LAST.get()
    if last is None or last[0] != photograph.sha256 or last[1] == crop.frame():
        return None
    labels = mask_maps.reframe(last[2], (photograph.width, photograph.height), last[1], crop.frame())
    return mask_maps.RegionMap(labels, last[3])


def _remember(region_map: RegionMap, photograph: str = "") -> None:
    """Store a photograph's map as the newest, and drop the oldest beyond MAX_MAPS.

    Args:
        region_map: the map.
        photograph: the hash of its photograph; by default that of the chosen one.
    """
    maps = _MAPS.ensure(dict)
    photograph = photograph or selected("content").load().sha256
    maps.pop(photograph, None)
    maps[photograph] = region_map
    for oldest in list(maps)[:-MAX_MAPS]:
        del maps[oldest]


def _masks() -> dict[str, Mask]:
    """Slot -> mask of each style that is painted somewhere."""
    region_map = _region_map()
    value = _SOFTNESS.get()
    softness = _DEFAULT_SOFTNESS if value is None else float(value)
    restored = _RESTORED.get()
    if restored and restored[0] is region_map.labels and restored[1] == softness:
        return restored[2]
    masks = _cached_masks(region_map.labels, softness)
    return {region_map.slots[label - 1]: mask for label, mask in masks.items()}


@st.cache_resource(show_spinner=False, max_entries=8)
def _cached_masks(labels: Labels, softness: float) -> dict[int, Mask]:
    from nst_core.picture import mask_maps

    return mask_maps.to_masks(labels, softness)


def _token(region_map: RegionMap) -> str:
    """The identity of a map in the browser: its photograph and its version."""
    return f"{selected('content').load().sha256[:16]}-{region_map.version}"


def _data(region_map: RegionMap) -> dict[str, Any]:
    from nst_core.picture import mask_maps

    height, width = region_map.labels.shape
    image = selected("content")
    styles = style_weights.styles()
    brushes = [(style.slot, style.image.title, style.source()) for style in styles] if len(styles) > 1 else []
    brushes.append((PHOTOGRAPH, "Photograph", data_url(preview("content"))))
    return {
        "token": _token(region_map),
        "runs": mask_maps.encode_runs(region_map.labels),
        "width": width,
        "height": height,
        "src": data_url(preview("content")),
        "alt": f"{image.title}: {image.alt}",
        "styles": [
            {"label": region_map.slots.index(slot) + 1, "title": title, "src": src} for slot, title, src in brushes
        ],
    }
