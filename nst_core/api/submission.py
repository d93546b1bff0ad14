"""A request for a run: submitted once for each idempotency key. Its pictures are opened only if the queue has room."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nst_core.api.access import new_secret
from nst_core.api.context import ApiContext
from nst_core.api.forms import GivenFilm, GivenPicture
from nst_core.api.idempotency import fingerprint_of
from nst_core.api.pictures import PictureStore
from nst_core.api.problems import RUN_GONE, ProblemError
from nst_core.errors import LostRunError
from nst_core.film.reading import Film
from nst_core.jobs.owners import owner_of
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe
from nst_core.runs.films import first_frame


@dataclass(frozen=True)
class Sender:
    """The sender of a request.

    Attributes:
        secret: the secret of the run's owner; "" asks for a new one.
        address: the keyed hash of the network address.
        key: the idempotency key; "" for none.
    """

    secret: str
    address: str
    key: str


@dataclass(frozen=True)
class Submission:
    """A requested run, of a photograph or of a film; see `JobService.submit`."""

    recipe: Recipe
    content: GivenPicture | GivenFilm
    styles: Sequence[GivenPicture]
    start: GivenPicture | None = None
    measure: bool = True

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        pictures = [self.content, *self.styles, *([self.start] if self.start else [])]
        hashes = [picture.fingerprint for picture in pictures]
        return fingerprint_of([self.recipe.model_dump_json(), *hashes, str(self.measure)])

    @contextmanager
    def opened_content(self, store: PictureStore) -> Iterator[tuple[Picture, Film | None]]:
        """The photograph; or a film's first frame and the film. Raises NSTError as `GivenPicture.open`, FilmError."""
        if isinstance(self.content, GivenPicture):
            yield self.content.open(store), None
            return
        with self.content.opened() as film:
            yield first_frame(film, self.recipe), film


def submit(context: ApiContext, wanted: Submission, client: Sender) -> tuple[str, str | None]:
    """Submit a run, unless this request was sent before.

    Returns:
        The run's id, and the secret of its owner if it was made for this request.

    Raises:
        NSTError: as `JobService.submit`, and as `GivenPicture.open`.
        ProblemError: as `IdempotencyKeys.once`; or the run that the key started was deleted. It is not started
            again: a client that repeats a request does not know that its owner has deleted the run meanwhile.
    """
    who = hashlib.sha256(f"{client.secret} {client.address}".encode()).hexdigest()

    def perform() -> tuple[str, str | None]:
        jobs, store = context.jobs(), context.pictures
        job, secret = _names(jobs.address_key, who, client.key, wanted.fingerprint) if client.key else ("", "")
        told = None if client.secret else secret or new_secret()
        owner = owner_of(client.secret or told or "")
        jobs.admission.check_room(owner, client.address)
        with wanted.opened_content(store) as (content, film):
            job = jobs.submit(
                wanted.recipe,
                content,
                [style.open(store) for style in wanted.styles],
                start=wanted.start.open(store) if wanted.start else None,
                film=film,
                owner=owner,
                address=client.address,
                measure=wanted.measure,
                job=job,
            )
        return job, told

    answer: tuple[str, str | None] = context.idempotency.once(who, client.key, wanted.fingerprint, perform)
    if client.key:
        _check_there(context, answer[0])
    return answer


def _names(shared_key: bytes | None, *parts: str) -> tuple[str, str]:
    """The id of a run that a request asks for, and a secret for its owner: the same at all servers that share a store.

    So another server starts nothing a second time although it does not know the first answer, and gives the same one.
    Both are empty if this server is alone, since it remembers its answers.
    """
    if shared_key is None:
        return "", ""
    request = fingerprint_of(parts)
    job, secret = (
        hmac.new(shared_key, f"{what} of request {request}".encode(), hashlib.sha256).hexdigest()[:32]
        for what in ("run", "owner")
    )
    return job, secret


def _check_there(context: ApiContext, job: str) -> None:
    """Raise ProblemError if a run was deleted."""
    try:
        context.jobs().view(job)
    except LostRunError as error:
        if not error.is_stored:
            raise ProblemError(RUN_GONE, f"{error}; use a new key to start it again") from None
