"""Resource types described as data: the calls for each verb, where each property goes and comes from, what replaces.

For example, a group of IAM::

    Described(
        "aws:iam/group:Group",
        service="iam",
        named="name",
        id="{name}",
        properties={"name": Property(to="GroupName"), "path": Property(to="Path", default="/")},
        outputs={"arn": "Arn"},
        create_call=Call("create_group"),
        read_calls=(Call("get_group", {"GroupName": ID}, answer="Group"),),
        changes=(Change(("path",), Call("update_group", {"GroupName": ID, "NewPath": "path"})),),
        delete_calls=(Call("delete_group", {"GroupName": ID}),),
    )

The provider then creates with ``create_group(GroupName=..., Path=...)``, takes the name for the id, and reads ``name``
from ``Group.GroupName``, ``path`` from ``Group.Path`` and the output ``arn`` from ``Group.Arn`` of what ``get_group``
answers.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union, cast

from botocore.exceptions import ClientError

from sandbox.provider import tagging
from sandbox.provider.errors import code
from sandbox.provider.resource import Created, Found, HalfCreatedError, Resource
from sandbox.provider.schema import Kind, Property
from sandbox.provider.values import Properties, Secret, Value

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws

ID = "#id"
"""Source of a parameter: the resource's id."""

ITEM = "#item"
"""Source of a parameter: the item of a list that comes or goes, or the name of an attribute that changes."""

VALUE = "#value"
"""Source of a parameter: the new value of the attribute that changes."""


@dataclass
class Known:
    """What is known when a call is made.

    Attributes:
        id: The resource's id; empty before there is one.
        now: The inputs it is to have, or its state when it is read or deleted.
        region: The region it is in.
        old: Its state before a change.
        told: What AWS has answered so far.
        item: The item or attribute the call is about.
        value: The attribute's new value.
    """

    id: str
    now: Properties
    region: str
    old: Properties = field(default_factory=Properties)
    told: dict[str, Any] = field(default_factory=dict[str, Any])
    item: str = ""
    value: str = ""


Source = Union[str, Callable[[Known], object]]  # noqa: UP007 - evaluated when the module is loaded
"""A property's name, ``ID``, ``ITEM``, ``VALUE``, ``@`` and a path in what AWS has answered, or a function."""

Sources = Mapping[str, Source]
"""Parameters of a call, or outputs, and where each comes from."""


@dataclass(frozen=True)
class Call:
    """One call of AWS.

    Attributes:
        name: boto3's name of it.
        given: Its parameters and their sources; ``A.B`` is a text in a map. None takes every property with a ``to``.
        answer: Where in its answer the resource is told, for example ``User``.
        whole: Whether empty values are sent too, so that they take away what was there.
        also: Further parameters that are always the same.
        unless: The code of an error of AWS that says that there is nothing to tell.
    """

    name: str
    given: Sources | None = None
    answer: str = ""
    whole: bool = False
    also: Mapping[str, object] = field(default_factory=dict[str, object])
    unless: str = ""


@dataclass(frozen=True)
class Change:
    """What to call when properties change in place.

    Attributes:
        of: The properties. A list of texts is changed item by item when there is a ``without``.
        call: Sets what is new; with an item in it, adds an item.
        without: Takes away what is no longer there.
        attributes: Whether each changed property is set by a call of its own, as an attribute of its name in AWS.
        when: Whether the change is needed at all.
    """

    of: tuple[str, ...]
    call: Call
    without: Call | None = None
    attributes: bool = False
    when: Callable[[Known], bool] | None = None


@dataclass(frozen=True)
class Tags:
    """How tags are changed.

    Attributes:
        add: Sets tags, given what names the resource.
        remove: Removes tags.
        to: The parameter of ``add``.
        keys: The parameter of ``remove``.
    """

    add: Call
    remove: Call
    to: str = "Tags"
    keys: str = "TagKeys"


Before = Callable[["Aws", Known], None]


