"""Resource types that make identities, give them something, or run with them: one table a family of names.

Types are squashed (`squash`): `iamrolepolicyattachment`. Property names are compared in the same way, so that one
spelling serves Terraform, Pulumi and CloudFormation alike. Sources: the resource reference of the Terraform AWS
provider and the AWS CloudFormation template reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from iam_guardrails.model.values import CredentialKind, IdentityKind

_ROLE, _USER, _GROUP, _SET = IdentityKind.ROLE, IdentityKind.USER, IdentityKind.GROUP, IdentityKind.PERMISSION_SET


class IdentityType(NamedTuple):
    """A type that makes an identity.

    Attributes:
        kind: which kind.
        name: property with the name.
    """

    kind: IdentityKind
    name: str


class CredentialType(NamedTuple):
    """A type that makes a credential of a user.

    Attributes:
        kind: which kind.
        what: what it is in words.
        user: property with the user.
    """

    kind: CredentialKind
    what: str
    user: str


class RunnerType(NamedTuple):
    """A type that runs code or commands with a role.

    Attributes:
        kind: what it is called in an inventory.
        role: property with the role.
        execution_role: property with the role that the service starts it with.
        profile: property with the instance profile.
        names: properties with the name.
    """

    kind: str
    role: str = ""
    execution_role: str = ""
    profile: str = ""
    names: tuple[str, ...] = ("name",)


@dataclass(frozen=True)
class Tables:
    """What a family's types are.

    Attributes:
        identities: types that make an identity.
        policies: types that make a managed policy, with the property of its name.
        holders: types whose documents and attachments belong to the identities that properties name; an ARN says itself
            what it names.
        memberships: types that put users (first property; "" for the resource itself) into groups (second property).
        credentials: types that make a credential.
        profiles: types that make an instance profile, with the property of its role.
        providers: types that make an identity provider, with its kind.
        runners: types that run with a role.
    """

    identities: Mapping[str, IdentityType]
    policies: Mapping[str, str]
    holders: Mapping[str, Mapping[str, IdentityKind]]
    memberships: Mapping[str, tuple[str, str]]
    credentials: Mapping[str, CredentialType]
    profiles: Mapping[str, str]
    providers: Mapping[str, str]
    runners: Mapping[str, RunnerType] = field(default_factory=dict[str, RunnerType])


_ALL = {"roles": _ROLE, "users": _USER, "groups": _GROUP}
_KEY = CredentialKind.ACCESS_KEY
_OTHER = CredentialKind.OTHER

_TERRAFORM = Tables(
    identities={
        "iamrole": IdentityType(_ROLE, "name"),
        "iamuser": IdentityType(_USER, "name"),
        "iamgroup": IdentityType(_GROUP, "name"),
        "ssoadminpermissionset": IdentityType(_SET, "name"),
    },
    policies={"iampolicy": "name"},
    holders={
        "iamrolepolicy": {"role": _ROLE},
        "iamuserpolicy": {"user": _USER},
        "iamgrouppolicy": {"group": _GROUP},
        "iamrolepolicyattachment": {"role": _ROLE},
        "iamuserpolicyattachment": {"user": _USER},
        "iamgrouppolicyattachment": {"group": _GROUP},
        "iampolicyattachment": _ALL,
        "iamrolepolicyattachmentsexclusive": {"roleName": _ROLE},
        "iamuserpolicyattachmentsexclusive": {"userName": _USER},
        "iamgrouppolicyattachmentsexclusive": {"groupName": _GROUP},
        "ssoadminpermissionsetinlinepolicy": {"permissionSetArn": _SET},
        "ssoadminmanagedpolicyattachment": {"permissionSetArn": _SET},
        "ssoadminmanagedpolicyattachmentsexclusive": {"permissionSetArn": _SET},
        "ssoadmincustomermanagedpolicyattachment": {"permissionSetArn": _SET},
        "ssoadmincustomermanagedpolicyattachmentsexclusive": {"permissionSetArn": _SET},
        "ssoadminpermissionsboundaryattachment": {"permissionSetArn": _SET},
        "eksaccesspolicyassociation": {"principalArn": _ROLE},
        "budgetsbudgetaction": {
            "definition.iamActionDefinition.roles": _ROLE,
            "definition.iamActionDefinition.users": _USER,
            "definition.iamActionDefinition.groups": _GROUP,
        },
    },
    memberships={
        "iamusergroupmembership": ("user", "groups"),
        "iamgroupmembership": ("users", "group"),
    },
    credentials={
        "iamaccesskey": CredentialType(_KEY, "an access key", "user"),
        "iamuserloginprofile": CredentialType(CredentialKind.PASSWORD, "a password", "user"),
        "iamservicespecificcredential": CredentialType(_OTHER, "a service-specific credential", "userName"),
        "iamsigningcertificate": CredentialType(_OTHER, "a signing certificate", "userName"),
        "iamusersshkey": CredentialType(_OTHER, "an SSH key", "username"),
        "iamsshkey": CredentialType(_OTHER, "an SSH key", "username"),
    },
    profiles={"iaminstanceprofile": "role"},
    providers={
        "iamopenidconnectprovider": "oidc",
        "iamsamlprovider": "saml",
        "cognitoidentitypool": "cognito",
    },
    runners={
        "lambdafunction": RunnerType("lambda:function", "role", names=("functionName", "name")),
        "ec2instance": RunnerType("ec2:instance", profile="iamInstanceProfile"),
        "instance": RunnerType("ec2:instance", profile="iamInstanceProfile"),
        "ec2launchtemplate": RunnerType("ec2:launch-template", profile="iamInstanceProfile.name"),
        "launchtemplate": RunnerType("ec2:launch-template", profile="iamInstanceProfile.name"),
        "ecstaskdefinition": RunnerType("ecs:task-definition", "taskRoleArn", "executionRoleArn", names=("family",)),
        "codebuildproject": RunnerType("codebuild:project", "serviceRole"),
        "codepipeline": RunnerType("codepipeline:pipeline", "roleArn"),
        "codepipelinepipeline": RunnerType("codepipeline:pipeline", "roleArn"),
        "cloudformationstack": RunnerType("cloudformation:stack", "iamRoleArn"),
        "cloudformationstackset": RunnerType("cloudformation:stackset", "administrationRoleArn"),
        "gluejob": RunnerType("glue:job", "roleArn"),
        "gluedevendpoint": RunnerType("glue:devendpoint", "roleArn"),
        "sagemakernotebookinstance": RunnerType("sagemaker:notebook-instance", "roleArn"),
        "apprunnerservice": RunnerType(
            "apprunner:service", "instanceConfiguration.instanceRoleArn", names=("serviceName",)
        ),
        "sfnstatemachine": RunnerType("states:state-machine", "roleArn"),
        "ekspodidentityassociation": RunnerType("eks:pod-identity", "roleArn", names=("serviceAccount",)),
        "eksnodegroup": RunnerType("eks:nodegroup", "nodeRoleArn", names=("nodeGroupName",)),
        "schedulerschedule": RunnerType("scheduler:schedule", "target.roleArn"),
        "pipespipe": RunnerType("pipes:pipe", "roleArn"),
        "cloudwatcheventtarget": RunnerType("events:target", "roleArn", names=("targetId",)),
        "transferuser": RunnerType("transfer:user", "role", names=("userName",)),
        "batchjobdefinition": RunnerType(
            "batch:job-definition", "containerProperties.jobRoleArn", "containerProperties.executionRoleArn"
        ),
        "batchcomputeenvironment": RunnerType("batch:compute-environment", profile="computeResources.instanceRole"),
        "ec2launchconfiguration": RunnerType("ec2:launch-configuration", profile="iamInstanceProfile"),
        "launchconfiguration": RunnerType("ec2:launch-configuration", profile="iamInstanceProfile"),
        "ec2spotinstancerequest": RunnerType("ec2:spot-request", profile="iamInstanceProfile"),
        "spotinstancerequest": RunnerType("ec2:spot-request", profile="iamInstanceProfile"),
        "imagebuilderinfrastructureconfiguration": RunnerType("imagebuilder:builder", profile="instanceProfileName"),
        "sagemakermodel": RunnerType("sagemaker:model", "executionRoleArn"),
        "sagemakerdomain": RunnerType("sagemaker:domain", "defaultUserSettings.executionRole", names=("domainName",)),
        "gluecrawler": RunnerType("glue:crawler", "role"),
        "codedeploydeploymentgroup": RunnerType(
            "codedeploy:deployment-group", "serviceRoleArn", names=("deploymentGroupName",)
        ),
        "eksfargateprofile": RunnerType("eks:fargate-profile", "podExecutionRoleArn", names=("fargateProfileName",)),
        "ssmmaintenancewindowtask": RunnerType("ssm:maintenance-window-task", "serviceRoleArn"),
        "amplifyapp": RunnerType("amplify:app", "iamServiceRoleArn"),
        "ssmassociation": RunnerType("ssm:association"),
        "emrcluster": RunnerType("emr:cluster", profile="ec2Attributes.instanceProfile"),
        "bedrockagentcoreagentruntime": RunnerType("bedrock-agentcore:runtime", "roleArn"),
        "bedrockagentcorecodeinterpreter": RunnerType("bedrock-agentcore:code-interpreter", "executionRoleArn"),
    },
)

_CLOUDFORMATION = Tables(
    identities={
        "iamrole": IdentityType(_ROLE, "roleName"),
        "iamuser": IdentityType(_USER, "userName"),
        "iamgroup": IdentityType(_GROUP, "groupName"),
        "ssopermissionset": IdentityType(_SET, "name"),
    },
    policies={"iammanagedpolicy": "managedPolicyName"},
    holders={
        "iampolicy": _ALL,
        "iammanagedpolicy": _ALL,
        "iamrolepolicy": {"roleName": _ROLE},
        "iamuserpolicy": {"userName": _USER},
        "iamgrouppolicy": {"groupName": _GROUP},
        "eksaccessentry": {"principalArn": _ROLE},
        "budgetsbudgetsaction": {
            "definition.iamActionDefinition.roles": _ROLE,
            "definition.iamActionDefinition.users": _USER,
            "definition.iamActionDefinition.groups": _GROUP,
        },
    },
    memberships={
        "iamuser": ("", "groups"),
        "iamusertogroupaddition": ("users", "groupName"),
    },
    credentials={
        "iamaccesskey": CredentialType(_KEY, "an access key", "userName"),
        "iamservicespecificcredential": CredentialType(_OTHER, "a service-specific credential", "userName"),
    },
    profiles={"iaminstanceprofile": "roles"},
    providers={
        "iamoidcprovider": "oidc",
        "iamsamlprovider": "saml",
        "cognitoidentitypool": "cognito",
    },
    runners={
        "lambdafunction": RunnerType("lambda:function", "role", names=("functionName",)),
        "ec2instance": RunnerType("ec2:instance", profile="iamInstanceProfile"),
        "ec2launchtemplate": RunnerType(
            "ec2:launch-template",
            profile="launchTemplateData.iamInstanceProfile.name",
            names=("launchTemplateName",),
        ),
        "ecstaskdefinition": RunnerType("ecs:task-definition", "taskRoleArn", "executionRoleArn", names=("family",)),
        "codebuildproject": RunnerType("codebuild:project", "serviceRole"),
        "codepipelinepipeline": RunnerType("codepipeline:pipeline", "roleArn"),
        "cloudformationstackset": RunnerType("cloudformation:stackset", "administrationRoleArn"),
        "gluejob": RunnerType("glue:job", "role"),
        "gluedevendpoint": RunnerType("glue:devendpoint", "roleArn"),
        "sagemakernotebookinstance": RunnerType("sagemaker:notebook-instance", "roleArn"),
        "apprunnerservice": RunnerType(
            "apprunner:service", "instanceConfiguration.instanceRoleArn", names=("serviceName",)
        ),
        "stepfunctionsstatemachine": RunnerType("states:state-machine", "roleArn", names=("stateMachineName",)),
        "ekspodidentityassociation": RunnerType("eks:pod-identity", "roleArn", names=("serviceAccount",)),
        "eksnodegroup": RunnerType("eks:nodegroup", "nodeRole", names=("nodegroupName",)),
        "schedulerschedule": RunnerType("scheduler:schedule", "target.roleArn"),
        "pipespipe": RunnerType("pipes:pipe", "roleArn"),
        "eventsrule": RunnerType("events:rule", "targets.roleArn"),
        "transferuser": RunnerType("transfer:user", "role", names=("userName",)),
        "batchjobdefinition": RunnerType(
            "batch:job-definition",
            "containerProperties.jobRoleArn",
            "containerProperties.executionRoleArn",
            names=("jobDefinitionName",),
        ),
        "batchcomputeenvironment": RunnerType("batch:compute-environment", profile="computeResources.instanceRole"),
        "autoscalinglaunchconfiguration": RunnerType("ec2:launch-configuration", profile="iamInstanceProfile"),
        "imagebuilderinfrastructureconfiguration": RunnerType("imagebuilder:builder", profile="instanceProfileName"),
        "sagemakermodel": RunnerType("sagemaker:model", "executionRoleArn", names=("modelName",)),
        "sagemakerdomain": RunnerType("sagemaker:domain", "defaultUserSettings.executionRole", names=("domainName",)),
        "gluecrawler": RunnerType("glue:crawler", "role"),
        "codedeploydeploymentgroup": RunnerType(
            "codedeploy:deployment-group", "serviceRoleArn", names=("deploymentGroupName",)
        ),
        "eksfargateprofile": RunnerType("eks:fargate-profile", "podExecutionRoleArn", names=("fargateProfileName",)),
        "ssmmaintenancewindowtask": RunnerType("ssm:maintenance-window-task", "serviceRoleArn"),
        "amplifyapp": RunnerType("amplify:app", "iamServiceRole"),
        "bedrockagentcoreruntime": RunnerType("bedrock-agentcore:runtime", "roleArn"),
        "bedrockagentcorecodeinterpretercustom": RunnerType("bedrock-agentcore:code-interpreter", "executionRoleArn"),
    },
)

TABLES: Mapping[str, Tables] = {"terraform": _TERRAFORM, "cloudformation": _CLOUDFORMATION}
"""The tables by the family of names."""
