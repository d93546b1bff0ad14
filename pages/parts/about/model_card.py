"""The model card on About: intended use, architecture, measurements and limits."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from pages.parts.about.tables import table
from pages.parts.app import service, theme

_MAGENTA = ("fast", "style prediction and transformer", "53 and 42", "2.4 M and 0.18 M", "256 px; any")
"""The parameters of Magenta's networks, counted in the wheel's ONNX files; their style prediction network is smaller
than the paper's."""

_USE = """
**Good for** pictures to look at, and for learning how the method works: the content of each layer, the effect of a
weight, the progress of an optimizer. **Not for** passing a result off as a painter's work. A result derives from
both of its pictures; whether it may be published depends on their licences, and on the people in the photograph.

- **Texture, not meaning.** The networks describe a style by its textures and colours alone. Its composition and
  figures are lost, and eyes, hands and writing are painted over like anything else.
- **Slow.** Strokes keep their size in pixels, so that another size of the result is another picture; presets that paint
  from small to large reduce this. Another seed of a noise start gives another result. It takes minutes.
- **Fast.** 100 numbers hold a whole style: unusual styles are only hinted at, and flat areas may get a pattern. The
  network learned at 256 px; strokes look finer on large pictures, unless it paints small and enlarges.
- **Measures.** They use VGG-19, whose features the slow method optimises, and so favour that method. They do not say
  which picture is better.
"""


def intended_use() -> None:
    """Explain the purpose of the methods and their limits."""
    theme.section("Intended use and limits")
    st.markdown(_USE, width=760)


def architecture() -> None:
    """Show the architecture of each network, and VGG-19 layer by layer."""
    from nst_core.models.vgg_layout import parameters
    from nst_core.models.weights import NETWORKS
    from nst_core.recipe import CONVOLUTIONS, NetworkName

    used_for: dict[NetworkName, str] = {"vgg19": "slow, measures", "vgg16": "slow, if chosen"}
    rows = []
    for name, use in used_for.items():
        depth, count = str(len(CONVOLUTIONS[name])), f"{parameters(name) / 1e6:.1f} M"
        rows.append((NETWORKS[name].title, use, "features of a classifier", depth, count, "any"))
    table(
        ("Network", "Used by", "Kind", "Convolutions", "Parameters", "Input size"),
        [*rows, (NETWORKS["magenta"].title, *_MAGENTA)],
        label="How the networks are built",
    )
    st.caption("Magenta's networks are counted in the wheel's files; TF-Hub's style prediction network is larger.")
    with st.expander("VGG-19, layer by layer"):
        table(
            ("Layer", "Used by default for", "Channels", "Stride", "Receptive field"),
            _layers(),
            label="Layers of VGG-19",
            numbers=(2, 3, 4),
        )


def measured() -> None:
    """Show the published measurements, the same tables as in the benchmarks' README."""
    from nst_core.bench.report.tables import measured_kinds
    from nst_core.bench.report.tables import table as published

    theme.section("Measured", "on a machine without a GPU")
    kinds = measured_kinds()
    for kind, tab in zip(kinds, st.tabs([*kinds.values()], key="about_measured"), strict=True):
        result = published(kind)
        head = [word[:1].upper() + word[1:] for word in result.head]
        text_columns = {"fast": 1, "pages": 1, "live": 1, "device": 3, "painting": 3, "export": 3, "queue": 0}.get(
            kind, 2
        )
        with tab:
            table(head, result.rows, label=result.title, numbers=range(text_columns, len(head)))
            st.caption("  \n".join(result.notes))


def limits() -> None:
    """Show what this server accepts and stores."""
    theme.section("Limits in force")
    table(("Item", "Limit"), _limits(), label="Limits in force")


def _layers() -> Iterator[tuple[str, ...]]:
    from nst_core.models.vgg_layout import receptive_field_px, stride_px, width
    from nst_core.recipe import CONVOLUTIONS, Recipe

    objective = Recipe().objective
    uses = {"shapes": objective.content_layers, "texture": objective.style_layers}
    for layer in CONVOLUTIONS["vgg19"]:
        used_for = [use for use, layers in uses.items() if layer in layers]
        yield (
            layer,
            " and ".join(used_for),
            str(width(layer)),
            f"{stride_px(layer)} px",
            f"{receptive_field_px('vgg19', layer)} px",
        )


def _limits() -> Iterator[tuple[str, str]]:
    from nst_core.jobs.service import MEMORY, QueueLimits, StoreLimits
    from nst_core.picture.upload import FORMATS, UploadLimits
    from nst_core.recipe import bounds
    from nst_core.recipe.schema import SLOW_EDGE_PX
    from nst_core.settings import Settings

    status, settings = service.get().status(), Settings.read()
    kept, minutes = MEMORY if status.memory_only else StoreLimits.of(settings), settings.unseen_minutes
    (least_px, most_px), (_, most_steps), room = bounds("longest_edge_px"), bounds("steps"), QueueLimits.of(settings)
    limits = UploadLimits.read()
    yield (
        "A picture",
        f"{', '.join(FORMATS)}, up to {limits.max_bytes / 2**20:g} MB and {limits.max_pixels / 1e6:g} megapixels, "
        f"used at up to {limits.kept_pixels / 1e6:g}; "
        f"{limits.least_side_px} px or more on each side, none longer than {limits.max_aspect:g} times the other",
    )
    yield (
        "A result",
        f"{least_px:,.0f} to {SLOW_EDGE_PX:,} px on its longest edge; by the fast method to {most_px:,.0f} px",
    )
    yield "A slow run", f"{most_steps:,.0f} steps at each size"
    painted = f"{status.workers} are painted" if status.workers > 1 else "one is painted"
    yield "In the queue", f"{room.waiting} runs, {room.per_visitor} of one visitor; {painted} at a time, in turns"
    if minutes:
        yield "Unseen", f"a run that nobody looks at for {minutes:g} minutes is stopped"
    until = ", until the server restarts" if status.memory_only else ""
    yield (
        "Kept",
        f"{kept.runs} runs that are not listed, {kept.total_bytes / 1e9:g} GB of all{until}; the oldest go first, but "
        f"{kept.keep_runs} always stay",
    )
    if kept.keep_hours:
        yield "Kept at least", f"{kept.keep_hours:g} hours after its end, unless all runs take more than that size"