@dataclass(frozen=True)
class Described(Resource):
    """A resource type as data; see the top of this file.

    Attributes:
        token: Pulumi's name of the type.
        service: boto3's name of the service.
        id: The id: with ``{name}`` for a property, or ``@path`` in the answer of ``create_call``.
        properties: Its inputs.
        create_call: Makes it.
        read_calls: Tell what it is, each adding to what the others told.
        outputs: Further outputs and where they are told.
        then: Changes made after ``create_call`` for properties that are given. When one fails, the resource is there.
        changes: Changes in place, in their order.
        delete_calls: Remove it, one after the other.
        tags: How its tags change.
        named: The input that gets a name of the provider's choice when none is given.
        follows: The property whose new value is the id from its change on.
        gone: The codes of AWS's errors that say that the resource is no more.
        before_delete: Removes what is in the way.
        is_gone: Tells from the answers that it is no more, though AWS still knows it.
        check: Says what is wrong with the inputs as a whole, by the property that is at fault.
    """

    token: str
    service: str
    id: Source
    properties: Mapping[str, Property]
    create_call: Call
    read_calls: tuple[Call, ...]
    outputs: Sources = field(default_factory=dict[str, Source])  # pyright: ignore[reportIncompatibleVariableOverride]
    then: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    delete_calls: tuple[Call, ...] = ()
    tags: Tags | None = None
    named: str | None = None
    follows: str | None = None
    gone: tuple[str, ...] = ("NoSuchEntity",)
    before_delete: Before | None = None
    is_gone: Callable[[Known], bool] | None = None
    check: Callable[[Properties], dict[str, str]] | None = None

    def problems(self, new: Properties) -> dict[str, str]:
        """What is wrong with the inputs as a whole, by the property that is at fault."""
        return self.check(new) if self.check else {}

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make it, and what belongs to it."""
        known = Known("", new, aws.region_of(new))
        self._make(aws, self.create_call, known)
        known.id = self._id(known)
        created = Created(known.id)
        try:
            for change in self.then:
                given = new.get(change.of[0]) not in (None, "", False, [], {})
                if given and (change.when is None or change.when(known)):
                    self._make(aws, change.call, known)
        except ClientError as error:
            raise HalfCreatedError(created, error) from error
        return created

    def _id(self, known: Known) -> str:
        if callable(self.id):
            return str(self.id(known))
        return str(_at(known.told, self.id[1:])) if self.id.startswith("@") else self.id.format_map(known.now)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask AWS what it is now."""
        known = Known(resource_id, state, aws.region_of(state))
        for call in self.read_calls:
            self._make(aws, call, known)
        if self.is_gone and self.is_gone(known):
            return None
        found: Found = {}
        for name, rule in self.properties.items():
            source = rule.at or rule.to.rpartition(".")[2]
            if name == "region":
                found[name] = known.region
            elif source:
                found[name] = _told(
                    rule.kind, self._tags_told(known, source) if name == "tags" else _got(known, source)
                )
        return found | {name: _told(None, _got(known, source)) for name, source in self.outputs.items()}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Change what differs."""
        known = Known(resource_id, new, aws.region_of(new), old, {"arn": old.text("arn")})
        for change in self.changes:
            self._change(aws, change, known)
        if self.tags is not None:
            self._change_tags(aws, self.tags, known)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Remove it."""
        known = Known(resource_id, state, aws.region_of(state))
        if self.before_delete:
            self.before_delete(aws, known)
        for call in self.delete_calls:
            self._make(aws, call, known)

    def id_after_update(self, resource_id: str, new: Properties) -> str:
        """The id after a change in place: AWS has names that can change."""
        return new.text(self.follows) if self.follows else resource_id

    def _change(self, aws: Aws, change: Change, known: Known) -> None:
        changed = [name for name in change.of if self._differs(name, known.old, known.now)]
        if not changed:
            return
        first = changed[0]
        if change.attributes:
            for name in changed:
                known.item, known.value = self.properties[name].to.rpartition(".")[2], _text(known.now.get(name))
                self._make(aws, change.call, known)
        elif change.without and self.properties[first].kind is Kind.TEXTS:
            before, after = set(known.old.texts(first)), set(known.now.texts(first))
            # New items come first: there is no moment in which nobody is let in.
            for call, items in ((change.call, after - before), (change.without, before - after)):
                for known.item in sorted(items):
                    self._make(aws, call, known)
        else:
            given = known.now.get(first) not in (None, "", False, {})
            self._make(aws, change.call if given or not change.without else change.without, known)
        if self.follows in changed:
            known.id = known.now.text(self.follows)

    def _differs(self, name: str, old: Properties, new: Properties) -> bool:
        rule = self.properties[name]
        if name == "tags":
            return old.map("tagsAll") != new.map("tags")
        # What AWS chooses itself is left as it is.
        if rule.computed and name not in new:
            return False
        before, after = (rule.default if given.get(name) in (None, "", [], {}) else given[name] for given in (old, new))
        return rule.canonical(before) != rule.canonical(after)

    def _change_tags(self, aws: Aws, tags: Tags, known: Known) -> None:
        client = aws.client(self.service, known.region)
        before, after = known.old.map("tagsAll"), known.now.map("tags")
        if gone := sorted(set(before) - set(after)):
            keys = gone if tags.keys.endswith("Keys") else [{"Key": key} for key in gone]
            getattr(client, tags.remove.name)(**self._parameters(tags.remove, known), **{tags.keys: keys})
        if added := {key: text for key, text in after.items() if before.get(key) != text}:
            getattr(client, tags.add.name)(**self._parameters(tags.add, known), **{tags.to: tagging.to_aws(added)})

    def _tags_told(self, known: Known, source: Source) -> object:
        return tagging.from_aws(cast("Any", _got(known, source)))

    def _make(self, aws: Aws, call: Call, known: Known) -> None:
        try:
            answer = getattr(aws.client(self.service, known.region), call.name)(**self._parameters(call, known))
        except ClientError as error:
            if code(error) != call.unless:
                raise
            return
        found = _at(answer, call.answer) if call.answer else answer
        known.told |= cast("dict[str, Any]", found) if isinstance(found, dict) else {call.answer: found}

    def _parameters(self, call: Call, known: Known) -> dict[str, Any]:
        sources: Sources = (
            {rule.to: name for name, rule in self.properties.items() if rule.to} if call.given is None else call.given
        )
        parameters: dict[str, Any] = dict(call.also)
        for name, source in sources.items():
            value = _got(known, source) if callable(source) or source[0] in "#@" else _sent(known.now, source)
            outer, _, inner = name.rpartition(".")
            if value is None or (value in ("", [], {}) and not call.whole and not callable(source)):
                continue
            if not outer:
                parameters[name] = value
            elif _text(value) or call.whole:
                parameters.setdefault(outer, {})[inner] = _text(value)
        return parameters


