"""The rotation of a user's access keys: one number in the settings, and a step each time it grows by one.

AWS lets a user have two keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. So there are
two slots, `first` and `second`. Four steps bring the pipeline from the key in one to a new key in the other:

| step | old slot | new slot | handed out |
|---|---|---|---|
| 0, 4, 8, ... | active | absent | the old key |
| 1, 5, 9, ... | active | active | the old key |
| 2, 6, 10, ... | active | active | the new key |
| 3, 7, 11, ... | inactive | active | the new key |

With the next step the old key is deleted, and the slots have changed places. At every step a key is active that was
handed out by the step before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from pipeline_identity._reading.arguments import whole_number
from pipeline_identity._reading.errors import Refusal

STEPS = 4
"""The steps of one rotation."""

SLOTS = ("first", "second")
"""The names of the slots."""


class Phase(IntEnum):
    """Where in a rotation the keys are."""

    AT_REST = 0
    NEW = 1
    HANDED_OUT = 2
    OLD_INACTIVE = 3


class Status(str, Enum):
    """The status of a key, as AWS calls it."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


@dataclass(frozen=True)
class Rotation:
    """How far the rotation of a user's keys has come.

    Attributes:
        step: The steps that have been taken since the user was made.
    """

    step: int

    @property
    def phase(self) -> Phase:
        """Where in the present rotation the keys are."""
        return Phase(self.step % STEPS)

    @property
    def old(self) -> str:
        """The slot of the key that is being replaced, or the only one."""
        return SLOTS[self.step // STEPS % len(SLOTS)]

    @property
    def new(self) -> str:
        """The slot of the key that takes its place."""
        return SLOTS[(self.step // STEPS + 1) % len(SLOTS)]

    @property
    def handed_out(self) -> str:
        """The slot of the key that the outputs show."""
        return self.new if self.phase in (Phase.HANDED_OUT, Phase.OLD_INACTIVE) else self.old

    def statuses(self, *, suspended: bool) -> dict[str, Status]:
        """The status of each slot that has a key, the key that is handed out first."""
        slots = {self.old: Status.INACTIVE if self.phase is Phase.OLD_INACTIVE else Status.ACTIVE}
        if self.phase is not Phase.AT_REST:
            slots[self.new] = Status.ACTIVE
        ordered = {self.handed_out: slots[self.handed_out], **slots}
        return dict.fromkeys(ordered, Status.INACTIVE) if suspended else ordered

    @property
    def to_do(self) -> str:
        """What is left to do, as a sentence or two for the person who rotates."""
        on, back = self.step + 1, self.step - 1
        if self.phase is Phase.AT_REST:
            return f"Nothing. To replace the key, set keys.rotation to {on}."
        if self.phase is Phase.NEW:
            return (
                f"The {self.new} slot has a new key, which nobody uses yet. Set keys.rotation to {on} to hand it "
                f"out, or to {back} to delete it again."
            )
        if self.phase is Phase.HANDED_OUT:
            return (
                f"Both keys work, and the outputs show the new one, of the {self.new} slot. Bring it to every job. "
                "When the key of the other slot is not used any more (aws iam get-access-key-last-used), set "
                f"keys.rotation to {on} to make it inactive."
            )
        return (
            f"The old key, of the {self.old} slot, is inactive. If a job fails now, set keys.rotation to {back} to "
            f"make it active again, and bring that job the new key. If none does, set it to {on} to delete the old key."
        )

    def refusal_of(self, next_step: int) -> str | None:
        """Why the next deployment may not be at another step; None when it may."""
        after = f"keys.rotation: {next_step} does not come after {self.step}"
        if next_step in (self.step, self.step + 1):
            return None
        if next_step > self.step:
            skipped = f"would be skipped, and jobs that have only the key of the {self.handed_out} slot could fail"
            return f"{after}: {_steps(self.step + 1, next_step - 1)} {skipped}; set it to {self.step + 1} first"
        if self.phase is Phase.AT_REST:
            return (
                f"{after}: the key that was replaced is deleted, and comes back by no step; leave it at {self.step}, "
                f"or set it to {self.step + 1} to make a new key"
            )
        if next_step == self.step - 1:
            return None
        return f"{after}: going back is one step at a time; set it to {self.step - 1} first"


def step(value: object) -> int:
    """Checks a step of a rotation: a whole number of at least 0."""
    number = whole_number(value)
    if number < 0:
        raise Refusal("is not a step of a rotation", "use 0 for the first key, and add 1 for each step after it")
    return number


def _steps(first: int, last: int) -> str:
    return f"step {first}" if first == last else f"the steps {first} to {last}"
