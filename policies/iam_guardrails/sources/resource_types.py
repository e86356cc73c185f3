"""Where a policy document, an attachment or a boundary stands: one table of resource types, properties and kinds.

Types of the `aws` provider are written without `aws:`; where a type was renamed between versions 6 and 7, both names
are here. Types of `aws-native` follow the names of the AWS CloudFormation template reference (resource and property
types), with a small first letter; every property there of type JSON, and every text with "policy", "statement" or
"document" in its name, has been looked at (the resource specification in npm `@aws-cdk/aws-service-spec` 0.1.216).

A path names a property; `[]` goes into each item of a list, `.` into an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from iam_guardrails.language.documents import DocumentKind

if TYPE_CHECKING:
    from iam_guardrails.pack.values import Value


class Kind(Enum):
    """What stands in a property."""

    IDENTITY = "identity policy"
    TRUST = "trust policy"
    RESOURCE = "resource policy"
    ATTACHED = "attached managed policy"
    BOUNDARY = "permissions boundary"


_IDENTITY, _TRUST, _RESOURCE, _ATTACHED, _BOUNDARY = Kind

_AWS: Mapping[str, Mapping[str, Kind]] = {
    # Identities and their documents.
    "iam/role:Role": {
        "assumeRolePolicy": _TRUST,
        "inlinePolicies[].policy": _IDENTITY,
        "managedPolicyArns[]": _ATTACHED,
        "permissionsBoundary": _BOUNDARY,
    },
    "iam/user:User": {"permissionsBoundary": _BOUNDARY},
    "iam/policy:Policy": {"policy": _IDENTITY},
    "iam/rolePolicy:RolePolicy": {"policy": _IDENTITY},
    "iam/userPolicy:UserPolicy": {"policy": _IDENTITY},
    "iam/groupPolicy:GroupPolicy": {"policy": _IDENTITY},
    "iam/rolePolicyAttachment:RolePolicyAttachment": {"policyArn": _ATTACHED},
    "iam/userPolicyAttachment:UserPolicyAttachment": {"policyArn": _ATTACHED},
    "iam/groupPolicyAttachment:GroupPolicyAttachment": {"policyArn": _ATTACHED},
    "iam/policyAttachment:PolicyAttachment": {"policyArn": _ATTACHED},
    "iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {"policyArns[]": _ATTACHED},
    "iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": {"policyArns[]": _ATTACHED},
    "iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": {"policyArns[]": _ATTACHED},
    "ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": {"inlinePolicy": _IDENTITY},
    "ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": {"managedPolicyArn": _ATTACHED},
    "ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": {"managedPolicyArns[]": _ATTACHED},
    "ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": {
        "customerManagedPolicyReference": _ATTACHED
    },
    "ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": {
        "customerManagedPolicyReferences[]": _ATTACHED
    },
    "ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": {
        "permissionsBoundary.managedPolicyArn": _BOUNDARY,
        "permissionsBoundary.customerManagedPolicyReference": _BOUNDARY,
    },
    "eks/accessPolicyAssociation:AccessPolicyAssociation": {"policyArn": _ATTACHED},
    "quicksight/iamPolicyAssignment:IamPolicyAssignment": {"policyArn": _ATTACHED},
    "budgets/budgetAction:BudgetAction": {"definition.iamActionDefinition.policyArn": _ATTACHED},
    # Resource policies.
    "acmpca/policy:Policy": {"policy": _RESOURCE},
    "amp/resourcePolicy:ResourcePolicy": {"policyDocument": _RESOURCE},
    "apigateway/domainName:DomainName": {"policy": _RESOURCE},
    "apigateway/restApi:RestApi": {"policy": _RESOURCE},
    "apigateway/restApiPolicy:RestApiPolicy": {"policy": _RESOURCE},
    "backup/vaultPolicy:VaultPolicy": {"policy": _RESOURCE},
    "bedrock/agentcoreResourcePolicy:AgentcoreResourcePolicy": {"policy": _RESOURCE},
    "cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy": {"accessPolicy": _RESOURCE},
    "cloudwatch/eventBusPolicy:EventBusPolicy": {"policy": _RESOURCE},
    "cloudwatch/logDeliveryDestinationPolicy:LogDeliveryDestinationPolicy": {"deliveryDestinationPolicy": _RESOURCE},
    "cloudwatch/logDestinationPolicy:LogDestinationPolicy": {"accessPolicy": _RESOURCE},
    "cloudwatch/logResourcePolicy:LogResourcePolicy": {"policyDocument": _RESOURCE},
    "codeartifact/domainPermissions:DomainPermissions": {"policyDocument": _RESOURCE},
    "codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy": {"policyDocument": _RESOURCE},
    "codebuild/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "dsql/clusterPolicy:ClusterPolicy": {"policy": _RESOURCE},
    "dynamodb/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "ecr/registryPolicy:RegistryPolicy": {"policy": _RESOURCE},
    "ecr/repositoryCreationTemplate:RepositoryCreationTemplate": {"repositoryPolicy": _RESOURCE},
    "ecr/repositoryPolicy:RepositoryPolicy": {"policy": _RESOURCE},
    "ecrpublic/repositoryPolicy:RepositoryPolicy": {"policy": _RESOURCE},
    "efs/fileSystemPolicy:FileSystemPolicy": {"policy": _RESOURCE},
    "fsx/s3AccessPointAttachment:S3AccessPointAttachment": {"s3AccessPoint.policy": _RESOURCE},
    "elasticsearch/domain:Domain": {"accessPolicies": _RESOURCE},
    "elasticsearch/domainPolicy:DomainPolicy": {"accessPolicies": _RESOURCE},
    "glacier/vault:Vault": {"accessPolicy": _RESOURCE},
    "glacier/vaultLock:VaultLock": {"policy": _RESOURCE},
    "glue/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "kinesis/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "kms/externalKey:ExternalKey": {"policy": _RESOURCE},
    "kms/key:Key": {"policy": _RESOURCE},
    "kms/keyPolicy:KeyPolicy": {"policy": _RESOURCE},
    "kms/replicaExternalKey:ReplicaExternalKey": {"policy": _RESOURCE},
    "kms/replicaKey:ReplicaKey": {"policy": _RESOURCE},
    "lambda/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "mediastore/containerPolicy:ContainerPolicy": {"policy": _RESOURCE},
    "msk/clusterPolicy:ClusterPolicy": {"policy": _RESOURCE},
    "networkfirewall/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "oam/sinkPolicy:SinkPolicy": {"policy": _RESOURCE},
    "opensearch/domain:Domain": {"accessPolicies": _RESOURCE},
    "opensearch/domainPolicy:DomainPolicy": {"accessPolicies": _RESOURCE},
    "opensearchingest/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "organizations/resourcePolicy:ResourcePolicy": {"content": _RESOURCE},
    "pinpoint/smsvoicev2ResourcePolicy:Smsvoicev2ResourcePolicy": {"policy": _RESOURCE},
    "redshift/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "redshiftserverless/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "s3/accessPoint:AccessPoint": {"policy": _RESOURCE},
    "s3/bucket:Bucket": {"policy": _RESOURCE},
    "s3/bucketV2:BucketV2": {"policy": _RESOURCE},
    "s3/bucketPolicy:BucketPolicy": {"policy": _RESOURCE},
    "s3/filesFileSystemPolicy:FilesFileSystemPolicy": {"policy": _RESOURCE},
    "s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": {"policy": _RESOURCE},
    "s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy": {"policy": _RESOURCE},
    "s3control/accessPointPolicy:AccessPointPolicy": {"policy": _RESOURCE},
    "s3control/bucketPolicy:BucketPolicy": {"policy": _RESOURCE},
    "s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": {"details.policy": _RESOURCE},
    "s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": {"policy": _RESOURCE},
    "s3tables/tableBucketPolicy:TableBucketPolicy": {"resourcePolicy": _RESOURCE},
    "s3tables/tablePolicy:TablePolicy": {"resourcePolicy": _RESOURCE},
    "sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": {"resourcePolicy": _RESOURCE},
    "schemas/registryPolicy:RegistryPolicy": {"policy": _RESOURCE},
    "secretsmanager/secret:Secret": {"policy": _RESOURCE},
    "secretsmanager/secretPolicy:SecretPolicy": {"policy": _RESOURCE},
    "ses/identityPolicy:IdentityPolicy": {"policy": _RESOURCE},
    "sesv2/emailIdentityPolicy:EmailIdentityPolicy": {"policy": _RESOURCE},
    "sns/topic:Topic": {"policy": _RESOURCE},
    "sns/topicPolicy:TopicPolicy": {"policy": _RESOURCE},
    "sqs/queue:Queue": {"policy": _RESOURCE},
    "sqs/queuePolicy:QueuePolicy": {"policy": _RESOURCE},
    "vpclattice/authPolicy:AuthPolicy": {"policy": _RESOURCE},
    "vpclattice/resourcePolicy:ResourcePolicy": {"policy": _RESOURCE},
    "xray/resourcePolicy:ResourcePolicy": {"policyDocument": _RESOURCE},
    # Sessions that Roles Anywhere hands out.
    "rolesanywhere/profile:Profile": {"managedPolicyArns[]": _ATTACHED},
}

_AWS_NATIVE: Mapping[str, Mapping[str, Kind]] = {
    "iam:Role": {
        "assumeRolePolicyDocument": _TRUST,
        "policies[].policyDocument": _IDENTITY,
        "managedPolicyArns[]": _ATTACHED,
        "permissionsBoundary": _BOUNDARY,
    },
    "iam:User": {
        "policies[].policyDocument": _IDENTITY,
        "managedPolicyArns[]": _ATTACHED,
        "permissionsBoundary": _BOUNDARY,
    },
    "iam:Group": {"policies[].policyDocument": _IDENTITY, "managedPolicyArns[]": _ATTACHED},
    "iam:Policy": {"policyDocument": _IDENTITY},
    "iam:ManagedPolicy": {"policyDocument": _IDENTITY},
    "iam:RolePolicy": {"policyDocument": _IDENTITY},
    "iam:UserPolicy": {"policyDocument": _IDENTITY},
    "iam:GroupPolicy": {"policyDocument": _IDENTITY},
    "sso:PermissionSet": {
        "inlinePolicy": _IDENTITY,
        "managedPolicies[]": _ATTACHED,
        "customerManagedPolicyReferences[]": _ATTACHED,
        "permissionsBoundary.managedPolicyArn": _BOUNDARY,
        "permissionsBoundary.customerManagedPolicyReference": _BOUNDARY,
    },
    "rolesanywhere:Profile": {"managedPolicyArns[]": _ATTACHED},
    "eks:AccessEntry": {"accessPolicies[].policyArn": _ATTACHED},
    "budgets:BudgetsAction": {"definition.iamActionDefinition.policyArn": _ATTACHED},
    "aiops:InvestigationGroup": {"investigationGroupPolicy": _RESOURCE},
    "apigateway:DomainNameV2": {"policy": _RESOURCE},
    "apigateway:RestApi": {"policy": _RESOURCE},
    "aps:ResourcePolicy": {"policyDocument": _RESOURCE},
    "backup:BackupVault": {"accessPolicy": _RESOURCE},
    "backup:LogicallyAirGappedBackupVault": {"accessPolicy": _RESOURCE},
    "bedrock:KnowledgeBasePolicy": {"policyDocument": _RESOURCE},
    "bedrock:ResourcePolicy": {"policyDocument": _RESOURCE},
    "bedrockagentcore:ResourcePolicy": {"policy": _RESOURCE},
    "cloudtrail:ResourcePolicy": {"resourcePolicy": _RESOURCE},
    "codeartifact:Domain": {"permissionsPolicyDocument": _RESOURCE},
    "codeartifact:Repository": {"permissionsPolicyDocument": _RESOURCE},
    "comprehend:DocumentClassifier": {"modelPolicy": _RESOURCE},
    "comprehend:EntityRecognizer": {"modelPolicy": _RESOURCE},
    "dsql:Cluster": {"policyDocument": _RESOURCE},
    "dynamodb:GlobalTable": {
        "replicas[].resourcePolicy.policyDocument": _RESOURCE,
        "replicas[].replicaStreamSpecification.resourcePolicy.policyDocument": _RESOURCE,
    },
    "dynamodb:Table": {
        "resourcePolicy.policyDocument": _RESOURCE,
        "streamSpecification.resourcePolicy.policyDocument": _RESOURCE,
    },
    "ecr:PublicRepository": {"repositoryPolicyText": _RESOURCE},
    "ecr:RegistryPolicy": {"policyText": _RESOURCE},
    "ecr:Repository": {"repositoryPolicyText": _RESOURCE},
    "ecr:RepositoryCreationTemplate": {"repositoryPolicy": _RESOURCE},
    "efs:FileSystem": {"fileSystemPolicy": _RESOURCE},
    "elasticsearch:Domain": {"accessPolicies": _RESOURCE},
    "events:EventBus": {"policy": _RESOURCE},
    "eventschemas:RegistryPolicy": {"policy": _RESOURCE},
    "eventsv2:ResourcePolicy": {"policyDocument": _RESOURCE},
    "fsx:S3AccessPointAttachment": {"s3AccessPoint.policy": _RESOURCE},
    "kinesis:ResourcePolicy": {"resourcePolicy": _RESOURCE},
    "kms:Key": {"keyPolicy": _RESOURCE},
    "kms:ReplicaKey": {"keyPolicy": _RESOURCE},
    "lambda:ResourcePolicy": {"policyDocument": _RESOURCE},
    "lex:ResourcePolicy": {"policy": _RESOURCE},
    "logs:DeliveryDestination": {"deliveryDestinationPolicy.deliveryDestinationPolicy": _RESOURCE},
    "logs:Destination": {"destinationPolicy": _RESOURCE},
    "logs:LogGroup": {"resourcePolicyDocument": _RESOURCE},
    "logs:ResourcePolicy": {"policyDocument": _RESOURCE},
    "mediapackagev2:ChannelPolicy": {"policy": _RESOURCE},
    "mediapackagev2:OriginEndpointPolicy": {"policy": _RESOURCE},
    "mediastore:Container": {"policy": _RESOURCE},
    "mediatailor:ChannelPolicy": {"policy": _RESOURCE},
    "msk:ClusterPolicy": {"policy": _RESOURCE},
    "oam:Sink": {"policy": _RESOURCE},
    "omics:SequenceStore": {"s3AccessPolicy": _RESOURCE},
    "opensearchservice:Domain": {"accessPolicies": _RESOURCE},
    "organizations:ResourcePolicy": {"content": _RESOURCE},
    "osis:Pipeline": {"resourcePolicy.policy": _RESOURCE},
    "paymentcryptography:Key": {"policy": _RESOURCE},
    "redshift:Cluster": {"namespaceResourcePolicy": _RESOURCE},
    "redshiftserverless:Namespace": {"namespaceResourcePolicy": _RESOURCE},
    "rum:AppMonitor": {"resourcePolicy.policyDocument": _RESOURCE},
    "s3:AccessPoint": {"policy": _RESOURCE},
    "s3:BucketPolicy": {"policyDocument": _RESOURCE},
    "s3:MultiRegionAccessPointPolicy": {"policy": _RESOURCE},
    "s3express:AccessPoint": {"policy": _RESOURCE},
    "s3express:BucketPolicy": {"policyDocument": _RESOURCE},
    "s3files:FileSystemPolicy": {"policy": _RESOURCE},
    "s3objectlambda:AccessPointPolicy": {"policyDocument": _RESOURCE},
    "s3outposts:AccessPoint": {"policy": _RESOURCE},
    "s3outposts:BucketPolicy": {"policyDocument": _RESOURCE},
    "s3tables:TableBucketPolicy": {"resourcePolicy": _RESOURCE},
    "s3tables:TablePolicy": {"resourcePolicy": _RESOURCE},
    "s3vectors:VectorBucketPolicy": {"policy": _RESOURCE},
    "sagemaker:ModelPackageGroup": {"modelPackageGroupPolicy": _RESOURCE},
    "secretsmanager:ResourcePolicy": {"resourcePolicy": _RESOURCE},
    "smsvoice:ResourcePolicy": {"policyDocument": _RESOURCE},
    "sns:TopicInlinePolicy": {"policyDocument": _RESOURCE},
    "sns:TopicPolicy": {"policyDocument": _RESOURCE},
    "sqs:QueueInlinePolicy": {"policyDocument": _RESOURCE},
    "sqs:QueuePolicy": {"policyDocument": _RESOURCE},
    "ssm:ResourcePolicy": {"policy": _RESOURCE},
    "vpclattice:AuthPolicy": {"policy": _RESOURCE},
    "vpclattice:ResourcePolicy": {"policy": _RESOURCE},
    "xray:ResourcePolicy": {"policyDocument": _RESOURCE},
}

PACKAGES = ("aws:", "aws-native:", "awscc:")
"""What the types of the providers that the table is about begin with."""

PLACES: Mapping[str, Mapping[str, Kind]] = {
    **{f"aws:{name}": places for name, places in _AWS.items()},
    **{f"aws-native:{name}": places for name, places in _AWS_NATIVE.items()},
}
"""Resource type -> property path -> kind."""


_LIMITS = "limits what others grant, and grants nothing itself"
_OTHER = "another language: no statements of IAM"
_CONTENT = "content of another kind"
NOT_JUDGED: Mapping[tuple[str, str], str] = {
    ("aws:cloudformation/stack:Stack", "policyBody"): _LIMITS,
    ("aws:ec2/vpcEndpoint:VpcEndpoint", "policy"): _LIMITS,
    ("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", "policy"): _LIMITS,
    ("aws:eks/podIdentityAssociation:PodIdentityAssociation", "policy"): _LIMITS,
    ("aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration", "guardrailPolicyArns"): _LIMITS,
    ("aws:chatbot/teamsChannelConfiguration:TeamsChannelConfiguration", "guardrailPolicyArns"): _LIMITS,
    ("aws:emr/studioSessionMapping:StudioSessionMapping", "sessionPolicyArn"): _LIMITS,
    ("aws:odb/network:Network", "kmsPolicyDocument"): _LIMITS,
    ("aws:odb/network:Network", "s3PolicyDocument"): _LIMITS,
    ("aws:odb/network:Network", "stsPolicyDocument"): _LIMITS,
    ("aws:organizations/policy:Policy", "content"): _LIMITS,
    ("aws:rolesanywhere/profile:Profile", "sessionPolicy"): _LIMITS,
    ("aws:transfer/access:Access", "policy"): _LIMITS,
    ("aws:transfer/user:User", "policy"): _LIMITS,
    (
        "aws:ram/permission:Permission",
        "policyTemplate",
    ): "a template without a principal, filled in by a resource share",
    ("aws:cfg/organizationCustomPolicyRule:OrganizationCustomPolicyRule", "policyText"): _OTHER,
    ("aws:cloudwatch/logAccountPolicy:LogAccountPolicy", "policyDocument"): _OTHER,
    ("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy", "policyDocument"): _OTHER,
    ("aws:cloudwatch/logIndexPolicy:LogIndexPolicy", "policyDocument"): _OTHER,
    ("aws:ecr/lifecyclePolicy:LifecyclePolicy", "policy"): _OTHER,
    ("aws:iot/policy:Policy", "policy"): "grants to devices by certificate, which are no identities of IAM",
    ("aws:iot/policyAttachment:PolicyAttachment", "policy"): "names a policy of AWS IoT",
    ("aws:networkmanager/coreNetwork:CoreNetwork", "basePolicyDocument"): _OTHER,
    ("aws:networkmanager/coreNetworkPolicyAttachment:CoreNetworkPolicyAttachment", "policyDocument"): _OTHER,
    ("aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy", "policy"): _OTHER,
    ("aws:opensearch/serverlessLifecyclePolicy:ServerlessLifecyclePolicy", "policy"): _OTHER,
    ("aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy", "policy"): _OTHER,
    ("aws:resiliencehub/v2Service:V2Service", "policyArn"): "names a policy of AWS Resilience Hub",
    ("aws:resiliencehub/v2UserJourney:V2UserJourney", "policyArn"): "names a policy of AWS Resilience Hub",
    ("aws:route53/trafficPolicy:TrafficPolicy", "document"): _OTHER,
    ("aws:ses/receiptFilter:ReceiptFilter", "policy"): "one word: Allow or Block",
    ("aws:sns/dataProtectionPolicy:DataProtectionPolicy", "policy"): _OTHER,
    ("aws:verifiedaccess/endpoint:Endpoint", "policyDocument"): _OTHER,
    ("aws:verifiedaccess/group:Group", "policyDocument"): _OTHER,
    ("aws:appconfig/hostedConfigurationVersion:HostedConfigurationVersion", "content"): _CONTENT,
    ("aws:codecommit/approvalRuleTemplate:ApprovalRuleTemplate", "content"): _CONTENT,
    ("aws:connect/contactFlow:ContactFlow", "content"): _CONTENT,
    ("aws:connect/contactFlowModule:ContactFlowModule", "content"): _CONTENT,
    ("aws:connect/vocabulary:Vocabulary", "content"): _CONTENT,
    ("aws:s3/bucketObject:BucketObject", "content"): _CONTENT,
    ("aws:s3/bucketObjectv2:BucketObjectv2", "content"): _CONTENT,
    ("aws:sagemaker/modelCard:ModelCard", "content"): _CONTENT,
    ("aws:schemas/schema:Schema", "content"): _CONTENT,
    ("aws:ssm/document:Document", "content"): _CONTENT,
    ("aws-native:cloudformation:Stack", "stackPolicyBody"): _LIMITS,
    ("aws-native:ec2:VpcEndpoint", "policyDocument"): _LIMITS,
    ("aws-native:eks:PodIdentityAssociation", "policy"): _LIMITS,
    ("aws-native:iot:Policy", "policyDocument"): "grants to devices by certificate, which are no identities of IAM",
    ("aws-native:chatbot:MicrosoftTeamsChannelConfiguration", "guardrailPolicies"): _LIMITS,
    ("aws-native:chatbot:SlackChannelConfiguration", "guardrailPolicies"): _LIMITS,
    ("aws-native:ec2:VerifiedAccessEndpoint", "policyDocument"): _OTHER,
    ("aws-native:ec2:VerifiedAccessGroup", "policyDocument"): _OTHER,
    ("aws-native:networkmanager:CoreNetwork", "policyDocument"): _OTHER,
    ("aws-native:odb:OdbNetwork", "kmsPolicyDocument"): _LIMITS,
    ("aws-native:odb:OdbNetwork", "s3PolicyDocument"): _LIMITS,
    ("aws-native:odb:OdbNetwork", "stsPolicyDocument"): _LIMITS,
    ("aws-native:opensearchserverless:AccessPolicy", "policy"): _OTHER,
    ("aws-native:opensearchserverless:LifecyclePolicy", "policy"): _OTHER,
    ("aws-native:opensearchserverless:SecurityPolicy", "policy"): _OTHER,
    ("aws-native:logs:AccountPolicy", "policyDocument"): _OTHER,
    ("aws-native:logs:LogGroup", "dataProtectionPolicy"): _OTHER,
    ("aws-native:organizations:Policy", "content"): _LIMITS,
    ("aws-native:ram:Permission", "policyTemplate"): "a template without a principal, filled in by a resource share",
    ("aws-native:rolesanywhere:Profile", "sessionPolicy"): _LIMITS,
    ("aws-native:sns:Topic", "dataProtectionPolicy"): _OTHER,
    ("aws-native:transfer:User", "policy"): _LIMITS,
}
"""Properties that look like a policy and are left alone, with the reason."""


LIMITS: Mapping[str, Mapping[str, Mapping[str, DocumentKind]]] = {
    "terraform": {
        "ec2vpcendpoint": {"policy": DocumentKind.ENDPOINT},
        "vpcendpoint": {"policy": DocumentKind.ENDPOINT},
        "ec2vpcendpointpolicy": {"policy": DocumentKind.ENDPOINT},
        "vpcendpointpolicy": {"policy": DocumentKind.ENDPOINT},
        "ekspodidentityassociation": {"policy": DocumentKind.SESSION},
        "organizationspolicy": {"content": DocumentKind.SCP},
        "rolesanywhereprofile": {"sessionPolicy": DocumentKind.SESSION},
        "transferaccess": {"policy": DocumentKind.SESSION},
        "transferuser": {"policy": DocumentKind.SESSION},
    },
    "cloudformation": {
        "ec2vpcendpoint": {"policyDocument": DocumentKind.ENDPOINT},
        "ekspodidentityassociation": {"policy": DocumentKind.SESSION},
        "organizationspolicy": {"content": DocumentKind.SCP},
        "rolesanywhereprofile": {"sessionPolicy": DocumentKind.SESSION},
        "transferuser": {"policy": DocumentKind.SESSION},
    },
}
"""Family of names -> squashed type -> property path -> kind: the documents that only limit."""


@dataclass(frozen=True)
class Found:
    """A document, an attachment or a boundary in a resource's properties."""

    kind: Kind
    place: str
    """The property it stands in, with the number of the list item: `inlinePolicies[0].policy`."""
    value: Value


