"""Account after account into a folder, fact after fact into files of their own, so that a run can go on later.

FOLDER/organization.json                          accounts, units, SCPs and RCPs, where they may be read
FOLDER/ACCOUNT/authorization-details.json         answer of `aws iam get-account-authorization-details`, all pages
FOLDER/ACCOUNT/access-keys.json                   answers of `aws iam list-access-keys`, of all users
FOLDER/ACCOUNT/inventory.json                     what runs with a role, and buckets with their policies
FOLDER/ACCOUNT/KIND.REGION.part                   a part of the inventory, until all of them are there
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, cast

from iam_guardrails.collecting.organization import read_organization
from iam_guardrails.collecting.resources import KINDS
from iam_guardrails.collecting.session import CannotCollect, NotForReading, Reader, told

_AT_ONCE = 8
"""Calls under way at the same time."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Login:
    """Who reads an account.

    Attributes:
        profile: profile of the AWS configuration; None for the environment's credentials.
        role: ARN of a role that is assumed with them; None for none.
    """

    profile: str | None = None
    role: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.role or (f"profile {self.profile}" if self.profile else "the environment's credentials")


@dataclass(frozen=True)
class Collected:
    """What a collection came to.

    Attributes:
        folder: where the files are.
        accounts: the accounts that were read in full, but for what `unknown` names.
        unknown: what could not be read, in words.
        failed: accounts or logins that could not be read at all, in words.
    """

    folder: Path
    accounts: tuple[str, ...]
    unknown: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """What was read: the folders of the accounts, and the organization; nothing that lies there from before."""
        organization = self.folder / "organization.json"
        found = [self.folder / one for one in self.accounts] + ([organization] if organization.exists() else [])
        return tuple(str(one) for one in found)


def collect(logins: Sequence[Login], folder: Path, *, say: Say, regions: Sequence[str] = ()) -> Collected:
    """Read accounts into a folder.

    Args:
        logins: who reads, an account each; two that lead to one account read it once.
        folder: where the files go; what is there already of an earlier run is not read again.
        say: told what is being read, a line each time.
        regions: regions to look for resources in; () for all that are enabled in an account.

    Raises:
        CannotCollect: boto3 is not installed, or the folder cannot be written to.
    """
    try:
        _private(folder)
    except OSError as error:
        raise CannotCollect(f"{folder}: it cannot be written to: {error.strerror}") from None
    accounts: dict[str, None] = {}
    unknown: list[str] = []
    failed: list[str] = []
    for login in logins:
        with _failing(failed, say):
            reader = _reader(login)
            account = reader.account()
            if account not in accounts:
                unknown += _Account(reader, account, folder, say, regions).read()
                accounts[account] = None
            _organization(reader, folder, say)
    return Collected(folder, tuple(accounts), tuple(unknown), tuple(failed))


@contextmanager
def _failing(failed: list[str], say: Say) -> Generator[None, None, None]:
    """One account that cannot be read keeps nobody from reading the others."""
    try:
        yield
    except CannotCollect as error:
        failed.append(str(error))
        say(str(error))


def _reader(login: Login) -> Reader:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError:
        raise CannotCollect("reading accounts needs boto3: install iam-guardrails[collect]") from None
    try:
        base = Reader(boto3.Session(profile_name=login.profile), login.name)
    except BotoCoreError as error:
        raise CannotCollect(f"{login.name} cannot be used: {error}") from None
    return base.assumed(login.role) if login.role else base


def _organization(reader: Reader, folder: Path, say: Say) -> None:
    file = folder / "organization.json"
    if file.exists():
        return
    found = read_organization(reader, say)
    if found is not None:
        _write(file, found)


class _Fact(NamedTuple):
    """A part of the inventory: a kind in a region; "" for one that is asked once."""

    kind: str
    region: str


