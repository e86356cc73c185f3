"""One example of every form of trust, by the name of its golden document."""

from __future__ import annotations

from typing import Any

UUID_1 = "11111111-2222-3333-4444-555555555555"
UUID_2 = "66666666-7777-8888-9999-aaaaaaaaaaaa"
UUID_3 = "bbbbbbbb-cccc-dddd-eeee-ffffffffffff"
USER = "arn:aws:iam::111122223333:user/pipelines/site-pipeline"
FOREIGN_ROLE = "arn:aws:iam::444455556666:role/vendor"
GITHUB = {"owner": "acme", "repository": "site", "branches": ["main"]}
GITHUB_IDS = {"owner_id": "123456", "repository_id": "456789"}

FORMS: dict[str, dict[str, Any]] = {
    "user-by-arn": {"users": [USER]},
    "user-by-account": {"users": [USER], "principal_form": "account"},
    "role-by-arn": {"roles": ["arn:aws:iam::111122223333:role/build-server"]},
    "account-of-others": {"accounts": [{"account_id": "444455556666", "external_ids": ["acme-1", "acme-2"]}]},
    "account-of-ours": {"accounts": [{"account_id": "444455556666", "owned": True, "principals": [FOREIGN_ROLE]}]},
    "account-of-ours-by-account": {
        "accounts": [
            {
                "account_id": "444455556666",
                "external_ids": ["acme-1"],
                "principals": [FOREIGN_ROLE],
                "principal_form": "account",
            }
        ]
    },
    "organization": {"organizations": [{"organization_id": "o-a1b2c3d4e5"}]},
    "organization-unit": {
        "organizations": [
            {
                "organization_id": "o-a1b2c3d4e5",
                "paths": ["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"],
                "principal_arn_patterns": ["arn:aws:iam::*:role/pipelines/site"],
            }
        ]
    },
    "github-names": {"github": [GITHUB]},
    "github-ids": {"github": [{**GITHUB, **GITHUB_IDS}]},
    "github-both": {"github": [{**GITHUB, **GITHUB_IDS, "subject_form": "both"}]},
    "github-everything": {
        "github": [
            {
                "owner": "acme",
                "repository": "site",
                "branches": ["main"],
                "branch_patterns": ["release/*"],
                "tags": ["v1.0.0"],
                "tag_patterns": ["v2.*"],
                "environments": ["production eu"],
                "pull_requests": True,
                "issuer": "https://github.example.com/_services/token",
                "audience": "https://aws.example.com",
            }
        ]
    },
    "github-repositories": {"github": [{**GITHUB, "repository": name} for name in ("site", "shop", "docs")]},
    "github-patterns": {
        "github": [
            {
                "owner": "acme",
                "repository_patterns": ["service-?"],
                "owner_id": "123456",
                "subject_form": "both",
                "environment_patterns": ["preview-*"],
            }
        ]
    },
    "github-whole-owner": {"github": [{"owner": "acme", "every_repository": True, "branches": ["main"]}]},
    "gitlab-patterns": {"gitlab": [{"project_patterns": ["acme/platform/*"], "branches": ["main"]}]},
    "further-for-one-form": {
        "github": [{**GITHUB, "further": {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}}],
        "gitlab": [{"project_path": "acme/platform/site", "branches": ["main"]}],
    },
    "gitlab": {"gitlab": [{"project_path": "acme/platform/site", "branches": ["main"], "tag_patterns": ["v*"]}]},
    "gitlab-own-instance": {
        "gitlab": [{"project_path": "acme/site", "branches": ["main"], "issuer": "https://gitlab.example.com"}]
    },
    "bitbucket": {"bitbucket": [{"workspace": "acme", "workspace_uuid": UUID_1, "repository_uuid": f"{{{UUID_2}}}"}]},
    "bitbucket-environment": {
        "bitbucket": [
            {
                "workspace": "acme",
                "workspace_uuid": UUID_1,
                "repository_uuid": UUID_2,
                "environment_uuids": [UUID_3],
            }
        ]
    },
    "circleci": {"circleci": [{"organization_id": UUID_1, "project_id": UUID_2}]},
    "circleci-branch": {
        "circleci": [
            {
                "organization_id": UUID_1,
                "project_id": UUID_2,
                "vcs_origin": "github.com/acme/site",
                "branches": ["main"],
                "tags": ["v1"],
            }
        ]
    },
    "buildkite": {
        "buildkite": [{"organization": "acme-inc", "pipeline": "site", "branches": ["main"], "tags": ["v1"]}]
    },
    "hcp-terraform": {"hcp_terraform": [{"organization": "acme", "project": "Default Project", "workspace": "site"}]},
    "hcp-terraform-apply": {
        "hcp_terraform": [
            {"organization": "acme", "project": "web", "workspace": "site", "run_phases": ["apply"]},
        ]
    },
    "azure-devops": {
        "azure_devops": [
            {
                "organization_id": UUID_1,
                "organization": "acme",
                "project": "Web Shop",
                "service_connections": ["aws-site"],
                "pipelines": ["site"],
            }
        ]
    },
    "oidc": {
        "oidc": [
            {
                "issuer": "https://oidc.example.com/tenant",
                "audiences": ["sts.amazonaws.com"],
                "subjects": ["job:site"],
            }
        ]
    },
    "oidc-pattern": {
        "oidc": [
            {
                "issuer": "https://token.actions.githubusercontent.com",
                "audiences": ["sts.amazonaws.com", "other"],
                "subjects": ["repo:acme/site:environment:production"],
                "subject_patterns": ["repo:acme/site:ref:refs/heads/release/*"],
            }
        ]
    },
    "oidc-claims": {
        "oidc": [
            {
                "issuer": "https://gitlab.com",
                "audiences": ["sts.amazonaws.com"],
                "subject_patterns": ["project_path:acme/site:ref_type:branch:*"],
                "claims": {"project_id": ["4711"], "ref_protected": ["true"]},
            }
        ]
    },
    "oidc-slash-and-port": {
        "oidc": [
            {
                "issuer": "https://login.example.com:8443/tenant/",
                "audiences": ["sts.amazonaws.com"],
                "subjects": ["job:site"],
            }
        ]
    },
    "oidc-tags-and-roles": {
        "oidc": [
            {
                "issuer": "https://oidc.example.com/tenant",
                "audiences": ["sts.amazonaws.com"],
                "subjects": ["job:site"],
                "session_tags": {"team": ["web"], "run": []},
                "require_session_tags": True,
                "role_authorized_by_idp": True,
            }
        ]
    },
    "github-repository-id": {
        "github": [
            {
                "owner": "acme",
                "branches": ["main"],
                "claims": {"repository_id": ["456789"], "repository_owner_id": ["123456"]},
            }
        ]
    },
    "github-reusable-workflow": {
        "github": [
            {
                "owner": "acme",
                "every_repository": True,
                "claims": {"job_workflow_ref": ["acme/ci/.github/workflows/deploy.yml@refs/tags/v*"]},
            }
        ]
    },
    "github-environment-and-branch": {
        "github": [
            {
                "owner": "acme",
                "repository": "site",
                "environments": ["production"],
                "claims": {"ref": ["refs/heads/main"], "actor_id": ["42"], "workflow": ["deploy"]},
            }
        ]
    },
    "github-enterprise": {
        "github": [
            {
                "owner": "acme",
                "repository": "site",
                "issuer": "https://token.actions.githubusercontent.com/acme-corp",
                "claims": {"enterprise_id": ["77"], "environment": ["production", "preview-*"]},
            }
        ]
    },
    "github-ghe-com": {
        "github": [
            {
                "owner": "acme",
                "repository": "site",
                "branches": ["main"],
                "issuer": "https://token.actions.acme.ghe.com",
                "claims": {"repository": ["acme/site"], "actor": ["octocat"]},
            }
        ]
    },
    "gitlab-protected-refs": {
        "gitlab": [
            {
                "project_path": "acme/platform/site",
                "claims": {
                    "project_id": ["4711"],
                    "namespace_id": ["12"],
                    "ref_protected": True,
                    "pipeline_source": ["push", "web"],
                    "runner_environment": ["self-hosted"],
                },
            }
        ]
    },
    "buildkite-branch": {
        "buildkite": [{"organization": "acme-inc", "pipeline": "site", "claims": {"build_branch": ["release/*"]}}]
    },
    "buildkite-cluster": {
        "buildkite": [
            {
                "organization": "acme-inc",
                "branches": ["main"],
                "claims": {"organization_id": [UUID_1], "cluster_id": [UUID_2]},
                "session_tags": {"pipeline_slug": []},
            }
        ]
    },
    "circleci-project-id": {"circleci": [{"organization_id": UUID_1, "claims": {"project_id": [UUID_2, UUID_3]}}]},
    "google": {
        "google": [
            {
                "service_account_ids": ["108642097531864209753"],
                "claims": {"organization_number": ["123456789012"]},
            }
        ]
    },
    "saml": {"saml": [{"provider_name": "acme-idp", "subjects": ["build-server"]}]},
    "mfa": {"users": [USER], "conditions": {"require_mfa": True, "mfa_max_age": 3_600}},
    "mfa-is-not-asked-of-tokens": {"github": [GITHUB], "conditions": {"require_mfa": True}},
    "source-ip": {"users": [USER], "conditions": {"source_ips": ["203.0.113.0/24", "2001:db8::/32"]}},
    "vpc-endpoint": {"users": [USER], "conditions": {"vpc_endpoints": ["vpce-0123456789abcdef0"]}},
    "source-ip-or-vpc-endpoint": {
        "users": [USER],
        "conditions": {"source_ips": ["203.0.113.7"], "vpc_endpoints": ["vpce-0123456789abcdef0"]},
    },
    "vpc-endpoints-by-owner": {
        "users": [USER],
        "conditions": {
            "vpc_endpoints": ["vpce-0123456789abcdef0"],
            "vpc_endpoint_accounts": ["444455556666"],
            "vpc_endpoint_organizations": ["o-a1b2c3d4e5"],
            "vpc_arns": ["arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-0123456789abcdef0"],
        },
    },
    "further-conditions": {
        "users": [USER],
        "conditions": {"further": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}},
    },
    "session-tags": {"users": [USER], "conditions": {"session_tags": {"team": ["web", "shop-*"], "run": []}}},
    "session-tags-required": {
        "users": [USER],
        "conditions": {"session_tags": {"team": ["web"], "run": []}, "require_session_tags": True},
    },
    "source-identity": {"users": [USER], "conditions": {"source_identities": ["deployer"]}},
    "session-name": {"users": [USER], "conditions": {"session_name_patterns": ["site-*"]}},
    "several-ways-in": {
        "users": [USER],
        "accounts": [{"account_id": "444455556666", "external_ids": ["acme-1"]}],
        "github": [GITHUB, {**GITHUB, "repository": "shop"}],
        "conditions": {"session_name_patterns": ["site-*"], "source_identities": ["*@example.com"]},
    },
}