def documents_in(resource_type: str, properties: Mapping[str, Value]) -> Iterator[Found]:
    """Everything the table knows of in a resource's properties.

    A list that cannot be read is found as itself, so that it is reported rather than taken for an empty one.
    """
    for path, kind in PLACES.get(resource_type, {}).items():
        for place, value in _at(properties, path.split("."), ""):
            yield Found(kind, place, value)


def _at(value: Value, path: Sequence[str], place: str) -> Iterator[tuple[str, Value]]:
    if not path or isinstance(value, str) or not isinstance(value, (dict, Mapping)):
        if value is not None and value != "":
            yield place, value
        return
    step, rest = path[0], path[1:]
    name = step.removesuffix("[]")
    inside = value.get(name)
    here = f"{place}.{name}" if place else name
    if name == step or isinstance(inside, str) or not isinstance(inside, (list, Sequence)):
        yield from _at(inside, rest, here)
        return
    for index, item in enumerate(inside):
        yield from _at(item, rest, f"{here}[{index}]")


_STATEMENT = re.compile(r"""\bStatement\\*["']?\s*:""")
"""How a document shows itself in text: as JSON, as JSON in a text within JSON, or as YAML."""


def unlisted_documents_in(resource_type: str, properties: Mapping[str, Value]) -> Iterator[str]:
    """The properties that the table has no row for, and which hold a policy document all the same.

    That is how a type or a property shows itself that the provider got after the table was written, and one that makes
    resources of its own: by a template, by an API description, by the Cloud Control API.
    """
    if not resource_type.startswith(PACKAGES):
        return
    listed = {path.partition("[")[0].partition(".")[0] for path in PLACES.get(resource_type, ())}
    for name, value in properties.items():
        if name not in listed and (resource_type, name) not in NOT_JUDGED and _holds_a_document(value):
            yield name


def _holds_a_document(value: Value) -> bool:
    if isinstance(value, str):
        return _STATEMENT.search(value) is not None
    if isinstance(value, Mapping):
        return "Statement" in value or any(_holds_a_document(item) for item in value.values())
    return isinstance(value, Sequence) and any(_holds_a_document(item) for item in value)


_MAKES_IAM = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")


def makes_iam_by_a_template(resource_type: str, properties: Mapping[str, Value]) -> bool:
    """Whether a resource makes IAM resources by a CloudFormation template, as it has to acknowledge.

    Source: AWS CloudFormation API reference, CreateStack, Capabilities.
    """
    capabilities = properties.get("capabilities")
    return (
        resource_type.startswith(PACKAGES)
        and isinstance(capabilities, Sequence)
        and any(acknowledged in capabilities for acknowledged in _MAKES_IAM)
    )
