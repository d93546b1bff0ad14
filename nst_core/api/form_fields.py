"""Fields of a form that its route does not read are refused: a misspelt one would be left out without a word."""

from __future__ import annotations

from collections import Counter

from fastapi import Request
from fastapi.params import Form

from nst_core.api.problems import REQUEST, ProblemError
from nst_core.recipe.messages import one_line

REPEATED = ("style", "style_id", "picture")
"""Fields that a form may have several times."""
_MOST_NAMED = 5


async def check_form_fields(request: Request) -> None:
    """Refuse unknown fields, and a second value of a field that takes one. Raises ProblemError."""
    route = request.scope.get("route")
    body = getattr(route, "body_field", None)
    if route is None or body is None or not isinstance(body.field_info, Form):
        return
    known = sorted(field.alias for field in route.dependant.body_params)
    came = Counter(name for name, _ in (await request.form()).multi_items())
    if unknown := [one_line(name[:40]) for name in came if name not in known]:
        sentence = (
            f"the form has {', '.join(unknown[:_MOST_NAMED])}, which is unknown here; choose from {', '.join(known)}"
        )
        raise ProblemError(REQUEST, sentence)
    if twice := [name for name, times in came.items() if times > 1 and name not in REPEATED]:
        raise ProblemError(
            REQUEST, f"{', '.join(twice)} must be given once, got {came[twice[0]]} values; leave out others"
        )
