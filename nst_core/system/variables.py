"""The values that an environment variable of the operator may have, and how they are read."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Values:
    """The values that a variable may have.

    Attributes:
        text: the values in words, to follow "must be".
        read: parses a text without blanks around it; raises ValueError if it is not one of the values.
    """

    text: str
    read: Callable[[str], Any]


@dataclass(frozen=True)
class Variable:
    """An environment variable of the operator.

    Attributes:
        name: the variable's name.
        values: the values that it may have.
        meaning: one phrase.
        default_text: the default in words; "" if the value itself says it.
        is_secret: whether no message may repeat its value.
        may_be_empty: whether a variable that is set and empty is a value of its own; otherwise it counts as unset.
    """

    name: str
    values: Values
    meaning: str
    default_text: str = ""
    may_be_empty: bool = False
    is_secret: bool = False

    def value(self, environment: Mapping[str, str]) -> Any:
        """The value in an environment. Raises LookupError if it is unset, and ValueError if it cannot be used."""
        text = environment[self.name].strip()
        if not text and not self.may_be_empty:
            raise LookupError(self.name)
        return self.values.read(text)


@dataclass(frozen=True)
class FilesAddress:
    """Where an object store keeps files.

    Attributes:
        bucket: the name of the bucket.
        prefix: what all keys begin with, without slashes around it; "" for the whole bucket.
        endpoint: the address of the store; "" for Amazon's.
        region: its region; "" for the one that the environment names.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""


def number(low: float, high: float, *, whole: bool = False) -> Values:
    """Numbers from `low` to `high`; only whole ones, as int, if `whole`."""

    def read(text: str) -> float:
        value = int(text) if whole else float(text)
        if not low <= value <= high:  # also refuses NaN
            raise ValueError(text)
        return value

    return Values(f"a {'whole ' if whole else ''}number from {low:,.12g} to {high:,.12g}", read)


def choice(*allowed: str) -> Values:
    """One of a few words, in lower or upper case."""

    def read(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(text)
        return text.lower()

    return Values(f"{', '.join(allowed[:-1])} or {allowed[-1]}", read)


def read_flag(text: str) -> bool:
    """The truth value of a text. Raises ValueError if it means neither yes nor no."""
    if text.lower() not in ("0", "1", "false", "true", "no", "yes", "off", "on"):
        raise ValueError(text)
    return text.lower() in ("1", "true", "yes", "on")


def read_folder(text: str) -> Path | None:
    """A folder; None for an empty text. Raises ValueError for the home of a user that does not exist."""
    try:
        return Path(text).expanduser() if text else None
    except RuntimeError as error:  # "~name" of a user that does not exist
        raise ValueError(text) from error


def read_origins(text: str) -> tuple[str, ...]:
    """Origins as sources of a Content-Security-Policy: texts that would begin another directive are refused."""
    words = text.split()
    if not all(word == "self" or re.fullmatch(r"https?://[\w.*-]+(:[\d*]+)?", word, re.ASCII) for word in words):
        raise ValueError(text)
    return tuple("'self'" if word == "self" else word for word in words)


def read_web_origins(text: str) -> tuple[str, ...]:
    """Origins as a browser sends them, or "*" for all. Raises ValueError."""
    words = text.split()
    if not all(word == "*" or re.fullmatch(r"https?://[\w.-]+(:\d+)?", word, re.ASCII) for word in words):
        raise ValueError(text)
    return tuple(words)


def read_tokens(text: str) -> tuple[str, ...]:
    """Tokens as a header can carry them, and too long to be guessed. Raises ValueError."""
    words = text.split()
    if not all(re.fullmatch(r"[!-~]{16,200}", word) for word in words):
        raise ValueError("a token is too short, too long or not printable")  # the message does not repeat the token
    return tuple(words)


def read_networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks, apart by spaces or commas. Raises ValueError."""
    return tuple(ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split())


def read_loopback(text: str) -> tuple[str, int]:
    """Host and port on the loopback interface. Raises ValueError."""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    if not (ipaddress.ip_address(host).is_loopback and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(text)
    return host, int(port)


def read_cluster(text: str) -> str:
    """The address of a Ray cluster: auto, or host and port. Raises ValueError."""
    if text.lower() == "auto":
        return "auto"
    host, _, port = text.rpartition(":")
    if not (re.fullmatch(r"[\w.-]+|\[[0-9A-Fa-f:]+\]", host, re.ASCII) and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(text)
    return text


def read_database(text: str) -> str:
    """The address of a PostgreSQL database. Raises ValueError, whose message does not repeat the password in it."""
    with_host = urllib.parse.urlsplit(text)
    if with_host.scheme not in ("postgresql", "postgres") or not with_host.path.strip("/"):
        raise ValueError("not the address of a database")
    return text


def read_files(text: str) -> FilesAddress:
    """The address of a bucket, as s3://bucket/prefix?endpoint=https://host&region=name. Raises ValueError."""
    parts = urllib.parse.urlsplit(text)
    options = urllib.parse.parse_qs(parts.query, strict_parsing=bool(parts.query))
    endpoint, region = (options.pop(name, [""])[-1] for name in ("endpoint", "region"))
    is_bucket = re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc, re.ASCII)
    is_store = not endpoint or re.fullmatch(r"https?://[\w.-]+(:\d+)?/?", endpoint, re.ASCII)
    if (
        parts.scheme != "s3"
        or options
        or not is_bucket
        or not is_store
        or not re.fullmatch(r"[\w-]*", region, re.ASCII)
    ):
        raise ValueError(text)
    return FilesAddress(parts.netloc, parts.path.strip("/"), endpoint, region)


def read_share(text: str) -> float:
    """A share of up to 1, or a whole number, as Ray counts cores and GPUs. Raises ValueError."""
    share: float = number(0, 1_024).read(text)
    if share > 1 and share != int(share):
        raise ValueError(text)
    return share


def read_silence(text: str) -> float:
    """A number of seconds, 0 or at least 5: the signs of life are a second apart, and one may be lost."""
    seconds: float = number(0, 3_600).read(text)
    if 0 < seconds < 5:
        raise ValueError(text)
    return seconds


FLAG = Values("1 or 0", read_flag)
FOLDER = Values("a folder", read_folder)
SHARE = Values("a number from 0 to 1, or a whole one up to 1,024", read_share)
