"""Settings that came from elsewhere: a link, a picture that carries its recipe, a run of before.

They become a preset of their own, called as where they came from, which the page's knobs then start from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError, RecipeError
from nst_core.picture.frame import Frame
from nst_core.recipe import PRESETS, Recipe, StylePicture, change, links, parse
from pages.parts.app import theme
from pages.parts.inputs import crop, mask_brush, style_weights
from pages.parts.inputs.selection import SelectedImage, choose, find_sample, select_style, style_slots

if TYPE_CHECKING:
    from nst_core.picture.upload import Picture
    from nst_core.runs.inputs import RunInputs

PARAMETER = "settings"
"""The name in the address that holds settings."""
PRESET = "opened"
"""What the opened settings are called among the presets."""
_PAGES = {"fast": "fast", "slow": "slow", "balanced": "slow"}
_MOST_STYLES = 4
_LEFT_OUT = "opened_regions_left_out"
"""Where the page stands that was opened without the regions of its run."""


def use(recipe: Recipe, *, stay: bool = False, had_regions: bool = False) -> None:
    """Put a recipe's settings into the controls of its method's page and go there; pictures stay as they are chosen.

    Its regions, or those that `had_regions` tells of, stay behind, which the page will say.
    """
    page = page_of(recipe)
    _put(page, links.without_pictures(recipe))
    st.session_state[_LEFT_OUT] = page if recipe.regions or had_regions else ""
    if not stay:
        st.switch_page(f"pages/{page}.py")


def use_with_pictures(recipe: Recipe, pictures: RunInputs) -> None:
    """The same, and choose the photograph and styles of a run, with what was painted on the one for the others."""
    choose("content", _own(pictures.content, "The photograph of this run"))
    use_styles(recipe, pictures, stay=True)
    came_back = mask_brush.restore(pictures.content, recipe.regions, pictures.masks)
    use(change(recipe, {"regions": []}) if came_back else recipe)


def use_styles(recipe: Recipe, pictures: RunInputs, *, stay: bool = False) -> None:
    """Settings and styles of a run, for a photograph of the visitor's own."""
    looks = recipe.styles or tuple(StylePicture(sha256=style.sha256) for style in pictures.styles)
    named = [_own(style, f"Style {n} of this run") for n, style in enumerate(pictures.styles, 1)]
    style_weights.restore(list(zip(named, looks, strict=True))[:_MOST_STYLES])
    if not stay:
        st.session_state["content_way"] = "Upload"
        use(recipe)


def base(page: str) -> Recipe | None:
    """The settings that were opened on a page, if any."""
    opened: tuple[Recipe, int] | None = st.session_state.get(_slot(page))
    return opened[0] if opened else None


def prefix(page: str) -> str:
    """The prefix of a page's widgets for what is opened now: each opening has widgets of its own."""
    opened: tuple[Recipe, int] | None = st.session_state.get(_slot(page))
    return f"{page}_{PRESET}{opened[1]}" if opened else page


def in_words(recipe: Recipe) -> str:
    """How a recipe differs from its preset: "Bold, but style_weight 40, steps 200"."""
    (_, title), *changed = told(recipe)
    said = ", ".join(f"{name} {value}" for name, value in changed)
    return f"{title}, but {said}" if said else title


def told(recipe: Recipe) -> list[tuple[str, str]]:
    """The preset, and each setting that differs from it, as words."""
    title = PRESETS[recipe.preset].title if recipe.preset in PRESETS else recipe.preset
    changed = links.differences(links.without_pictures(recipe))
    return [("preset", title), *((name, _value(value)) for name, value in changed.items())]


def _value(value: Any) -> str:
    if value is None:
        return "unset"
    if isinstance(value, dict):
        return " ".join(f"{layer} {share:g}" for layer, share in value.items()) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def from_address(page: str) -> None:
    """Take the settings in the address, once each; to be called before the page's controls are drawn.

    Those of another method stay in the address and are offered on their own page.
    """
    text = st.query_params.get(PARAMETER)
    if text:
        _take(page, text)
    if st.session_state.get(_LEFT_OUT) == page and not mask_brush.is_on():
        theme.notice("quiet", "Painted regions were left out", "They belong to another photograph; paint them anew")


def _take(page: str, text: str) -> None:
    try:
        if st.session_state.get("settings_taken") != text:
            st.session_state["settings_taken"] = text
            recipe, pictures = links.from_text(text)
            _choose(pictures)
            use(recipe, stay=page_of(recipe) == page, had_regions=pictures.get("g") is True)
    except NSTError as error:
        theme.notice("warning", "The settings in this link cannot be used", str(error))


def address(recipe: Recipe) -> str:
    """The part of a link behind the host that opens these settings with the pictures chosen now, where bundled."""
    from pages.parts.inputs.selection import selected

    said: dict[str, Any] = {}
    if key_ := selected("content").key:
        said["c"] = key_
        if not (frame := crop.frame()).is_whole:
            said["f"] = {"c": frame.crop, "r": frame.rotation_deg}
    styles = [{"k": s.image.key, "w": s.weight, "c": s.crop, "r": s.rotation_deg} for s in style_weights.in_use()]
    if all(style["k"] for style in styles):
        said["y"] = styles
    if recipe.regions:
        said["g"] = True  # a link cannot carry what was painted on a photograph
    return f"{page_of(recipe)}?{PARAMETER}={links.to_text(recipe, said)}"


def page_of(recipe: Recipe) -> str:
    """The page where a recipe's method is painted."""
    return _PAGES[recipe.method]


def _choose(pictures: Mapping[str, Any]) -> None:
    """Choose the bundled pictures that a link names; what it names wrongly is left as it is."""
    content, styles = pictures.get("c"), pictures.get("y")
    if found := find_sample("content", content):
        choose("content", found)
        if isinstance(said := pictures.get("f"), dict) and (part := _looked_at(said)):
            crop.set_frame(Frame(part.crop, part.rotation_deg))
    if isinstance(styles, Sequence):
        known = [look_ for look_ in map(_style, styles[:_MOST_STYLES]) if look_]
        if known:
            style_weights.restore(known)


def _style(said: Any) -> tuple[SelectedImage, StylePicture] | None:
    found = find_sample("style", said.get("k")) if isinstance(said, dict) else None
    return (found, _looked_at(said) or StylePicture(sha256="0" * 64)) if found else None


def _looked_at(said: Mapping[str, Any]) -> StylePicture | None:
    """The weight and the part that a link names; None where a recipe would not have them."""
    wanted = {"sha256": "0" * 64, "weight": said.get("w", 1.0), "crop": said.get("c"), "rotation_deg": said.get("r")}
    try:
        return parse({"styles": [wanted]}).styles[0]
    except RecipeError:
        return None


def _own(picture: Picture, title: str) -> SelectedImage:
    return SelectedImage("", title, "", title.lower(), partial(_same, picture))


def _same(picture: Picture) -> Picture:
    return picture


def _put(page: str, recipe: Recipe) -> None:
    number = st.session_state.get("opened_so_far", 0) + 1
    st.session_state["opened_so_far"] = number
    st.session_state[_slot(page)] = (recipe, number)
    st.session_state[f"{page}_preset"] = PRESET
    select_style(style_slots()[0])


def _slot(page: str) -> str:
    return f"{page}_opened"