class _Account:
    """One account while it is read."""

    def __init__(self, reader: Reader, account: str, folder: Path, say: Say, regions: Sequence[str]) -> None:
        self._reader, self._account, self._say, self._regions = reader, account, say, regions
        self._folder = folder / account
        self._partition = "aws"
        self._making = Lock()

    def read(self) -> list[str]:
        """Write what is not there yet; what could not be read, in words."""
        _private(self._folder)
        earlier = self._folder / "authorization-details.json"
        if earlier.exists():
            day = datetime.fromtimestamp(earlier.stat().st_mtime, timezone.utc).strftime("%Y-%m-%d %H:%M")
            self._say(
                f"account {self._account}: goes on with what was read at {day} UTC; delete {self._folder} to begin anew"
            )
        self._once("authorization-details", self._details)
        unknown = [] if self._once("access-keys", self._keys, needed=False) else ["the access keys of its users"]
        inventory = self._folder / "inventory.json"
        if not inventory.exists():
            _write(inventory, self._inventory())
            for part in self._folder.glob("*.part"):
                part.unlink()
        unknown += json.loads(inventory.read_text(encoding="utf-8"))["inventory"]["unknown"]
        self._say(f"account {self._account}: read")
        return [f"account {self._account}: {one}" for one in unknown]

    def _once(self, name: str, read: Callable[[], object], *, needed: bool = True) -> bool:
        file = self._folder / f"{name}.json"
        if file.exists():
            return True
        self._say(f"account {self._account}: {name.replace('-', ' ')}")
        trouble, value = _tried(read)
        if trouble and needed:
            raise CannotCollect(f"account {self._account} cannot be read: {trouble} ({self._reader.name})")
        if not trouble:
            _write(file, value)
        return not trouble

    def _details(self) -> object:
        names = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
        found: dict[str, list[object]] = {name: [] for name in names}
        client = self._reader.client("iam")
        wanted = ["User", "Role", "Group", "LocalManagedPolicy"]
        for page in client.get_paginator("get_account_authorization_details").paginate(Filter=wanted):
            for name in names:
                found[name] += page.get(name) or []
        return found

    def _keys(self) -> object:
        client = self._reader.client("iam")
        users = [one["UserName"] for page in client.get_paginator("list_users").paginate() for one in page["Users"]]
        found: list[object] = []
        for user in users:
            for page in client.get_paginator("list_access_keys").paginate(UserName=user):
                found += page["AccessKeyMetadata"]
        return {"AccountId": self._account, "AccessKeyMetadata": found}

    # --- inventory ----------------------------------------------------------------------------------------------------

    def _inventory(self) -> object:
        regions = list(self._regions) or self._reader.regions()
        facts = list(_facts(regions))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            results = list(pool.map(self._part, facts))
        unknown = [
            f"{fact.kind}{f' in {fact.region}' if fact.region else ''}: {trouble}"
            for fact, (trouble, _) in zip(facts, results, strict=True)
            if trouble
        ]
        incomplete = {fact.kind for fact, (trouble, _) in zip(facts, results, strict=True) if trouble}
        resources: dict[str, list[object]] = {}
        for fact, (_, entries) in zip(facts, results, strict=True):
            resources.setdefault(fact.kind, []).extend(entries)
        # Regions that were not looked at may have anything.
        complete = [] if self._regions else [kind for kind in KINDS if kind not in incomplete]
        head = {"account": self._account, "kinds": complete, "regions": regions, "unknown": unknown}
        return {"inventory": head, "resources": resources}

    def _part(self, fact: _Fact) -> tuple[str, list[object]]:
        """The entries of a kind in a region, and why there are none."""
        file = self._folder / f"{fact.kind.replace(':', '.')}.{fact.region or 'all'}.part"
        if file.exists():
            return "", cast("list[object]", json.loads(file.read_text(encoding="utf-8")))
        kind = KINDS[fact.kind]
        self._say(f"account {self._account}: {fact.kind} {fact.region}".rstrip())
        with self._making:  # sessions of boto3 make one client at a time
            client = self._reader.client(kind.service, fact.region or None)
        where = f"arn:{client.meta.partition}:{kind.service}:{fact.region}:{self._account}:"
        trouble, entries = _tried(lambda: [_known(one) for one in kind.read(client, where)])
        found = cast("list[object]", entries or [])
        if not trouble:
            _write(file, found)
        return trouble, found


def _facts(regions: Sequence[str]) -> Iterator[_Fact]:
    for name, kind in KINDS.items():
        yield from (_Fact(name, region) for region in (regions if kind.everywhere else ("",)))


def _known(entry: dict[str, object]) -> dict[str, object]:
    """An entry without what it has not."""
    return {name: value for name, value in entry.items() if value not in (None, "", {})}


def _tried(read: Callable[[], object]) -> tuple[str, object]:
    """What a read gives, or why it gives nothing."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return "", read()
    except NotForReading:
        raise
    except (BotoCoreError, ClientError, KeyError) as error:
        return told(error), None


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(file: Path, value: object) -> None:
    """Write a file in whole or not at all: a run that ends in the middle must not leave half of one."""
    unfinished = file.with_suffix(".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1, default=_day)
    unfinished.replace(file)


def _day(value: Any) -> str:
    return str(value.isoformat())
