"""The account model: who there is, what each holds, who trusts whom, and what of that is not known.

Sources (`iam_guardrails.sources`) say facts as parts; `join` makes one `AccountModel` of them. Everything in it is
immutable, has its `Location`, and says what is unknown of it (`Unknown`).

- `values`: `Identity` (user, role, group, permission set) with inline and managed policies, boundary, groups, trust,
  credentials; `ManagedPolicy`, `ResourcePolicy`, `Limit` (SCP, RCP, ...), `Runner` (what runs with a role),
  `Inventory` (of what the model has every object), `IdentityProvider`, `OpenGrant` (what everybody of the account
  gets), `Account`, `PolicyDocument`.
- `parts`: what sources emit. `join`: parts into a model.
- `account`: `AccountModel`, and what its structure answers: `at(arn)`, `members`, `holders`, `runners_with`.
- `questions`: what takes reading the policies: `names`, `trusted_by_name`, `resource_policies_naming`, `may_assume`,
  `policies_of` (for the evaluator), `own_parts`, `rewritable`.
- `managed`: AWS's managed policies by ARN, with their documents.

An attachment of an AWS managed policy has its document; a group, boundary or policy that no source declares is there as
one that is named and not known, so that nothing is proven of whoever has it.
"""

from iam_guardrails.language.documents import DocumentKind
from iam_guardrails.model.account import AccountModel
from iam_guardrails.model.join import join
from iam_guardrails.model.managed import edition, managed_policy
from iam_guardrails.model.values import (
    NOWHERE,
    Account,
    Attachment,
    Credential,
    CredentialKind,
    Holding,
    Identity,
    IdentityKind,
    IdentityProvider,
    Inventory,
    Limit,
    Location,
    ManagedPolicy,
    OpenGrant,
    PolicyDocument,
    ResourcePolicy,
    Runner,
    Unknown,
)

__all__ = [
    "NOWHERE",
    "Account",
    "AccountModel",
    "Attachment",
    "Credential",
    "CredentialKind",
    "DocumentKind",
    "Holding",
    "Identity",
    "IdentityKind",
    "IdentityProvider",
    "Inventory",
    "Limit",
    "Location",
    "ManagedPolicy",
    "OpenGrant",
    "PolicyDocument",
    "ResourcePolicy",
    "Runner",
    "Unknown",
    "edition",
    "join",
    "managed_policy",
]