def _got(known: Known, source: Source) -> object:
    if callable(source):
        return source(known)
    if source in (ID, ITEM, VALUE):
        return {ID: known.id, ITEM: known.item, VALUE: known.value}[source]
    return _at(known.told, source.removeprefix("@"))


def _at(answer: Any, path: str) -> object:
    for name in path.split("."):
        # A list has what was looked for as its only item.
        answer = next(iter(cast("list[Any]", answer)), None) if isinstance(answer, list) else answer
        answer = cast("dict[str, Any]", answer).get(name) if isinstance(answer, dict) else None
    return answer


def _sent(properties: Properties, name: str) -> object:
    """A property as AWS takes it."""
    if name == "tags":
        return tagging.to_aws(properties.map("tags"))
    value = properties.get(name)
    return value.text if isinstance(value, Secret) else "" if value is None else value


def _text(value: object) -> str:
    """A value as a text, where AWS takes nothing but texts."""
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)


def _told(kind: Kind | None, value: Any) -> Value:
    """A value as AWS tells it, as the program would write it."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind is Kind.FLAG:
        return value is True or value == "true"
    if kind is Kind.DOCUMENT and isinstance(value, dict):
        return json.dumps(value)
    if kind is Kind.NUMBER and isinstance(value, str):
        return int(value)
    return [*cast("list[Value]", value)] if isinstance(value, list) else cast("Value", value)
