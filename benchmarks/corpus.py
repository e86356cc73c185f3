"""Realistic policy documents for measuring: usual deployments, each with its own names, so that no text comes twice."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

ACCOUNTS = ("111122223333", "444455556666")
ORGANIZATION = "o-a1b2c3d4e5"
GITHUB = "token.actions.githubusercontent.com"
OWNER = "acme"

_WORDS = [
    *("web", "api", "shop", "billing", "search", "media", "orders", "users"),
    *("mail", "reports", "docs", "images", "data", "events", "audit", "login"),
]


def _document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def _allow(actions: list[str], resources: object, sid: str = "", **more: object) -> dict[str, object]:
    return {**({"Sid": sid} if sid else {}), "Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _identity(name: str, account: str, region: str) -> Iterator[str]:
    bucket, table = f"arn:aws:s3:::{name}-site", f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    logs = f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{name}:*"
    function = f"arn:aws:lambda:{region}:{account}:function:{name}"
    yield _document(
        _allow(["s3:ListBucket", "s3:GetBucketLocation"], bucket, "List"),
        _allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"], f"{bucket}/*", "Write"),
        _allow(["cloudfront:CreateInvalidation"], f"arn:aws:cloudfront::{account}:distribution/E{name.upper()}"),
    )
    yield _document(
        _allow(["ecr:GetAuthorizationToken"], "*"),
        _allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:PutImage",
             "ecr:CompleteLayerUpload", "ecr:BatchGetImage"],
            f"arn:aws:ecr:{region}:{account}:repository/{name}",
        ),
    )  # fmt: skip
    yield _document(
        _allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"],
            [table, f"{table}/index/*"],
        ),
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs),
        _allow(["secretsmanager:GetSecretValue"], f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????"),
        {"Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "*"},
    )
    yield _document(
        _allow(["ecs:DescribeServices", "ecs:UpdateService"], f"arn:aws:ecs:{region}:{account}:service/{name}/{name}"),
        _allow(["ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition"], "*"),
        _allow(
            ["iam:PassRole"],
            [f"arn:aws:iam::{account}:role/{name}-task", f"arn:aws:iam::{account}:role/{name}-execution"],
            Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
    )
    yield _document(
        _allow(
            ["lambda:UpdateFunctionCode", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:GetFunction"], function
        ),
        _allow(
            ["s3:GetObject"], f"arn:aws:s3:::{name}-artifacts/*", Condition={"Bool": {"aws:SecureTransport": "true"}}
        ),
    )
    yield _document(
        _allow(["s3:ListBucket"], f"arn:aws:s3:::{name}-state", Condition={"StringLike": {"s3:prefix": [f"{name}/*"]}}),
        _allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{name}-state/{name}/terraform.tfstate"),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], f"arn:aws:kms:{region}:{account}:key/{name}"),
    )
    yield _document(_allow(["sts:AssumeRole"], f"arn:aws:iam::{account}:role/ci/{name}-deploy", "AssumeTheRole"))


def _trust(name: str, account: str, region: str) -> Iterator[str]:
    del region
    role = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    yield _document({**role, "Principal": {"AWS": f"arn:aws:iam::{account}:user/ci/{name}-deployer"}})
    yield _document(
        {
            **role,
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Condition": {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account}:user/ci/{name}"},
                          "StringEquals": {"sts:ExternalId": f"{name}-1f2e3d"}},
        }
    )  # fmt: skip
    yield _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com",
                                 f"{GITHUB}:sub": f"repo:{OWNER}/{name}:environment:production"}
            },
        }
    )  # fmt: skip
    yield _document(
        {
            **role,
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": account},
                          "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:eu-west-1:{account}:*"}},
        }
    )  # fmt: skip
    yield _document({**role, "Principal": {"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}})
    yield _document(
        {**role, "Sid": "Deployer", "Principal": {"AWS": [f"arn:aws:iam::{a}:role/{name}" for a in ACCOUNTS]}},
        {**role, "Action": ["sts:TagSession"], "Principal": {"AWS": f"arn:aws:iam::{account}:role/{name}"},
         "Condition": {"StringEquals": {"aws:RequestTag/team": name}}},
    )  # fmt: skip
    yield _document(
        {
            **role,
            "Principal": {"AWS": "*"},
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION},
                          "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{name}-*"}},
        }
    )  # fmt: skip


def documents(kind: str, count: int, seed: int = 1) -> list[str]:
    """`count` documents of a kind ("identity" or "trust"), every one different."""
    dice = random.Random(seed)  # noqa: S311  (not a secret)
    made: list[str] = []
    while len(made) < count:
        name = f"{dice.choice(_WORDS)}-{dice.choice(_WORDS)}-{dice.randrange(10**6)}"
        kinds = {"identity": _identity, "trust": _trust}
        made += kinds[kind](name, dice.choice(ACCOUNTS), dice.choice(("eu-west-1", "us-east-1", "eu-central-1")))
    return made[:count]


def long_document(kind: str, statements: int, seed: int = 1) -> str:
    """One document of a kind with that many statements, every one different."""
    found: list[dict[str, object]] = []
    for text in documents(kind, statements, seed):
        found += json.loads(text)["Statement"]
    return _document(*({**one, "Sid": f"Statement{number}"} for number, one in enumerate(found[:statements])))
