"""What the types of a Pulumi program are called where it is known what they call: in Terraform and CloudFormation.

pulumi-aws is bridged from the Terraform AWS provider. Of most types the token says Terraform's name, written otherwise:
`aws:sqs/queue:Queue` is `aws_sqs_queue`, `aws:ec2/vpc:Vpc` is `aws_vpc`. The tables below hold the others.
"""

from __future__ import annotations

from functools import lru_cache

from deploy_permissions import tables

_MODULES = {
    "amp": "prometheus",
    "bcmdata": "bcmdataexports",
    "cfg": "config",
    "cloudcontrol": "cloudcontrolapi",
    "costexplorer": "ce",
    "directconnect": "dx",
    "macie": "macie2",
    "opensearchingest": "osis",
    "rds": "db",
    "resourceexplorer": "resourceexplorer2",
    "route53recoverycontrol": "route53recoverycontrolconfig",
}
"""Modules that Terraform calls otherwise."""

RENAMED = {
    "account/AlternativeContact": "account_alternate_contact",
    "alb/LoadBalancer": "lb",
    "apigateway/Response": "api_gateway_gateway_response",
    "appconfig/EventIntegration": "appintegrations_event_integration",
    "autoscaling/Tag": "autoscaling_group_tag",
    "cfg/Recorder": "config_configuration_recorder",
    "cfg/RecorderStatus": "config_configuration_recorder_status",
    "cfg/Rule": "config_config_rule",
    "cloudtrail/Trail": "cloudtrail",
    "cloudwatch/InternetMonitor": "internetmonitor_monitor",
    "codeartifact/DomainPermissions": "codeartifact_domain_permissions_policy",
    "codedeploy/Application": "codedeploy_app",
    "codepipeline/Pipeline": "codepipeline",
    "cognito/IdentityPoolRoleAttachment": "cognito_identity_pool_roles_attachment",
    "datasync/EfsLocation": "datasync_location_efs",
    "datasync/FsxOpenZfsFileSystem": "datasync_location_fsx_openzfs_file_system",
    "datasync/LocationFsxLustre": "datasync_location_fsx_lustre_file_system",
    "datasync/LocationFsxWindows": "datasync_location_fsx_windows_file_system",
    "datasync/NfsLocation": "datasync_location_nfs",
    "datasync/S3Location": "datasync_location_s3",
    "directconnect/HostedTransitVirtualInterfaceAcceptor": "dx_hosted_transit_virtual_interface_accepter",
    "directconnect/LinkAggregationGroup": "dx_lag",
    "directoryservice/ServiceRegion": "directory_service_region",
    "ec2/DedicatedHost": "ec2_host",
    "ec2/NetworkInterfaceSecurityGroupAttachment": "network_interface_sg_attachment",
    "ec2/PeeringConnectionOptions": "vpc_peering_connection_options",
    "ec2/SecurityGroupAssociation": "vpc_endpoint_security_group_association",
    "ec2/VpcEndpointServiceAllowedPrinciple": "vpc_endpoint_service_allowed_principal",
    "ec2transitgateway/InstanceConnectEndpoint": "ec2_instance_connect_endpoint",
    "ec2transitgateway/InstanceState": "ec2_instance_state",
    "ec2transitgateway/TransitGateway": "ec2_transit_gateway",
    "elb/ListenerPolicy": "load_balancer_listener_policy",
    "elb/LoadBalancer": "elb",
    "elb/LoadBalancerCookieStickinessPolicy": "lb_cookie_stickiness_policy",
    "elb/SslNegotiationPolicy": "lb_ssl_negotiation_policy",
    "iam/SshKey": "iam_user_ssh_key",
    "lb/LoadBalancer": "lb",
    "licensemanager/LicenseGrant": "licensemanager_grant",
    "licensemanager/LicenseGrantAccepter": "licensemanager_grant_accepter",
    "location/RouteCalculation": "location_route_calculator",
    "rds/InstanceDesiredState": "rds_instance_state",
    "rds/RoleAssociation": "db_instance_role_association",
    "s3/AnalyticsConfiguration": "s3_bucket_analytics_configuration",
    "s3/BucketObjectv2": "s3_object",
    "s3/BucketReplicationConfig": "s3_bucket_replication_configuration",
    "s3/Inventory": "s3_bucket_inventory",
    "serverlessrepository/CloudFormationStack": "serverlessapplicationrepository_cloudformation_stack",
    "ses/MailFrom": "ses_domain_mail_from",
    "sns/DataProtectionPolicy": "sns_topic_data_protection_policy",
    "sqs/RedriveAllowPolicy": "sqs_queue_redrive_allow_policy",
    "sqs/RedrivePolicy": "sqs_queue_redrive_policy",
    "storagegateway/CachesIscsiVolume": "storagegateway_cached_iscsi_volume",
}
"""Types that Terraform calls otherwise, by module and class; Terraform's names without `aws_`."""


@lru_cache(maxsize=4096)
def terraform_type(token: str) -> str | None:
    """What Terraform calls a type of pulumi-aws; None for a type that is not known.

    Args:
        token: The type, such as `aws:sqs/queue:Queue`.
    """
    parts = token.split(":")
    if len(parts) != 3 or parts[0] != "aws":
        return None
    module, name = parts[1].partition("/")[0], parts[2]
    if named := RENAMED.get(f"{module}/{name}"):
        return f"aws_{named}"
    known = _squashed()
    short = name.replace("_", "").lower()
    # S3's V2 classes are the earlier names of those without.
    names = [short, short.removesuffix("v2")] if module == "s3" else [short]
    modules = [one for one in (_MODULES.get(module), module.lower(), "") if one is not None]
    return next((known[one + two] for one in modules for two in names if one + two in known), None)


@lru_cache(maxsize=1024)
def cloudformation_type(token: str) -> str | None:
    """What CloudFormation calls a type of aws-native; None for a type that is not known.

    Args:
        token: The type, such as `aws-native:s3:Bucket`.
    """
    parts = token.split(":")
    if len(parts) != 3 or parts[0] != "aws-native":
        return None
    # aws-native writes SQS as Sqs, and CloudFormation FIFO as FIFO.
    return _squashed_cloudformation().get(f"{parts[1].partition('/')[0]}{parts[2]}".lower())


@lru_cache(maxsize=1024)
def native_of(token: str) -> str | None:
    """What CloudFormation calls a type of pulumi-aws that Terraform's table does not know; None where it has none.

    Args:
        token: The type, such as `aws:dms/dataProvider:DataProvider`.
    """
    parts = token.split(":")
    if len(parts) != 3 or parts[0] != "aws":
        return None
    return _squashed_cloudformation().get(f"{parts[1].partition('/')[0]}{parts[2]}".lower())


@lru_cache(maxsize=1)
def _squashed() -> dict[str, str]:
    return {name[4:].replace("_", ""): name for name in tables.terraform()}


@lru_cache(maxsize=1)
def _squashed_cloudformation() -> dict[str, str]:
    return {name.removeprefix("AWS::").replace("::", "").lower(): name for name in tables.cloudformation()}
