"""Blind votes on pairs of a comparison: the pairs a visitor is asked about, one vote for each, and the tally of all.

A comparison is named by its runs, by method. All of them painted one photograph in one style, so that the photograph
and the style picture themselves, its copies, can stand beside them.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from nst_core.errors import JobError, NotYoursError
from nst_core.jobs.owners import is_owner
from nst_core.jobs.views import JobView
from nst_core.jobs.votes import COPIES, PAINTINGS, Vote, VoteBook, agreements, pairs_won
from nst_core.metrics.preference import Estimate, Standing, share, standings
from nst_core.system.rates import RateLimit

VOTES_PER_MINUTE = 20
"""The most votes of one visitor, and of one network address, in a minute."""
MOST_MEASURES = 16
_PURPOSE = b"nst-studio ballot:"
_BALLOT_LENGTH = 32

Pair = tuple[str, str]
"""The contestants on the left and on the right."""


@dataclass(frozen=True)
class Tally:
    """All votes together.

    Attributes:
        votes: their number.
        unwatched: the votes of visitors who had not started the runs.
        standings: all contestants, the most preferred first.
        agreement: measure -> the share of the votes in which the preferred picture had the better figure, and the
            number of these votes; the most agreeing first.
    """

    votes: int
    unwatched: int
    standings: tuple[Standing, ...]
    agreement: Mapping[str, tuple[Estimate, int]]


class Voting:
    """The votes of a job service."""

    def __init__(self, view: Callable[[str], JobView], log: VoteBook) -> None:
        """Votes on the runs that `view` gives, which raises JobError for an unknown one."""
        self._view, self._log = view, log
        self._rate = RateLimit(VOTES_PER_MINUTE)

    def pairs(self, runs: Mapping[str, str], secret: str) -> tuple[Pair, ...]:
        """The pairs of a comparison that a visitor is asked about; their order and sides are random for each visitor.

        Every two results, and one result beside a copy. A visitor gets the same ones at each call.

        Args:
            runs: method -> run.
            secret: the visitor's.

        Raises:
            JobError: a run is unknown, not done, or of other pictures than the rest.
        """
        named = self._contestants(runs)
        painted = [name for name in PAINTINGS if name in runs]
        if len(painted) < 2 or not secret:
            return ()
        # Not a secret: whoever could foresee the sides would only deceive themselves.
        chance = random.Random(_hash(secret, *sorted(named.values())))
        pairs = list(combinations(painted, 2))
        pairs.append((chance.choice(painted), chance.choice(COPIES)))
        chance.shuffle(pairs)
        return tuple(pair if chance.random() < 0.5 else pair[::-1] for pair in pairs)

    def open_pairs(self, runs: Mapping[str, str], secret: str) -> tuple[Pair, ...]:
        """The pairs of `pairs` that the visitor may still vote on."""
        named = self._contestants(runs)
        return tuple(pair for pair in self.pairs(runs, secret) if self._log.is_open(_ballot(named, pair, secret)))

    def end(self, runs: Mapping[str, str], secret: str, *, address: str = "") -> None:
        """Let a visitor vote no more on a comparison, because they are shown its names.

        Arguments and errors as of `cast`.
        """
        named, pairs = self._contestants(runs), self.open_pairs(runs, secret)
        self._check_rate(secret, address)
        for pair in pairs:
            self._log.close(_ballot(named, pair, secret))

    def preferences(self, runs: Mapping[str, str], secret: str) -> tuple[Pair, ...]:
        """The visitor's votes on a comparison, as (preferred, other). Raises JobError as `pairs`."""
        named = self._contestants(runs)
        votes = [self._log.get(_ballot(named, pair, secret)) for pair in self.pairs(runs, secret)]
        return tuple((vote.preferred, vote.other) for vote in votes if vote)

    def cast(  # noqa: PLR0913 - all of a vote
        self,
        runs: Mapping[str, str],
        preferred: str,
        other: str,
        secret: str,
        *,
        address: str = "",
        agreed: Mapping[str, bool] | None = None,
    ) -> None:
        """Count a visitor's vote.

        Args:
            runs: method -> run.
            preferred: the contestant that the visitor prefers.
            other: the other one of the pair.
            secret: the visitor's.
            address: a keyed hash of their network address.
            agreed: measure -> whether the preferred picture has the better figure.

        Raises:
            JobError: as `pairs`; or the pair is not one of them, or has the visitor's vote already, or they have seen
                its names; or they vote too often (NotYoursError without a secret).
        """
        if not secret:
            raise NotYoursError("a vote needs a visitor, and this one has no secret; reload the page")
        named, pair = self._contestants(runs), (preferred, other)
        if set(pair) not in map(set, self.pairs(runs, secret)):
            raise JobError("a vote must be on a pair that was shown, and this one was not; reload the page")
        self._check_rate(secret, address)
        watched = any(is_owner(secret, self._view(job).owner) for job in runs.values())
        measures = dict(list((agreed or {}).items())[:MOST_MEASURES])
        day = time.strftime("%Y-%m-%d", time.gmtime())
        if not self._log.add(Vote(_ballot(named, pair, secret), preferred, other, watched, measures, day)):
            raise JobError(
                "each visitor has one vote for each pair, while its names are hidden; you have voted on this one, "
                "or seen its names"
            )

    def tally(self) -> Tally:
        """All votes so far, with strengths and intervals."""
        votes = self._log.all()
        shares = {name: (share(*counts), counts[1]) for name, counts in agreements(votes).items()}
        return Tally(
            len(votes),
            sum(not vote.watched for vote in votes),
            standings((*PAINTINGS, *COPIES), pairs_won(votes)),
            dict(sorted(shares.items(), key=lambda each: -each[1][0].value)),
        )

    def _check_rate(self, secret: str, address: str) -> None:
        """Count something that is stored. Raises JobError if there is too much of it from one visitor or address."""
        for key in filter(None, (f"visitor {_hash(secret)}", address and f"address {address}")):
            if seconds := self._rate.wait_seconds(key):
                raise JobError(
                    f"at most {VOTES_PER_MINUTE} votes a minute are counted; try again in {max(1, round(seconds))} s"
                )

    def _contestants(self, runs: Mapping[str, str]) -> dict[str, str]:
        """Contestant -> the run, or the hash of the picture, that it is in this comparison. Raises JobError."""
        views = {name: self._view(job) for name, job in runs.items()}
        for name, view in views.items():
            if view.recipe.method != name or view.state != "done":
                raise JobError(f"only finished results can be voted on, and {name} is none; wait until it is done")
        sources = {(str(view.recipe.content), *(s.sha256 for s in view.recipe.styles)) for view in views.values()}
        if len(sources) != 1:
            raise JobError("results can be compared if they are of one photograph and style, and these are not")
        photograph, *styles = sources.pop()
        return {**runs, "photograph": photograph, "style": " ".join(styles)}


def _ballot(contestants: Mapping[str, str], pair: Pair, secret: str) -> str:
    """The same for a visitor and a pair, whichever side is which; it tells neither."""
    return _hash(secret, *(f"{name} {contestants[name]}" for name in sorted(pair)))[:_BALLOT_LENGTH]


def _hash(*parts: str) -> str:
    return hashlib.sha256(_PURPOSE + "\n".join(parts).encode()).hexdigest()
